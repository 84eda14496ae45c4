"""Lint's rules on structure, references and governance: each fault is told once, at its element."""

import json
import re
from pathlib import Path

import pytest

from engine import bpmn, forms, lint
from kernel_models import compile, xml

LANE = '<laneSet><lane id="unit_head" name="Trưởng phòng">{}</lane></laneSet>'


def prop(**properties: str) -> str:
    inside = "".join(f'<zeebe:property name="{k}" value="{v}"/>' for k, v in properties.items())
    return f"<ext><zeebe:properties>{inside}</zeebe:properties></ext>"


def who(groups: str = "unit_head", **schedule: str) -> str:
    due = f'<zeebe:taskSchedule dueDate="{schedule["due"]}"/>' if schedule else ""
    return f'<ext><zeebe:assignmentDefinition candidateGroups="{groups}"/>{due}</ext>'


def form(name: str) -> str:
    return f'<ext><zeebe:formDefinition formId="{name}"/></ext>'


def task(name: str, *inside: str) -> str:
    return f'<userTask id="{name}">{who()}{form("f")}{"".join(inside)}</userTask>'


def named(element: str, name: str) -> str:
    return task(element).replace("<userTask", f'<userTask name="{name}"')


FIELD = {"type": "textfield", "id": "i", "key": "note", "label": "Ghi chú"}
A_FORM = forms.parse(json.dumps({"type": "default", "id": "f", "components": [FIELD]}).encode(), "f.form")
FACTS = lint.Facts(forms={"f": A_FORM}, processes={"other"}, decisions={"table"}, holders={"unit_head": 2, "chief": 1})
SOUND = f"""<startEvent id="s"/>{task("a")}<endEvent id="e"/>
~ s a e
"""


def found(body: str | bpmn.Definition, facts: lint.Facts = FACTS) -> list[tuple[str, str | None]]:
    definition = compile(body) if isinstance(body, str) else body
    return [(f.rule, f.element) for f in lint.check(definition, facts, states=500)]


def through(element: str, *more: str) -> str:
    """A process whose only step is this element, called x."""
    return f'<startEvent id="s"/>{element}<endEvent id="e"/>{"".join(more)}\n~ s x e\n'


def test_a_model_without_faults_has_no_findings() -> None:
    assert found(SOUND) == []


def test_every_rule_has_a_severity_and_errors_come_first() -> None:
    findings = lint.check(compile(through('<userTask id="x"/>', task("lost"))), FACTS)
    assert [f.severity for f in findings] == ["error", "error", "warning", "warning"]
    assert all(lint.RULES[f.rule] == f.severity for f in findings)


# -- structure


def test_only_the_first_of_a_chain_that_nothing_leads_to_is_told() -> None:
    body = SOUND + task("b") + task("c") + "\n~ b c b\n~ c e\n"
    assert found(body) == [("unreachable", "b")]


def test_a_gateway_that_leads_nowhere_is_a_dead_end_and_a_step_only_ends_there() -> None:
    body = f'<startEvent id="s"/><parallelGateway id="g"/><exclusiveGateway id="h"/>{task("a")}\n~ s g h\n~ g a\n'
    assert found(body) == [("dead_end", "h"), ("implicit_end", "a")]


def test_a_choice_without_a_default_is_a_warning() -> None:
    body = f"""<startEvent id="s"/>{task("a")}<exclusiveGateway id="g"/><endEvent id="e"/>
~ s a g
~ g e if note = "1"
~ g a if note = "2"
"""
    assert found(body) == [("missing_default", "g")]


def test_a_boundary_event_that_leads_nowhere_is_told() -> None:
    boundary = '<boundaryEvent id="b" attachedToRef="a">[timer Duration P1D]</boundaryEvent>'
    assert found(SOUND + boundary) == [("boundary_without_flow", "b")]


