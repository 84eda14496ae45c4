"""Reading BPMN: what is read, what is refused, and that all problems come in one pass with their elements."""

import pathlib
import time

import pytest

from engine import bpmn, errors
from kernel_models import BPMN, NOW, Case, compile, xml

MIWG = sorted((pathlib.Path(__file__).parents[2] / "shared" / "bpmn-miwg").glob("*.bpmn"))


def problems(body: str, **more: str) -> list[tuple[str | None, str]]:
    with pytest.raises(errors.DefinitionError) as refused:
        compile(body, **more)
    return [(p.element, p.code) for p in refused.value.problems]


def test_a_definition_says_what_the_file_says() -> None:
    d = compile(
        """
        <laneSet id="ls"><lane id="unit_head" name="Trưởng phòng"><flowNodeRef>a</flowNodeRef>
          <childLaneSet id="cl"><lane id="deputy" name="Phó"><flowNodeRef>b</flowNodeRef></lane></childLaneSet>
        </lane></laneSet>
        <startEvent id="s" name="Bắt đầu"/>
        <userTask id="a" name="Soạn"><documentation>Làm thế nào</documentation>
          <ext><zeebe:formDefinition formId="f1"/></ext>
          <ext><zeebe:properties><zeebe:property name="step" value="T1.02"/></zeebe:properties></ext>
          [out x -> y]</userTask>
        <subProcess id="b"><startEvent id="is"/><userTask id="c"/>
          ~ is c
        </subProcess>
        ~ s a b
        """
    )
    a = d.elements["a"]
    assert (d.process_id, d.name, len(d.hash)) == ("p", "P", 64)
    assert (a.type, a.name, a.lane, a.lane_name, a.form_key) == ("userTask", "Soạn", "unit_head", "Trưởng phòng", "f1")
    assert (a.documentation, dict(a.properties), a.has_output_mappings) == ("Làm thế nào", {"step": "T1.02"}, True)
    assert (a.incoming, a.outgoing, a.scope) == (("s_a",), ("a_b",), "p")
    assert d.elements["c"].lane == "deputy" and d.elements["c"].scope == "b"
    assert d.problems == ()


def test_an_id_that_the_parser_uses_itself_is_an_id_like_any_other() -> None:  # SpiffWorkflow collides with "Start"
    assert Case(
        '<startEvent id="Start"/><userTask id="End"/><endEvent id="p.EndJoin"/>\n~ Start End p.EndJoin'
    ).waiting() == ["End"]


def test_a_process_that_is_not_marked_executable_runs() -> None:
    assert Case(
        compile('<startEvent id="s"/><userTask id="a"/>\n~ s a', process='id="p" isExecutable="false"')
    ).waiting() == ["a"]


