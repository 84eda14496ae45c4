"""The layout draws every model so that a person can read it, and the judge of drawings finds what is wrong with one."""

import itertools
import random
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.bpmn import layout
from engine.bpmn.geometry import BPMN, BPMNDI, Edge, Geometry, Rect, Shape
from engine.bpmn.readability import crossings, faults
from engine.errors import DefinitionError

ROOT = Path(__file__).parent.parent
MIWG = ROOT.parent / "shared" / "bpmn-miwg"
WORDS = ("lấy ý kiến", "thẩm định", "dự thảo", "Chỉ thị", "trình", "ký", "ban hành", "Phó Chủ tịch", "hồ sơ", "gửi")


class Model:
    """A BPMN file in the making: nodes, flows and lanes by id."""

    def __init__(self, lanes: int = 0, pool: bool = False, flow: str = "f") -> None:
        self.lanes: dict[str, list[str]] = {f"lane{i}": [] for i in range(lanes)}
        self.pool = pool
        self.body: list[str] = []
        self.flow_ids = (f"{flow}{number}" for number in itertools.count(1))

    def node(
        self, kind: str, node_id: str, name: str = "", lane: int | None = None, inside: str = "", **more: str
    ) -> str:
        attributes = "".join(f" {key}={quoteattr(value)}" for key, value in more.items())
        name = f" name={quoteattr(name)}" if name else ""
        self.body.append(f'<bpmn:{kind} id="{node_id}"{name}{attributes}>{inside}</bpmn:{kind}>')
        if lane is not None and self.lanes:
            self.lanes[f"lane{lane % len(self.lanes)}"].append(node_id)
        return node_id

    def flow(self, source: str, target: str, name: str = "") -> None:
        name = f" name={quoteattr(name)}" if name else ""
        self.body.append(
            f'<bpmn:sequenceFlow id="{next(self.flow_ids)}" sourceRef="{source}" targetRef="{target}"{name}/>'
        )

    def chain(self, *nodes: str) -> None:
        for source, target in itertools.pairwise(nodes):
            self.flow(source, target)

    def xml(self) -> bytes:
        lanes = "".join(
            f'<bpmn:lane id="{key}" name="Phòng Quản lý Khoa học {key}">'
            + "".join(f"<bpmn:flowNodeRef>{m}</bpmn:flowNodeRef>" for m in members)
            + "</bpmn:lane>"
            for key, members in self.lanes.items()
        )
        lanes = f'<bpmn:laneSet id="lanes">{lanes}</bpmn:laneSet>' if lanes else ""
        pool = (
            '<bpmn:collaboration id="c"><bpmn:participant id="pool" name="Sở Khoa học và Công nghệ" processRef="p"/>'
            "</bpmn:collaboration>"
        )
        return (
            f'<bpmn:definitions xmlns:bpmn="{BPMN}" id="d" targetNamespace="t">{pool if self.pool else ""}'
            f'<bpmn:process id="p" isExecutable="true">{lanes}{"".join(self.body)}</bpmn:process></bpmn:definitions>'
        ).encode()


def arranged(model: Model) -> Geometry:
    return Geometry.read(layout.arrange(model.xml()))


def assert_readable(model: Model) -> Geometry:
    geometry = arranged(model)
    assert faults(geometry) == []
    return geometry


def linear(length: int, lanes: int = 0, pool: bool = False) -> Model:
    model = Model(lanes, pool)
    nodes = [model.node("startEvent", "s", "Nhận nhiệm vụ", 0)]
    nodes += [model.node("userTask", f"t{i}", f"Bước {i} của quy trình", i) for i in range(length)]
    nodes.append(model.node("endEvent", "e", "Hoàn thành", length))
    model.chain(*nodes)
    return model


def nested_parallel(depth: int) -> Model:
    model = Model()

    def block(name: str, level: int) -> tuple[str, str]:
        if level == 0:
            task = model.node("userTask", f"t{name}", f"Việc {name}")
            return task, task
        split = model.node("parallelGateway", f"g{name}")
        join = model.node("parallelGateway", f"j{name}")
        for branch in "abc"[: 2 + level % 2]:
            first, last = block(name + branch, level - 1)
            model.flow(split, first)
            model.flow(last, join)
        return split, join

    first, last = block("", depth)
    model.chain(model.node("startEvent", "s"), first)
    model.chain(last, model.node("endEvent", "e"))
    return model