def test_a_loop_that_a_timer_interrupts_has_an_exit() -> None:
    inside = f'<startEvent id="s2"/>{task("a")}{task("b")}\n~ s2 a b a\n'
    timer = '<boundaryEvent id="t" attachedToRef="x">[timer Duration P1D]</boundaryEvent>\n~ t e\n'
    assert found(through(f'<subProcess id="x">{inside}</subProcess>', timer)) == []
    (loop,) = [f for f in lint.check(compile(inside.replace("s2", "s")), FACTS) if f.rule == "loop_without_exit"]
    assert (loop.element, loop.params["elements"]) == ("a", ["a", "b"])


def test_two_steps_of_one_name_are_told_at_the_second() -> None:
    body = f"""<startEvent id="s"/>{named("a", "Duyệt dự thảo")}{named("b", "duyệt  dự thảo")}<endEvent id="e"/>
~ s a b e
"""
    assert found(body) == [("duplicate_name", "b")]


def test_declarations_that_nothing_uses_are_told_from_the_source() -> None:
    around = '<message id="m1" name="M1"/><message id="m2" name="M2"/><error id="er" errorCode="E"/>'
    source = xml(through('<receiveTask id="x" messageRef="m1"/>'), around=around)
    facts = lint.Facts(source=source)
    assert found(bpmn.compile(source), facts) == [("unused_declaration", "m2"), ("unused_declaration", "er")]


def test_problems_of_reading_are_errors_and_the_states_are_not_explored() -> None:
    broken = bpmn.compile(xml(through('<serviceTask id="x"/>')), strict=False)
    report = lint.examine(broken, FACTS)
    assert [(f.rule, f.element, f.params["code"]) for f in report.errors] == [("model", "x", "missing_task_definition")]
    assert (report.states, report.complete) == (0, False)


# -- references and names


def test_what_a_model_refers_to_must_be_there() -> None:
    body = f"""<startEvent id="s"/><userTask id="u">{who()}{form("nowhere")}</userTask>
<callActivity id="c">[call missing propagateAllChildVariables="false"]</callActivity>
<businessRuleTask id="d"><ext><zeebe:calledDecision decisionId="none" resultVariable="r"/></ext></businessRuleTask>
<endEvent id="e"/>
~ s u c d e
"""
    assert found(body) == [("form_missing", "u"), ("process_missing", "c"), ("decision_missing", "d")]
    assert found(body, lint.Facts()) == []


def test_a_name_that_nothing_writes_is_told_where_it_is_read() -> None:
    body = f"""<startEvent id="s"/>{task("a", "[out note -> remark]", "[out nothing -> other]")}
<exclusiveGateway id="g"/><endEvent id="e"/><endEvent id="e2"/>
~ s a g
~ g e if remark = unheard
~ g e2 default
"""
    assert found(body) == [("unwritten_name", "a"), ("unwritten_name", "g_e")]
    told = lint.check(compile(body), lint.Facts(forms={"f": A_FORM}, variables={"nothing", "unheard"}))
    assert told == []


def test_names_that_may_come_from_outside_are_not_told() -> None:
    body = through('<serviceTask id="x">[job mail]</serviceTask>').replace(
        "~ s x e", "~ s x g\n~ g e if k\n~ g x default"
    )
    assert found(body + '<exclusiveGateway id="g"/>') == []


# -- governance


@pytest.mark.parametrize(
    ("step", "rule"),
    [
        (f'<userTask id="x">{form("f")}</userTask>', "no_role"),
        (f'<userTask id="x">{who("nobody_knows")}{form("f")}</userTask>', "unknown_role"),
        (f'<userTask id="x">{who()}</userTask>', "no_form"),
        (f'<userTask id="x">{who()}{prop(gate="approval")}</userTask>', "gate_without_outcomes"),
        (f'<userTask id="x">{who("chief")}{prop(gate="vote", outcomes="dong_y")}</userTask>', "gate_without_deputy"),
        (task("x", prop(return_to="nowhere")), "return_unresolved"),
    ],
)
def test_a_step_that_breaks_a_house_rule_is_told(step: str, rule: str) -> None:
    assert found(through(step)) == [(rule, "x")]