def test_all_problems_come_in_one_pass_with_their_elements() -> None:
    found = problems(
        """
        <startEvent id="s"/><exclusiveGateway id="g" default="nowhere"/><userTask id="a"/><serviceTask id="sv"/>
        <businessRuleTask id="br"/><scriptTask id="sc"/><callActivity id="ca"/><receiveTask id="rt"/>
        <userTask id="ml"><multiInstanceLoopCharacteristics/></userTask>
        <intermediateCatchEvent id="t">[timer Duration soon]</intermediateCatchEvent>
        <intermediateCatchEvent id="m">[message nobody]</intermediateCatchEvent>
        <boundaryEvent id="b" attachedToRef="x">[error]</boundaryEvent>
        <task><incoming/></task>
        <sequenceFlow id="f9" sourceRef="a" targetRef="gone"/>
        <magicTask id="mg"/>
        ~ s g a if x >
        ~ g sv
        ~ sv br sc ca rt ml t m
        """
    )
    for expected in [
        ("g", "unresolved_reference"),
        ("s_g", "feel"),
        ("g_a", "feel"),
        ("g_sv", "missing_condition"),
        ("sv", "missing_task_definition"),
        ("br", "missing_decision"),
        ("sc", "missing_script"),
        ("ca", "missing_called_element"),
        ("rt", "missing_message"),
        ("ml", "missing_collection"),
        ("t", "bad_timer"),
        ("m", "unresolved_reference"),
        ("b", "missing_target"),
        ("f9", "missing_target"),
        ("mg", "unknown_element"),
    ]:
        assert expected in found, expected
    assert any(code == "missing_id" for _, code in found)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{S}<startEvent id="s"/>', ("s", "duplicate_id")),
        ('{S}<endEvent id="e"/><userTask id="a"/>\n~ s e a', ("e", "flow_not_allowed")),
        ('{S}<userTask id="a"/>\n~ s a s', ("s", "flow_not_allowed")),
        (
            '{S}<subProcess id="x"><startEvent id="is">[timer Duration P1D]</startEvent></subProcess>',
            ("is", "event_not_allowed"),
        ),
        ('{S}<endEvent id="e">[timer Duration P1D]</endEvent>', ("e", "event_not_allowed")),
        ('{S}<subProcess id="x" triggeredByEvent="true"><startEvent id="is"/></subProcess>', ("x", "missing_start")),
        ('{S}<intermediateThrowEvent id="t">[link L]</intermediateThrowEvent>', ("t", "missing_target")),
        ('{S}<eventBasedGateway id="g"/><userTask id="a"/>\n~ s g a', ("a", "event_gateway_target")),
        ('{S}<parallelGateway id="g"/><userTask id="a"/>\n~ s g\n~ g a if x', ("g_a", "condition_not_allowed")),
        (
            '{S}<userTask id="a"/><subProcess id="x"><startEvent id="is"/></subProcess>\n~ s a is',
            ("a_is", "flow_across_scopes"),
        ),
        ('{S}<userTask id="a">[in x +  -> y]</userTask>', ("a", "feel")),
        ('{S}<userTask id="a">[in x -> 1y]</userTask>', ("a", "bad_mapping")),
        ('{S}<scriptTask id="a" scriptFormat="python"><script>1</script></scriptTask>', ("a", "unknown_language")),
        (
            '{S}<task id="a"/><task id="b"/><complexGateway id="g"/>\n~ s a g\n~ s b g',
            ("g", "missing_condition"),
        ),
        (
            '{S}<intermediateThrowEvent id="t">[link L]</intermediateThrowEvent><task id="a"/><task id="b"/>'
            '<intermediateCatchEvent id="c">[link L]</intermediateCatchEvent>\n~ s t a\n~ c b',
            ("t", "flow_not_allowed"),
        ),
        (
            '{S}<intermediateThrowEvent id="t">[link L]</intermediateThrowEvent><task id="a"/><task id="b"/>'
            '<intermediateCatchEvent id="c">[link L]</intermediateCatchEvent>\n~ s a t\n~ a c b',
            ("c", "flow_not_allowed"),
        ),
        (
            '{S}<subProcess id="x" triggeredByEvent="true">'
            '<startEvent id="is" isInterrupting="false">[error]</startEvent></subProcess>',
            ("is", "event_not_allowed"),
        ),
        ('{S}<endEvent id="e">[compensate nowhere]</endEvent>\n~ s e', ("e", "unresolved_reference")),
        ("", (None, "no_process")),
    ],
)
def test_a_fault_is_named_with_its_element(body: str, expected: tuple[str, str]) -> None:
    assert expected in problems(body.replace("{S}", '<startEvent id="s"/>'))


def test_lenient_opens_what_strict_refuses_and_lists_the_problems() -> None:
    body = '<startEvent id="s"/><serviceTask id="a"/><userTask id="b"/>\n~ s a b'
    assert problems(body) == [("a", "missing_task_definition")]
    d = bpmn.compile(xml(body), strict=False)
    assert [p.code for p in d.problems] == ["missing_task_definition"] and set(d.elements) == {"s", "a", "b"}