def review_loops(rounds: int, lanes: int) -> Model:
    """Draft, review, sign: every decision may send the draft back to any step before it."""
    model = Model(lanes, pool=True)
    drafts = []
    before = model.node("startEvent", "s", "Nhận nhiệm vụ", 0)
    for i in range(rounds):
        draft = model.node("userTask", f"d{i}", "Tiếp thu ý kiến, hoàn thiện dự thảo", 1)
        sign = model.node("userTask", f"k{i}", "Lãnh đạo duyệt, ký tờ trình", 2 + i)
        gate = model.node("exclusiveGateway", f"g{i}", "Kết quả duyệt?", 2 + i)
        model.chain(before, draft, sign, gate)
        drafts.append(draft)
        model.flow(gate, drafts[-1], "yêu cầu chỉnh sửa")
        if i:
            model.flow(gate, drafts[0], "không đồng ý, làm lại")
        before = gate
    model.flow(before, model.node("endEvent", "e", "Ban hành", 0), "đồng ý")
    return model


def timers_with_handlers() -> Model:
    model = Model(3)
    model.chain(
        model.node("startEvent", "s", "Bắt đầu", 0),
        model.node("userTask", "a", "Lấy ý kiến", 1, "<bpmn:multiInstanceLoopCharacteristics/>"),
        model.node("callActivity", "b", "Ký và ban hành", 1),
        model.node("endEvent", "e", "Xong", 0),
    )
    timer = "<bpmn:timerEventDefinition/>"
    for i, host in enumerate(["a", "a", "a", "b"]):
        guard = model.node(
            "boundaryEvent", f"x{i}", ["Còn 2 ngày", "", "Hết hạn trả lời", "Quá lâu"][i], 1, timer, attachedToRef=host
        )
        model.flow(guard, model.node("sendTask", f"n{i}", "Nhắc người chưa trả lời", 2), "nhắc" if i % 2 else "")
        model.flow(f"n{i}", model.node("endEvent", f"ne{i}", "Đã nhắc", 2))
    return model


def with_sub_processes() -> Model:
    inside = Model(flow="i")
    inside.chain(inside.node("startEvent", "is"), inside.node("userTask", "it", "Soạn"), inside.node("endEvent", "ie"))
    deep = Model(flow="d")
    deep.chain(
        deep.node("startEvent", "ds", "Mở"), deep.node("subProcess", "dsub", "Bên trong", inside="".join(inside.body))
    )
    late = Model(flow="l")
    late.chain(
        late.node("startEvent", "ls", "Hết tháng", inside="<bpmn:timerEventDefinition/>", isInterrupting="false"),
        late.node("sendTask", "lt", "Báo chậm"),
        late.node("endEvent", "le", "Đã báo"),
    )
    model = Model(3)
    model.chain(
        model.node("startEvent", "s", "", 0),
        model.node("subProcess", "sub", "Xin ý kiến", 1, "".join(deep.body)),
        model.node("userTask", "t", "Hoàn thiện", 0),
        model.node("endEvent", "e", "", 0),
    )
    model.node("subProcess", "late", "Hết tháng kế hoạch", 2, "".join(late.body), triggeredByEvent="true")
    return model


def fan(branches: int) -> Model:
    model = Model()
    model.chain(model.node("startEvent", "s"), model.node("inclusiveGateway", "g", "Cần những gì?"))
    model.chain(model.node("inclusiveGateway", "j"), model.node("endEvent", "e"))
    for i in range(branches):
        model.flow("g", model.node("userTask", f"t{i}", f"Việc {i}"), f"nếu cần {i}")
        model.flow(f"t{i}", "j")
    return model


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(linear(5), id="linear"),
        pytest.param(linear(24, 12, pool=True), id="24 steps in 12 lanes"),
        pytest.param(linear(60, 5), id="60 nodes"),
        pytest.param(nested_parallel(2), id="nested parallel"),
        pytest.param(nested_parallel(3), id="deeply nested parallel"),
        pytest.param(review_loops(4, 6), id="review loops"),
        pytest.param(timers_with_handlers(), id="boundary timers with handlers"),
        pytest.param(with_sub_processes(), id="sub-processes in sub-processes, event sub-process"),
        pytest.param(fan(9), id="nine branches"),
    ],
)
def test_a_model_is_drawn_without_fault(model: Model) -> None:
    assert_readable(model)