def test_a_lane_is_a_role() -> None:
    body = through(f'<userTask id="x">{form("f")}</userTask>', LANE.format("<flowNodeRef>x</flowNodeRef>"))
    assert found(body) == []
    nobody = lint.Facts(forms={"f": A_FORM}, holders={"unit_head": 0})
    assert found(body, nobody) == [("nobody_holds_role", "x")]


NINE = "=duration(&quot;P9D&quot;)"
INSIDE = f"""<startEvent id="s2"/><parallelGateway id="f"/><parallelGateway id="j"/><endEvent id="e2"/>
<userTask id="a">{who(due="P5D")}{form("f")}</userTask><userTask id="b">{who(due=NINE)}{form("f")}
</userTask><intermediateCatchEvent id="w">[timer Duration P2D]</intermediateCatchEvent>
~ s2 f a j w e2
~ f b j
"""


@pytest.mark.parametrize(("limit", "rules"), [("P10D", ["limit_too_short"]), ("P11D", []), ("P1M", [])])
def test_a_limit_must_leave_time_for_the_slowest_of_parallel_steps(limit: str, rules: list[str]) -> None:
    body = through(
        f'<subProcess id="x">{INSIDE}</subProcess>',
        f'<boundaryEvent id="late" attachedToRef="x">[timer Duration {limit}]</boundaryEvent>\n~ late e\n',
    )
    findings = [f for f in lint.check(compile(body), FACTS) if f.rule == "limit_too_short"]
    assert [f.rule for f in findings] == rules
    for each in findings:
        assert (each.element, each.params["limit"], each.params["needed"]) == ("late", 10, 11)


def test_a_reminder_may_come_before_the_steps_are_done() -> None:
    late = '<boundaryEvent id="late" attachedToRef="x" cancelActivity="false">[timer Duration P1D]</boundaryEvent>'
    assert found(through(f'<subProcess id="x">{INSIDE}</subProcess>', late, "\n~ late e\n")) == []


def test_a_file_with_ten_faults_shows_ten_findings_at_their_elements() -> None:
    body = f"""<startEvent id="s"/><endEvent id="e"/><parallelGateway id="join"/><exclusiveGateway id="choice"/>
<userTask id="no_role" name="A">{form("f")}</userTask><userTask id="no_form" name="B">{who()}</userTask>
<userTask id="gate" name="C">{who("chief")}{prop(gate="approval", outcomes="dong_y")}</userTask>
<userTask id="form" name="D">{who()}{form("gone")}</userTask>{named("lost", "E")}
{named("first", "Soạn")}{named("second", "Soạn")}
<boundaryEvent id="border" attachedToRef="form">[timer Duration P1D]</boundaryEvent>
<callActivity id="call">[call gone propagateAllChildVariables="false"]</callActivity><exclusiveGateway id="dead_end"/>
~ s first second no_role no_form gate form call choice
~ choice join if outcome = "x"
~ choice dead_end default
~ gate join
~ join e
~ lost e
"""
    expected = {
        ("duplicate_name", "second"),
        ("no_role", "no_role"),
        ("no_form", "no_form"),
        ("gate_without_deputy", "gate"),
        ("form_missing", "form"),
        ("boundary_without_flow", "border"),
        ("process_missing", "call"),
        ("dead_end", "dead_end"),
        ("unreachable", "lost"),
        ("deadlock", "join"),
    }
    assert set(found(body)) == expected and len(found(body)) == 10


def test_the_documentation_lists_every_rule_with_its_severity() -> None:
    text = (Path(__file__).parents[1] / "docs" / "lint.md").read_text("utf-8")
    told: dict[str, str] = {}
    for names, severities in re.findall(r"^\| (`.*?`) \| ([a-z, ]+) \|", text, re.M):
        found = re.findall(r"`(\w+)`", names)
        each = severities.split(", ")
        told |= dict(zip(found, each if len(each) == len(found) else each * len(found), strict=True))
    assert told == dict(lint.RULES)