def test_an_event_on_the_boundary_of_an_event_is_not_armed() -> None:
    """Opened for looking at, such a model can be started too, and leaves a state that can be read."""
    body = """<startEvent id="s"/><endEvent id="e">[terminate]</endEvent>
        <boundaryEvent id="b" attachedToRef="e">[timer Duration P1D]</boundaryEvent>
        ~ s e"""
    assert ("b", "missing_target") in problems(body)
    outcome = bpmn.start(bpmn.compile(xml(body), strict=False), {}, NOW, bpmn.Env())
    assert bpmn.view(outcome.state) == [] and bpmn.waiting(outcome.state) == []


@pytest.mark.parametrize("file", MIWG, ids=lambda f: f.stem)
def test_the_reference_models_open_in_lenient_mode_without_loss(file: pathlib.Path) -> None:
    """Everything of the file that has an id is in the definition as it was drawn, or told, or beside what runs."""
    data = file.read_bytes()
    d = bpmn.compile(data, file=file.name, strict=False)
    told = {p.element for p in d.problems}
    nodes = 0
    for node in bpmn.parse_xml(data).iter(f"{{{BPMN}}}*"):
        name, node_id, kind = node.get("name") or "", node.get("id"), node.tag.partition("}")[2]
        parent = node.getparent()
        if kind in _NODE_TAGS:
            nodes += 1
            e = d.elements[node_id]
            assert (e.type, e.name, e.scope) == (kind, name, parent.get("id"))
            flows = {f.get("id"): f for f in parent.iterchildren(f"{{{BPMN}}}sequenceFlow")}
            assert set(e.outgoing) == {i for i, f in flows.items() if f.get("sourceRef") == node_id}
            assert set(e.incoming) == {i for i, f in flows.items() if f.get("targetRef") == node_id}
            assert e.attached_to == node.get("attachedToRef")
        elif kind == "sequenceFlow":
            f = d.flows[node_id]
            assert (f.source, f.target, f.name) == (node.get("sourceRef"), node.get("targetRef"), name)
            condition = node.find(f"{{{BPMN}}}conditionExpression")
            assert condition is None or f.condition is not None or node_id in told
        elif kind == "process" or kind.startswith("global"):
            assert d.processes[node_id].name == name and node_id in d.containers
        elif kind == "flowNodeRef":
            assert d.elements[node.text.strip()].lane is not None
        elif kind == "messageFlow":
            assert len(d.message_flows) >= 1
        elif kind.endswith("EventDefinition"):
            assert parent.tag.partition("}")[2] not in _NODE_TAGS or d.elements[parent.get("id")].events
        elif node_id is not None:
            assert kind in _BESIDE or node_id in told, f"<{kind}> {node_id} is lost"
    assert nodes > 3


@pytest.mark.parametrize("file", MIWG, ids=lambda f: f.stem)
def test_the_reference_models_run_or_are_refused_with_the_elements_that_stand_in_the_way(file: pathlib.Path) -> None:
    data = file.read_bytes()
    ids = {node.get("id") for node in bpmn.parse_xml(data).iter()}
    try:
        bpmn.compile(data, file=file.name)
    except errors.DefinitionError as refused:
        assert refused.problems and all(p.element in ids and p.message for p in refused.problems)
        assert {p.code for p in refused.problems} <= {
            *("missing_condition", "missing_timer", "missing_name", "missing_message", "missing_collection"),
            *("missing_task_definition", "unresolved_reference", "unknown_language"),
        }
    else:
        assert file.stem in ("A.1.0", "A.3.0", "A.4.0", "A.4.1")


# What is drawn or described, and does not run.
_BESIDE = {
    *("definitions", "collaboration", "participant", "laneSet", "lane", "message", "signal", "error", "escalation"),
    *("dataObject", "dataObjectReference", "dataStore", "dataStoreReference", "dataInput", "dataOutput"),
    *("dataInputAssociation", "dataOutputAssociation", "ioSpecification", "inputSet", "outputSet", "itemDefinition"),
    *("textAnnotation", "association", "group", "category", "categoryValue", "conditionExpression"),
}


