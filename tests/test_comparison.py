"""How two models differ: everything that counts is told once, at its element; what does not count is not."""

import pytest

from engine import bpmn
from engine.bpmn.definition import Element
from engine.comparison import _ASPECTS, Change, compare

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">'
)
MODEL = (
    HEAD + '<process id="p" name="Quy trình" isExecutable="true"><documentation>Giới thiệu.</documentation>'
    '<laneSet id="ls"><lane id="clerk" name="Văn thư"><flowNodeRef>viec</flowNodeRef></lane>'
    '<lane id="chair" name="Chủ tịch"><flowNodeRef>ky</flowNodeRef></lane></laneSet>'
    '<startEvent id="bat_dau"/><sequenceFlow id="f1" sourceRef="bat_dau" targetRef="viec"/>'
    '<userTask id="viec" name="Soạn"><documentation>Viết dự thảo.</documentation><extensionElements>'
    '<zeebe:assignmentDefinition candidateGroups="clerk"/><zeebe:formDefinition formId="phieu"/>'
    '<zeebe:taskSchedule dueDate="=now() + duration(&quot;P3D&quot;)"/>'
    '<zeebe:properties><zeebe:property name="outcomes" value="dong_y khong_dong_y"/></zeebe:properties>'
    "</extensionElements></userTask>"
    '<boundaryEvent id="hen" attachedToRef="viec" cancelActivity="false"><timerEventDefinition>'
    "<timeDuration>P2D</timeDuration></timerEventDefinition></boundaryEvent>"
    '<sequenceFlow id="f4" sourceRef="hen" targetRef="het"/>'
    '<sequenceFlow id="f2" sourceRef="viec" targetRef="chon"/><exclusiveGateway id="chon" default="f3"/>'
    '<sequenceFlow id="f3" sourceRef="chon" targetRef="ky"/>'
    '<sequenceFlow id="f5" name="lại" sourceRef="chon" targetRef="viec"><conditionExpression>=a &gt; 1'
    "</conditionExpression></sequenceFlow>"
    '<userTask id="ky" name="Ký"/><sequenceFlow id="f6" sourceRef="ky" targetRef="het"/><endEvent id="het"/>'
    "</process></definitions>"
)


def changes(*replaced: tuple[str, str]) -> list[Change]:
    """How the model differs once texts are replaced in it."""
    text = MODEL
    for old, new in replaced:
        assert old in text, old
        text = text.replace(old, new)
    return compare(*(bpmn.compile(xml.encode(), strict=False) for xml in (MODEL, text)))


def told(found: list[Change]) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    return [(c.kind, c.element, [(a.what, a.before, a.after) for a in c.aspects]) for c in found]


def test_the_same_model_does_not_differ_and_neither_does_another_drawing() -> None:
    assert changes() == []
    drawn = '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"/></definitions>'
    assert changes(("</definitions>", drawn)) == []


@pytest.mark.parametrize(
    ("old", "new", "element", "aspect"),
    [
        ('name="Soạn"', 'name="Viết"', "viec", ("name", "Soạn", "Viết")),
        ("Viết dự thảo.", "Viết lại.", "viec", ("documentation", "Viết dự thảo.", "Viết lại.")),
        ('candidateGroups="clerk"', 'candidateGroups="chair, x"', "viec", ("role", "Văn thư", "Chủ tịch, x")),
        ('formId="phieu"', 'formId="phieu_2"', "viec", ("form", "phieu", "phieu_2")),
        ("P3D", "P5D", "viec", ("due", '=now() + duration("P3D")', '=now() + duration("P5D")')),
        (
            "dong_y khong_dong_y",
            "dong_y",
            "viec",
            ("property outcomes", "dong_y khong_dong_y", "dong_y"),
        ),
        ("<timeDuration>P2D", "<timeDuration>P4D", "hen", ("event", "timer duration P2D", "timer duration P4D")),
        ('cancelActivity="false"', 'cancelActivity="true"', "hen", ("interrupting", "", "true")),
        ('attachedToRef="viec"', 'attachedToRef="ky"', "hen", ("attached_to", "viec", "ky")),
        ("=a &gt; 1", "=a &gt; 2", "f5", ("condition", "=a > 1", "=a > 2")),
        ('name="lại"', 'name="trả lại"', "f5", ("name", "lại", "trả lại")),
        ('sourceRef="chon" targetRef="ky"', 'sourceRef="chon" targetRef="het"', "f3", ("to", "Ký", "het")),
        ("<flowNodeRef>viec</flowNodeRef>", "", "viec", ("lane", "Văn thư", "")),
        ('name="Quy trình"', 'name="Quy trình mới"', "p", ("name", "Quy trình", "Quy trình mới")),
    ],
)
def test_one_change_is_told_once_with_before_and_after(
    old: str, new: str, element: str, aspect: tuple[str, str, str]
) -> None:
    assert told(changes((old, new))) == [("changed", element, [aspect])]


def test_another_default_is_told_at_both_flows() -> None:
    found = told(changes(('default="f3"', 'default="f5"')))
    assert found == [("changed", "f3", [("default", "true", "")]), ("changed", "f5", [("default", "", "true")])]


def test_what_came_and_what_went_is_told_with_its_flows() -> None:
    step = '<userTask id="moi" name="Thẩm định"/><sequenceFlow id="f7" sourceRef="moi" targetRef="het"/>'
    found = changes(
        ('<endEvent id="het"/>', '<endEvent id="het"/>' + step),
        ('id="f6" sourceRef="ky" targetRef="het"', 'id="f8" sourceRef="ky" targetRef="moi"'),
    )
    assert [(c.kind, c.element, c.type, c.name) for c in found] == [
        ("added", "moi", "userTask", "Thẩm định"),
        ("added", "f8", "sequenceFlow", "Ký → Thẩm định"),
        ("added", "f7", "sequenceFlow", "Thẩm định → het"),
        ("removed", "f6", "sequenceFlow", "Ký → het"),
    ]


def test_everything_that_an_element_says_is_compared() -> None:
    """A new field of an element must be given a word, or stand here with the reason why it needs none."""
    elsewhere = {
        "id", "process", "scope", "incoming", "outgoing", "boundaries", "conditional",  # follow from others
        "default", "properties", "assignment", "form_key", "call", "before", "after", "events", "result_variable",
        "parallel_multiple", "for_compensation", "compensation_handler", "start_quantity", "completion_quantity",
        "parallel_instantiation", "lane_name", "event_sub_process", "instantiate",
    }  # fmt: skip
    assert {*Element.__slots__} - elsewhere <= {*_ASPECTS}