def random_model(seed: int, lanes: int, count: int) -> Model:
    """Any graph of steps, decisions, ends, boundary events and sub-processes, in any lanes, with return flows."""
    pick = random.Random(seed)
    model = Model(lanes, pool=pick.random() < 0.5)
    kinds = ["userTask", "task", "serviceTask", "exclusiveGateway", "parallelGateway", "endEvent", "callActivity"]

    def words(most: int) -> str:
        return " ".join(pick.choices(WORDS, k=pick.randint(0, most)))

    nodes = [model.node("startEvent", "n0", words(3), pick.randrange(4))]
    leaving, hosts = ["n0"], []
    pairs: set[tuple[str, str]] = set()
    for i in range(1, count):
        kind = pick.choice([*kinds, "subProcess"])
        inside = ""
        if kind == "subProcess":
            part = Model(flow=f"g{i}_")
            part.chain(part.node("startEvent", f"a{i}", words(2)), part.node("task", f"b{i}", words(5)))
            inside = "".join(part.body)
        node = model.node(kind, f"n{i}", words(9 if "ask" in kind else 3), pick.randrange(4), inside)
        pairs.add((pick.choice(leaving[-3:]), node))
        model.flow(*next(pair for pair in pairs if pair[1] == node), words(3) if pick.random() < 0.4 else "")
        nodes.append(node)
        if kind != "endEvent":
            leaving.append(node)
        if "ask" in kind:
            hosts.append(node)
    more = {(pick.choice(leaving), pick.choice(nodes[1:])) for _ in range(pick.randint(0, count // 2))}
    for source, target in sorted(more - pairs):
        model.flow(source, target, words(3) if pick.random() < 0.5 else "")
    for i in range(pick.randint(0, 2)):
        if hosts:
            guard = model.node("boundaryEvent", f"x{i}", words(3), None, attachedToRef=pick.choice(hosts))
            model.flow(guard, pick.choice(nodes[1:]), words(2))
    if pick.random() < 0.3:
        model.node("subProcess", "loose", words(4), 3, '<bpmn:startEvent id="ls"/>', triggeredByEvent="true")
    return model


@settings(max_examples=110, deadline=None, derandomize=True, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32), lanes=st.integers(0, 4), count=st.integers(2, 11))
def test_any_model_is_drawn_without_fault(seed: int, lanes: int, count: int) -> None:
    assert_readable(random_model(seed, lanes, count))


@pytest.mark.parametrize("path", sorted(MIWG.glob("*.bpmn")) or [None], ids=lambda p: p.stem if p else "none")
def test_a_reference_model_is_drawn_without_fault(path: Path | None) -> None:
    if path is None:
        pytest.skip("the BPMN MIWG reference models are not at ../shared/bpmn-miwg")
    geometry = Geometry.read(layout.arrange(path.read_bytes()))
    assert faults(geometry) == []
    before = Geometry.read(path.read_bytes())
    assert {k for k, s in before.shapes.items() if s.kind != "group"} <= geometry.shapes.keys()
    assert before.edges.keys() <= geometry.edges.keys()


@pytest.mark.parametrize("path", sorted(ROOT.glob("workflows/**/*.bpmn")), ids=lambda p: p.stem)
def test_a_workflow_of_ours_has_a_picture_without_fault(path: Path) -> None:
    geometry = Geometry.read(path.read_bytes())
    assert geometry.shapes, f"run: python -m engine.bpmn.layout {path}"
    assert faults(geometry) == []


# ---- what else `arrange` promises


def without_picture(xml: bytes) -> bytes:
    root = etree.fromstring(xml, etree.XMLParser(remove_blank_text=True))
    for diagram in root.findall(f"{{{BPMNDI}}}BPMNDiagram"):
        root.remove(diagram)
    return etree.tostring(root, method="c14n")


def test_only_the_picture_is_replaced() -> None:
    xml = (
        f'<?xml version="1.0"?><bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
        'id="d" targetNamespace="t"><!-- why --><bpmn:process id="p"><bpmn:documentation>Hai  khoảng &amp; &lt;dấu>'
        '</bpmn:documentation><bpmn:startEvent id="s"/><bpmn:scriptTask id="t" name="Tính"><bpmn:extensionElements>'
        '<zeebe:script expression="=if a &lt; 1&#10;then 2 else 3" resultVariable="x"/></bpmn:extensionElements>'
        '</bpmn:scriptTask><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="t"/></bpmn:process></bpmn:definitions>'
    ).encode()
    once = layout.arrange(xml)
    assert without_picture(once) == without_picture(xml)
    assert b"<!-- why -->" in once
    assert b'expression="=if a &lt; 1&#10;then 2 else 3"' in once


def test_arranging_again_changes_nothing() -> None:
    once = layout.arrange(review_loops(2, 3).xml())
    assert layout.arrange(once) == once


def test_ids_of_the_picture_follow_those_of_the_model() -> None:
    xml = layout.arrange(linear(2, 1).xml()).decode()
    for element in ("s", "t0", "t1", "e", "lane0", "f1"):
        assert f'id="{element}_di" bpmnElement="{element}"' in xml


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b'<!DOCTYPE x><definitions xmlns="' + BPMN.encode() + b'"/>', "doctype"),
        (b"<definitions", "xml"),
        (b"<d>" + b"<e/>" * 20_001 + b"</d>", "too_many_elements"),
        (b"<d>" + b" " * 2_000_001 + b"</d>", "too_large"),
    ],
)
def test_a_file_that_may_do_harm_is_refused(xml: bytes, code: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        layout.arrange(xml)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_file_without_process_gets_an_empty_picture() -> None:
    assert arranged(Model()).shapes == {}
    assert Geometry.read(layout.arrange(f'<definitions xmlns="{BPMN}"/>'.encode())).shapes == {}


def test_twenty_four_steps_in_twelve_lanes_fit_beside_each_other() -> None:
    bounds = assert_readable(linear(24, 12, pool=True)).bounds
    assert bounds.w <= 2400
    assert bounds.h <= 12 * 128


def test_steps_stand_in_the_middle_of_their_lane_and_flow_to_the_right() -> None:
    geometry = assert_readable(linear(6, 3))
    for i in range(6):
        lane, step = geometry.shapes[f"lane{i % 3}"].box, geometry.shapes[f"t{i}"].box
        assert step.cy == lane.cy
        if i:
            assert step.x > geometry.shapes[f"t{i - 1}"].box.x


def test_a_boundary_event_hangs_on_the_lower_edge_of_its_host() -> None:
    geometry = assert_readable(timers_with_handlers())
    host, guard = geometry.shapes["a"].box, geometry.shapes["x0"].box
    assert guard.cy == host.bottom
    assert host.x < guard.cx < host.right


def test_the_lane_of_the_machine_is_the_lowest() -> None:
    model = Model(3)
    model.chain(
        model.node("startEvent", "s", "", 0), model.node("userTask", "t", "", 1), model.node("endEvent", "e", "", 2)
    )
    xml = model.xml().replace(b'"lane0"', b'"system"')
    geometry = Geometry.read(layout.arrange(xml))
    assert geometry.shapes["system"].box.y > max(geometry.shapes[k].box.y for k in ("lane1", "lane2"))


def test_messages_are_drawn_between_pools() -> None:
    xml = (
        f'<definitions xmlns="{BPMN}" id="d" targetNamespace="t"><collaboration id="c"><participant id="a" name="Sở" '
        'processRef="p"/><participant id="b" name="UBND tỉnh"/><messageFlow id="m" name="Tờ trình" sourceRef="t" '
        'targetRef="b"/></collaboration><process id="p"><startEvent id="s"/><task id="t" name="Gửi"/>'
        '<sequenceFlow id="f" sourceRef="s" targetRef="t"/></process></definitions>'
    ).encode()
    geometry = Geometry.read(layout.arrange(xml))
    assert faults(geometry) == []
    assert geometry.edges["m"].points[-1][1] == geometry.shapes["b"].box.y
    assert geometry.edges["m"].label is not None


# ---- the judge


def sheet(*shapes: Shape, edges: tuple[Edge, ...] = ()) -> Geometry:
    return Geometry({s.id: s for s in shapes}, {e.id: e for e in edges})


A = Shape("a", "task", "A", Rect(0, 0, 100, 60))
B = Shape("b", "task", "B", Rect(200, 0, 100, 60))
STRAIGHT = Edge("f", "sequenceFlow", "", "a", "b", ((100, 30), (200, 30)))


def test_a_clean_sheet_has_no_faults() -> None:
    assert faults(sheet(A, B, edges=(STRAIGHT,))) == []


@pytest.mark.parametrize(
    ("geometry", "complaint"),
    [
        (sheet(A, Shape("c", "task", "", Rect(90, 50, 100, 60))), "a and c overlap"),
        (
            sheet(A, B, Shape("c", "task", "", Rect(130, 10, 40, 40)), edges=(STRAIGHT,)),
            "f runs through c",
        ),
        (sheet(A, B, edges=(Edge("f", "sequenceFlow", "", "a", "b", ((100, 20), (200, 40))),)), "f is not orthogonal"),
        (sheet(A, B, edges=(Edge("f", "sequenceFlow", "", "a", "b", ((100, 30), (180, 30))),)), "f does not touch b"),
        (
            sheet(A, B, edges=(Edge("f", "sequenceFlow", "", "b", "a", ((300, 30), (350, 30), (350, 20), (100, 20))),)),
            "f runs through its own end b",
        ),
        (
            sheet(A, B, edges=(STRAIGHT, Edge("g", "sequenceFlow", "", "b", "a", ((200, 30), (100, 30))))),
            "f and g run on top of each other",
        ),
        (
            sheet(A, B, edges=(Edge("f", "sequenceFlow", "x", "a", "b", STRAIGHT.points, Rect(120, 25, 30, 15)),)),
            "the label of f lies on f",
        ),
        (
            sheet(A, B, edges=(Edge("f", "sequenceFlow", "x", "a", "b", STRAIGHT.points, Rect(80, 5, 30, 15)),)),
            "the label of f lies on a",
        ),
        (
            sheet(
                Shape("x", "endEvent", "x", Rect(0, 0, 36, 36), label=Rect(0, 40, 50, 15)),
                Shape("y", "endEvent", "y", Rect(60, 0, 36, 36), label=Rect(40, 40, 50, 15)),
            ),
            "the labels of x and y overlap",
        ),
        (
            sheet(Shape("l", "lane", "", Rect(0, 0, 400, 80)), Shape("c", "task", "", Rect(10, 50, 100, 60))),
            "c lies across the border of l",
        ),
        (
            sheet(A, Shape("x", "boundaryEvent", "", Rect(40, 70, 36, 36), host="a")),
            "x is not on the border of a",
        ),
        (
            sheet(
                Shape("s", "subProcess", "", Rect(0, 0, 90, 90)),
                Shape("c", "task", "", Rect(10, 50, 60, 60), parent="s"),
            ),
            "c sticks out of s",
        ),
    ],
)
def test_a_fault_is_found(geometry: Geometry, complaint: str) -> None:
    assert complaint in faults(geometry)


def test_flows_may_share_their_last_stretch_into_the_same_port() -> None:
    c = Shape("c", "task", "", Rect(0, 100, 100, 60))
    joining = Edge("g", "sequenceFlow", "", "c", "b", ((100, 130), (150, 130), (150, 30), (200, 30)))
    assert faults(sheet(A, B, c, edges=(STRAIGHT, joining))) == []


def test_crossings_are_counted_but_are_no_fault() -> None:
    c, d = Shape("c", "task", "", Rect(120, -100, 60, 60)), Shape("d", "task", "", Rect(120, 100, 60, 60))
    geometry = sheet(A, B, c, d, edges=(STRAIGHT, Edge("g", "sequenceFlow", "", "c", "d", ((150, -40), (150, 100)))))
    assert crossings(geometry) == 1
    assert faults(geometry) == []


def test_the_command_rewrites_a_file_and_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "m.bpmn"
    file.write_bytes(linear(3).xml())
    assert layout.main([str(file)]) == 0
    assert "0 faults" in capsys.readouterr().out
    assert faults(Geometry.read(file.read_bytes())) == []