if not MIWG:

    def test_the_reference_models_are_here() -> None:
        pytest.skip("the MIWG models are not at ../shared/bpmn-miwg")


_NODE_TAGS = [
    "task",
    "userTask",
    "serviceTask",
    "scriptTask",
    "manualTask",
    "businessRuleTask",
    "sendTask",
    "receiveTask",
    "callActivity",
    "subProcess",
    "transaction",
    "adHocSubProcess",
    "startEvent",
    "endEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "boundaryEvent",
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "complexGateway",
    "eventBasedGateway",
]

# -- attacks

PLAIN = xml('<startEvent id="s"/>')


def refused(data: bytes) -> str:
    for strict in (True, False):
        with pytest.raises(errors.DefinitionError) as error:
            bpmn.compile(data, strict=strict)
    return error.value.problems[0].code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_doctype_is_refused(encoding: str) -> None:
    text = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + PLAIN.decode().replace("<process", "&x;<process")
    assert refused(text.encode(encoding)) == "doctype"


def test_a_billion_laughs_are_refused_at_once() -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<!DOCTYPE d [<!ENTITY l0 "ha">{entities}]><d>&l11;</d>'
    begun = time.process_time()
    assert refused(text.encode()) == "doctype"
    assert time.process_time() - begun < 0.5


def test_too_many_elements_are_refused_before_they_are_all_read() -> None:
    body = '<startEvent id="s"/>' + "<documentation/>" * 20_001
    assert refused(xml(body)) == "too_many_elements"
    assert refused(PLAIN[:-14] + b"<a>" * 300 + b"</a>" * 300) == "xml", "deeper than the parser goes"


