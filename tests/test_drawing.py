"""A drawing is well-formed, harmless SVG that says where a case stands in shape, badge and words."""

import itertools
import re
from pathlib import Path

import pytest
from lxml import etree

from engine.bpmn import drawing, layout, paint
from engine.bpmn.drawing import Mark

ROOT = Path(__file__).parent.parent
MIWG = ROOT.parent / "shared" / "bpmn-miwg"
SVG = "{http://www.w3.org/2000/svg}"
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"

KINDS = [
    *("task", "userTask", "manualTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask"),
    *("callActivity", "subProcess", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"),
    *("complexGateway", "intermediateThrowEvent", "intermediateCatchEvent", "endEvent"),
]
EVENTS = [
    *("message", "timer", "escalation", "signal", "error", "conditional", "link", "compensate", "cancel", "terminate"),
]


def model(body: str, lanes: str = "", name: str = "Chỉ thị") -> bytes:
    return (
        f'<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" '
        f'targetNamespace="t"><bpmn:process id="p" name="{name}">{lanes}{body}</bpmn:process></bpmn:definitions>'
    ).encode()


REVIEW = model(
    '<bpmn:startEvent id="s" name="Nhận nhiệm vụ"/><bpmn:userTask id="a" name="Soạn dự thảo"><bpmn:extensionElements>'
    '<zeebe:properties><zeebe:property name="name:en" value="Draft"/></zeebe:properties></bpmn:extensionElements>'
    '</bpmn:userTask><bpmn:userTask id="b" name="Giám đốc duyệt, ký"><bpmn:extensionElements><zeebe:properties>'
    '<zeebe:property name="gate" value="signing"/></zeebe:properties></bpmn:extensionElements></bpmn:userTask>'
    '<bpmn:userTask id="m" name="Hội đồng góp ý"><bpmn:multiInstanceLoopCharacteristics/></bpmn:userTask>'
    '<bpmn:exclusiveGateway id="g" default="f4"/><bpmn:endEvent id="e"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="a"/><bpmn:sequenceFlow id="f2" sourceRef="a" targetRef="m"/>'
    '<bpmn:sequenceFlow id="f3" sourceRef="m" targetRef="b"/><bpmn:sequenceFlow id="f5" sourceRef="b" targetRef="g"/>'
    '<bpmn:sequenceFlow id="f4" name="trả lại" sourceRef="g" targetRef="a"/>'
    '<bpmn:sequenceFlow id="f6" name="ký" sourceRef="g" targetRef="e"/>',
    '<bpmn:laneSet id="ls"><bpmn:lane id="l1" name="Chuyên viên"><bpmn:flowNodeRef>s</bpmn:flowNodeRef>'
    "<bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>",
)


def drawn(
    xml: bytes, marks: dict[str, Mark] | None = None, walked: tuple[str, ...] = (), lang: str = "vi"
) -> etree._Element:
    return etree.fromstring(drawing.svg(xml, marks or {}, walked, lang))


def element(svg: etree._Element, element_id: str) -> etree._Element:
    (found,) = svg.xpath(f'//*[@id="el-{element_id}"]')
    return found


def words(node: etree._Element) -> str:
    return " ".join("".join(text.itertext()) for text in node.iter(f"{SVG}text"))


def test_every_step_can_be_reached_and_says_its_name_and_state() -> None:
    svg = drawn(REVIEW, {"a": Mark("done"), "b": Mark("late", note="quá 1 ngày")})
    said = {key: element(svg, key).get("aria-label") for key in ("s", "a", "b", "g")}
    assert said["a"] == "Soạn dự thảo, đã xong"
    assert said["b"] == "Giám đốc duyệt, ký, quá hạn, quá 1 ngày"
    assert said["s"] == "Nhận nhiệm vụ, chưa đến"
    assert said["g"] == "Rẽ nhánh theo kết quả, chưa đến"
    for key in said:
        assert element(svg, key).get("tabindex") == "0"
        assert element(svg, key).get("role") == "img"


@pytest.mark.parametrize("state", ["done", "active", "late", "returned"])
def test_a_state_is_seen_in_the_edge_and_the_ground_without_a_style_sheet(state: str) -> None:
    (box,) = element(drawn(REVIEW, {"a": Mark(state)}), "a").xpath(f"*[contains(@class, 's-{state}')]")
    (other,) = element(drawn(REVIEW), "a").xpath("*[contains(@class, 's-coming')]")
    assert box.get("fill") != other.get("fill")
    assert box.get("stroke") != other.get("stroke")


def test_weight_and_badge_carry_the_state_without_colour() -> None:
    width = {
        state: element(drawn(REVIEW, {"a": Mark(state)}), "a").xpath(
            f"string(*[contains(@class,'s-{state}')]/@stroke-width)"
        )
        for state in ("done", "active", "late")
    }
    assert width == {"done": "1.5", "active": "3", "late": "3"}
    assert element(drawn(REVIEW, {"a": Mark("done")}), "a").xpath("*[@class='k-badge-done']")
    assert element(drawn(REVIEW, {"a": Mark("returned")}), "a").xpath("*[@class='k-badge-returned']")
    late = drawn(REVIEW, {"b": Mark("late")})
    assert "quá hạn" in words(late)
    assert late.xpath("//*[@class='k-flag']")


def test_answers_are_counted_on_the_step() -> None:
    svg = drawn(REVIEW, {"m": Mark("active", count=5, total=7), "a": Mark("done", count=2)})
    assert words(element(svg, "m")).endswith("5/7")
    assert words(element(svg, "a")).endswith("2")
    assert element(svg, "m").get("aria-label") == "Hội đồng góp ý, đang làm, 5 trên 7"


def test_walked_flows_are_heavier_and_return_flows_dashed() -> None:
    svg = drawn(REVIEW, walked=("f1", "f4"))
    look = {key: svg.xpath(f'string(//*[@id="fl-{key}"]/*[1]/@class)') for key in ("f1", "f2", "f4")}
    assert look == {"f1": "k-walked", "f2": "k-flow", "f4": "k-walked-back"}
    assert svg.xpath('string(//*[@id="fl-f4"]/*[1]/@stroke-dasharray)')
    assert not svg.xpath('//*[@id="fl-f1"]/*[1]/@stroke-dasharray')


def test_a_default_flow_carries_its_mark() -> None:
    svg = drawn(REVIEW)
    assert len(svg.xpath('//*[@id="fl-f4"]/*')) == len(svg.xpath('//*[@id="fl-f6"]/*')) + 1


def test_flows_that_join_share_one_arrow() -> None:
    flows = {"f1": "s a", "f2": "a g", "f3": "g b", "f4": "b h", "f5": "h e", "r1": "g a", "r2": "h a"}
    both = model(
        '<bpmn:startEvent id="s"/><bpmn:userTask id="a" name="A"/><bpmn:userTask id="b" name="B"/>'
        '<bpmn:exclusiveGateway id="g"/><bpmn:exclusiveGateway id="h"/><bpmn:endEvent id="e"/>'
        + "".join(
            f'<bpmn:sequenceFlow id="{key}" sourceRef="{ends[0]}" targetRef="{ends[2]}"/>'
            for key, ends in flows.items()
        )
    )
    joined = layout.Geometry.read(layout.arrange(both))
    assert joined.edges["r1"].points[-1] == joined.edges["r2"].points[-1]
    svg = drawn(both)
    tips = [len(svg.xpath(f'//*[@id="fl-{key}"]/*[contains(@class, "tip")]')) for key in ("r1", "r2")]
    assert sorted(tips) == [0, 1]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_step_is_drawn(kind: str) -> None:
    other = "task" if kind != "task" else "userTask"
    pictures = [
        etree.tostring(element(drawn(model(f'<bpmn:{k} id="x" name="Bước"/>')), "x"), method="c14n")
        for k in (kind, other)
    ]
    assert pictures[0].replace(kind.encode(), b"") != pictures[1].replace(other.encode(), b"")


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("kind", ["startEvent", "intermediateThrowEvent", "intermediateCatchEvent", "endEvent"])
def test_every_kind_of_event_has_its_mark(kind: str, event: str) -> None:
    plain = element(drawn(model(f'<bpmn:{kind} id="x"/>')), "x")
    marked = element(drawn(model(f'<bpmn:{kind} id="x"><bpmn:{event}EventDefinition/></bpmn:{kind}>')), "x")
    assert len(marked) > len(plain)


def test_gates_and_repeated_steps_have_their_signs() -> None:
    svg = drawn(REVIEW)
    icons = {key: len(element(svg, key).xpath("*[contains(@class, 'k-icon')]")) for key in ("a", "b", "m")}
    assert icons == {"a": 1, "b": 1, "m": 2}
    assert element(svg, "a").xpath("*[@class='k-icon-solid']")  # a person
    assert not element(svg, "b").xpath("*[@class='k-icon-solid']")  # a signature


def test_names_of_another_language_are_used_when_the_model_has_them() -> None:
    svg = drawn(REVIEW, {"a": Mark("done")}, lang="en")
    assert element(svg, "a").get("aria-label") == "Draft, done"
    assert element(svg, "m").get("aria-label") == "Hội đồng góp ý, not reached"


def test_texts_cannot_break_out() -> None:
    evil = "&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&quot;x"
    xml = model(f'<bpmn:userTask id="a" name="{evil}"/>', name=evil)
    svg = drawn(xml, {"a": Mark("late", note='"><script>alert(2)</script>\x00\x1b')})
    assert not svg.xpath("//*[local-name()='script']")
    assert not [name for node in svg.iter() for name in node.attrib if name.lower().startswith("on")]
    assert "<script>" in element(svg, "a").get("aria-label", "")


def every_file() -> list[Path]:
    return [*sorted(ROOT.glob("workflows/**/*.bpmn")), *sorted(MIWG.glob("*.bpmn"))]


@pytest.mark.parametrize("path", every_file(), ids=lambda p: p.stem)
def test_a_file_becomes_svg_that_stands_alone(path: Path) -> None:
    xml = path.read_bytes()
    svg = drawing.svg(xml, {})
    root = etree.fromstring(svg)
    assert root.get("viewBox")
    assert root[0].tag == f"{SVG}title"
    assert root[1].tag == f"{SVG}desc"
    assert {etree.QName(n).localname for n in root.iter()} <= {
        *("svg", "title", "desc", "style", "g", "rect", "circle", "path", "text", "tspan"),
    }
    assert not re.search(r"url\(|@import|href|https?://(?!www\.w3\.org/2000/svg)", svg)
    ids = [n.get("id") for n in root.iter() if n.get("id")]
    assert len(ids) == len(set(ids))
    assert drawing.svg(xml, {}) == svg


@pytest.mark.parametrize("path", [p for p in every_file() if p.stem != "B.2.0"], ids=lambda p: p.stem)
def test_names_fit_into_the_steps_that_the_layout_made_for_them(path: Path) -> None:
    xml = path.read_bytes()
    root = etree.fromstring(drawing.svg(xml if ROOT in path.parents else layout.arrange(xml), {}))
    for node in root.xpath("//*[local-name()='g'][contains(@class, 'Task') or contains(@class, 'callActivity')]"):
        box = node.xpath("*[local-name()='rect'][contains(@class, 's-coming')]")[0]
        top, bottom = float(box.get("y")), float(box.get("y")) + float(box.get("height"))
        lines = [float(t.get("y")) for t in node.iter(f"{SVG}tspan")]
        assert all(top + 8 < y < bottom - 3 for y in lines), node.get("aria-label")
        assert "…" not in words(node)


def test_a_model_without_picture_is_arranged_first() -> None:
    assert element(drawn(model('<bpmn:userTask id="a" name="A"/>')), "a") is not None


def test_what_the_picture_paints_is_the_same_with_and_without_style_sheet() -> None:
    rules = dict(re.findall(r"\.drawing \.([\w-]+)\{([^}]*)\}", paint.STYLE))
    assert {"k-flow", "k-text", "s-done", "s-active", "s-late", "s-coming"} <= rules.keys()
    for name, body in rules.items():
        plain = paint.wear(name)
        for prop, fallback in re.findall(r"([\w-]+):var\(--[\w-]+,(#\w+)\)", body):
            assert f'{prop}="{fallback}"' in plain


def test_words_of_states_exist_in_both_languages() -> None:
    assert drawing.WORDS["vi"].keys() == drawing.WORDS["en"].keys()


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(paint.LIGHT[a]), luminance(paint.LIGHT[b])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", ["sf", "done-t", "act-t", "late-t", "warn-t"])
def test_names_of_steps_have_contrast_on_every_ground(ground: str) -> None:
    assert contrast("ink", ground) >= 4.5


def test_edges_and_words_have_contrast() -> None:
    for text, ground in (("ink2", "sf"), ("ink2", "sf2"), ("on-late", "late")):
        assert contrast(text, ground) >= 4.5
    for edge, ground in itertools.product(("ctl", "done", "act", "late", "warn"), ("sf", "sf2")):
        assert contrast(edge, ground) >= 3.0