def test_too_many_bytes_are_refused_unread() -> None:
    assert refused(b"<" + b" " * 2_000_001) == "too_large"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "xml"),
        (b"no xml", "xml"),
        (b"<a>", "xml"),
        (PLAIN[:-5], "xml"),
        (b"\xff\xfe\x00", "xml"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "xml"),
        (b"<html/>", "not_bpmn"),
        (PLAIN.replace(BPMN.encode(), b"http://example.org"), "not_bpmn"),
    ],
)
def test_what_is_not_bpmn_is_refused(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_the_largest_model_that_is_let_in_compiles_and_runs() -> None:
    count = 6_000
    nodes = "".join(f'<task id="t{n}"/>' for n in range(count))
    flows = "\n~ s " + " ".join(f"t{n}" for n in range(count)) + " e\n"
    data = xml(f'<startEvent id="s"/>{nodes}<userTask id="e"/>{flows}')
    begun = time.process_time()
    case = Case(bpmn.compile(data))
    assert case.waiting() == ["e"]
    assert time.process_time() - begun < 10


def test_deep_nesting_compiles_runs_and_is_cancelled_without_recursion() -> None:
    depth = 200
    body = "".join(f'<subProcess id="x{n}">' for n in range(depth)) + '<userTask id="a"/>' + "</subProcess>" * depth
    case = Case(f'<startEvent id="s"/>{body}\n~ s x0')
    assert case.waiting() == ["a"]
    case.cancel()
    assert case.went("element.cancelled")[0] == "a" and len(case.went("element.cancelled")) == depth + 1


def _flow(number: int, source: str, target: str) -> str:
    return f'<sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}"/>'


_LINK = '<intermediate{0}Event id="{0}{1}"><linkEventDefinition name="L{1}"/></intermediate{0}Event>'
_STAR = '<startEvent id="s"/><parallelGateway id="g"/><{0} id="j"/><userTask id="z"/>\n~ s g\n~ j z\n'
_RETRIEVAL = '<correlationPropertyRetrievalExpression messageRef="m{}"><messagePath>x</messagePath>\
</correlationPropertyRetrievalExpression>'
_KEY = '<correlationKey id="k{}"><correlationPropertyRef>cp</correlationPropertyRef></correlationKey>'
# What costs the square of its size in a careless engine: content of the process, and beside it.
LARGE = {
    "parallel join": (_STAR.format("parallelGateway") + "".join(_flow(n, "g", "j") for n in range(18_000)), ""),
    "inclusive join": (_STAR.format("inclusiveGateway") + "".join(_flow(n, "g", "j") for n in range(18_000)), ""),
    "fan": (
        '<startEvent id="s"/><parallelGateway id="g"/>\n~ s g\n'
        + "".join(f'<userTask id="t{n}"/>{_flow(n, "g", f"t{n}")}' for n in range(9_000)),
        "",
    ),
    "quantities": (
        '<startEvent id="s"/><task id="a" completionQuantity="999999"/><task id="b" startQuantity="40000"/>\n~ s a b',
        "",
    ),
    "cardinality": (
        """<startEvent id="s"/><userTask id="a"><multiInstanceLoopCharacteristics>
        <loopCardinality>100000</loopCardinality></multiInstanceLoopCharacteristics></userTask>\n~ s a""",
        "",
    ),
    "links": (
        '<startEvent id="s"/>' + "".join(_LINK.format(k, n) for n in range(4_800) for k in ("Throw", "Catch")),
        "",
    ),
    "boundary events": (
        '<startEvent id="s"/><userTask id="a"/>\n~ s a\n'
        + "".join(f'<boundaryEvent id="b{n}" attachedToRef="a">[signal sg]</boundaryEvent>' for n in range(9_000)),
        '<signal id="sg" name="x"/>',
    ),
    "event sub-processes": (
        '<startEvent id="s"/><userTask id="a"/>\n~ s a\n'
        + "".join(
            f'<subProcess id="h{n}" triggeredByEvent="true"><startEvent id="i{n}">[signal sg]</startEvent></subProcess>'
            for n in range(6_000)
        ),
        '<signal id="sg" name="x"/>',
    ),
    "correlation keys": (
        '<startEvent id="s"/>',
        "".join(f'<message id="m{n}" name="m"/>' for n in range(3_000))
        + f'<correlationProperty id="cp">{"".join(_RETRIEVAL.format(n) for n in range(3_000))}</correlationProperty>'
        + f'<collaboration id="c">{"".join(_KEY.format(n) for n in range(3_000))}</collaboration>',
    ),
    "one name": (f'<startEvent id="s" name="{"x" * 1_900_000}"/>', ""),
}


@pytest.mark.parametrize("what", LARGE)
def test_a_model_that_is_large_in_one_place_is_bounded_in_time(what: str) -> None:
    body, around = LARGE[what]
    data = xml(body, around=around)
    begun = time.process_time()
    definition = bpmn.compile(data)
    outcome = bpmn.start(definition, {}, NOW, bpmn.Env())
    assert time.process_time() - begun < 10
    assert len(outcome.state) < 2_000_000


def test_a_very_deep_model_is_refused_and_a_very_long_expression_too() -> None:
    deep = "".join(f'<subProcess id="x{n}">' for n in range(1_000)) + "</subProcess>" * 1_000
    assert refused(PLAIN.replace(b"</process>", deep.encode() + b"</process>")) == "xml"
    long = "1+" * 400_000 + "1"
    assert ("a", "feel") in problems(f'<startEvent id="s"/><scriptTask id="a">[script {long} -> x]</scriptTask>\n~ s a')
    assert ("c", "bad_timer") in problems(
        f"""<startEvent id="s"/>
        <intermediateCatchEvent id="c">[timer Duration P{"9" * 100_000}D]</intermediateCatchEvent>
        ~ s c"""
    )


def test_a_million_and_a_half_elements_cost_neither_time_nor_memory() -> None:
    data = b"<d>" + b"<a/>" * 490_000 + b"</d>"  # as many as two megabytes hold
    begun = time.process_time()
    assert refused(data) == "too_many_elements" and refused(data * 3 + b" " * 100_000) == "too_large"
    assert time.process_time() - begun < 1
