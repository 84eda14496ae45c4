"""Planted faults: one sound model of ours, and one fault at a time. Each is told once, at its element, by its rule; the
sound one is told nothing, nor are the workflows and the models of the standard that behave as they should.
"""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from engine import bpmn, errors, forms, lint
from engine.lint.findings import RULES
from kernel_models import xml

FIELDS = [{"type": "textfield", "id": k, "key": k, "label": k} for k in ("note", "people", "days")]
FORM = forms.parse(json.dumps({"type": "default", "id": "f", "components": FIELDS}).encode(), "f.form")
FACTS = lint.Facts(
    forms={"f": FORM},
    processes={"shared"},
    decisions={"route"},
    holders={"retired": 0, "drafter": 3, "chief": 2, "members": 9, "clerk": 1},
)


def who(role: str, name: str = "f", due: str = "=today()", **properties: str) -> str:
    told = "".join(f'<zeebe:property name="{k}" value="{v}"/>' for k, v in properties.items())
    asks = f'<zeebe:formDefinition formId="{name}"/>' if name else ""
    return (
        f'<ext><zeebe:assignmentDefinition candidateGroups="{role}"/><zeebe:taskSchedule dueDate="{due}"/>{asks}'
        f"<zeebe:properties>{told}</zeebe:properties></ext>"
    )


SOUND = f"""<startEvent id="s" name="Nhận việc"/><endEvent id="e" name="Xong">[message m]</endEvent>
<endEvent id="told" name="Đã nhắc"/>
<endEvent id="stop" name="Quá hạn"/>
<userTask id="draft" name="Soạn dự thảo">{who("drafter", produces="paper")}</userTask>
<businessRuleTask id="route" name="Tra bảng"><ext><zeebe:calledDecision decisionId="route" resultVariable="r"/></ext>
</businessRuleTask>
<userTask id="gate" name="Duyệt dự thảo">{
    who("chief", "", gate="approval", outcomes="dong_y yeu_cau_chinh_sua", return_to="draft", requires="paper")
}</userTask><exclusiveGateway id="x" name="Duyệt?"/>
<userTask id="ask" name="Góp ý">{who("members", consultation="internal")}[each people as person]</userTask>
<boundaryEvent id="late" name="Hết hạn" attachedToRef="ask">[timer Duration P5D]</boundaryEvent>
<boundaryEvent id="remind" name="Sắp hết hạn" attachedToRef="ask" cancelActivity="false">[timer Duration P2D]
</boundaryEvent>
<serviceTask id="mail" name="Nhắc">[job trinhky:notify]<ext><zeebe:taskHeaders>
<zeebe:header key="open_tasks" value="ask"/></zeebe:taskHeaders></ext></serviceTask>
<exclusiveGateway id="merge"/><parallelGateway id="split"/><parallelGateway id="join"/>
<userTask id="copy" name="Nhân bản">{who("clerk")}</userTask>
<userTask id="send" name="Gửi">{who("clerk", due="P2D")}</userTask>
<subProcess id="check" name="Kiểm tra"><startEvent id="cs"/><endEvent id="ce"/>
<userTask id="read" name="Đọc lại">{who("clerk", due="P3D")}</userTask>
~ cs read ce
</subProcess><boundaryEvent id="limit" name="Hạn luật định" attachedToRef="check">[timer Duration P10D]</boundaryEvent>
<callActivity id="call" name="Ban hành">[call shared propagateAllChildVariables="false"]</callActivity>
~ s draft route gate x
~ x ask if outcome = "dong_y"
~ x draft if outcome = "yeu_cau_chinh_sua"
~ ask merge split
~ late merge
~ remind mail told
~ split copy join
~ split send join
~ join check call e
~ limit stop
"""
AROUND = '<message id="m" name="M"/><!-- other -->'

OTHERWISE = ('if outcome = "yeu_cau_chinh_sua"', "default")
MARK = "\n<!-- around -->"
# Parts of it that faults replace.
COPY = f'name="Nhân bản">{who("clerk")}'
READ = f'name="Đọc lại">{who("clerk", due="P3D")}'
SEND = f'name="Gửi">{who("clerk", due="P2D")}'
LATE_GATE = f"""~ join check call late_gate e
<userTask id="late_gate" name="Duyệt lần cuối">{
    who("chief", "", gate="approval", outcomes="dong_y khong_dong_y", return_to="draft", requires="paper")
}</userTask>
"""

# what is planted → its rule, its element, and the replacements that plant it
FAULTS: dict[str, tuple[str, str, list[tuple[str, str]]]] = {
    "FEEL that does not parse": ("model", "x_ask", [('outcome = "dong_y"', 'outcome = "dong_y" or')]),
    "a timer that is no time": ("model", "remind", [("[timer Duration P2D]", "[timer Duration 2 days]")]),
    "a job without a type": ("model", "mail", [("[job trinhky:notify]", "")]),
    "a flow into a start event": ("model", "s", [("~ limit stop", "~ limit stop\n~ mail s")]),
    "a boundary event of nothing": ("model", "limit", [('attachedToRef="check"', 'attachedToRef="nobody"')]),
    "a message that is not there": ("model", "told", [('Đã nhắc"/>', 'Đã nhắc">[message gone]</endEvent>')]),
    "a condition behind a parallel gateway": (
        "model",
        "split_copy",
        [("~ split copy join", "~ split copy if days\n~ copy join")],
    ),
    "a choice without a condition": ("model", "x_ask", [('~ x ask if outcome = "dong_y"', "~ x ask")]),
    "a script in another language": (
        "model",
        "calc",
        [
            (
                "~ limit stop",
                '~ limit calc stop\n<scriptTask id="calc" scriptFormat="js"><script>1</script></scriptTask>',
            )
        ],
    ),
    "a step that nothing leads to": (
        "unreachable",
        "lost",
        [("~ limit stop", '~ limit stop\n<task id="lost"/>\n~ lost e')],
    ),
    "a compensation that nothing asks for": (
        "unreachable",
        "undo",
        [("~ limit stop", '~ limit stop\n<task id="undo" isForCompensation="true"/>')],
    ),
    "a gateway that leads nowhere": (
        "dead_end",
        "dark",
        [("~ limit stop", '~ limit dark\n<exclusiveGateway id="dark"/>'), ('<endEvent id="stop" name="Quá hạn"/>', "")],
    ),
    "a step after which nothing is drawn": (
        "implicit_end",
        "mail",
        [("~ remind mail told", "~ remind mail"), ('<endEvent id="told" name="Đã nhắc"/>', "")],
    ),
    "a timer that leads nowhere": (
        "boundary_without_flow",
        "limit",
        [("~ limit stop", ""), ('<endEvent id="stop" name="Quá hạn"/>', "")],
    ),
    "a choice that may have no answer": ("missing_default", "x", [('if outcome = "dong_y"', 'if note = "a"')]),
    "a loop that is never left": (
        "loop_without_exit",
        "again",
        [
            ("~ limit stop", '~ limit again more again\n<task id="again"/><receiveTask id="more" messageRef="m"/>'),
            ('<endEvent id="stop" name="Quá hạn"/>', ""),
        ],
    ),
    "two steps of one name": ("duplicate_name", "send", [('name="Nhân bản"', 'name="Gửi"')]),
    "a message that nothing uses": ("unused_declaration", "n", [("<!-- other -->", '<message id="n" name="N"/>')]),
    "a form that is not there": ("form_missing", "copy", [(COPY, COPY.replace('formId="f"', 'formId="gone"'))]),
    "a process that is not there": ("process_missing", "call", [("[call shared", "[call gone")]),
    "a decision that is not there": ("decision_missing", "route", [('decisionId="route"', 'decisionId="gone"')]),
    "a return to nowhere": ("return_unresolved", "gate", [('"return_to" value="draft"', '"return_to" value="gone"')]),
    "a name that nothing writes": ("unwritten_name", "ask", [("[each people", "[each persons")]),
    "a function that is not there": ("unknown_function", "ask", [("[each people", "[each everybody(people)")]),
    "arguments that a function does not take": ("wrong_arguments", "ask", [("[each people", "[each append()")]),
    "a text compared with a number": (
        "type_mistake",
        "x_ask",
        [('if outcome = "dong_y"', 'if count(people) = "2"'), OTHERWISE],
    ),
    "a date that is multiplied": ("type_mistake", "ask", [("[each people", "[each [today() * 2]")]),
    "a condition that is no question": (
        "type_mistake",
        "x_ask",
        [('if outcome = "dong_y"', "if count(people)"), OTHERWISE],
    ),
    "an outcome that the gate does not have": (
        "outcome_unknown",
        "x_ask",
        [('outcome = "dong_y"', 'outcome in ("dong_i", "dong_y")')],
    ),
    "an outcome that nobody takes": (
        "outcome_unhandled",
        "x",
        [('"dong_y yeu_cau_chinh_sua"', '"dong_y yeu_cau_chinh_sua khong_dong_y"')],
    ),
    "a step for nobody": ("no_role", "ask", [('candidateGroups="members"', 'candidateGroups=""')]),
    "a role that is not there": ("unknown_role", "ask", [('candidateGroups="members"', 'candidateGroups="strangers"')]),
    "a role that nobody holds": (
        "nobody_holds_role",
        "ask",
        [('candidateGroups="members"', 'candidateGroups="retired"')],
    ),
    "a notice to a role that is not there": (
        "unknown_role",
        "mail",
        [('"open_tasks" value="ask"', '"lanes" value="boss"')],
    ),
    "a step without a name": ("no_name", "copy", [('id="copy" name="Nhân bản"', 'id="copy"')]),
    "a step without a form": ("no_form", "copy", [(COPY, COPY.replace('<zeebe:formDefinition formId="f"/>', ""))]),
    "a step without a due date": ("no_due_date", "copy", [(COPY, COPY.replace('dueDate="=today()"', ""))]),
    "a gate without outcomes": (
        "gate_without_outcomes",
        "gate",
        [
            ('"outcomes" value="dong_y yeu_cau_chinh_sua"', '"outcomes" value=""'),
            ('if outcome = "yeu_cau_chinh_sua"', "default"),
        ],
    ),
    "a gate of one person": ("gate_without_deputy", "gate", [('candidateGroups="chief"', 'candidateGroups="clerk"')]),
    "a gate of an unknown kind": ("unknown_gate", "gate", [('"gate" value="approval"', '"gate" value="aproval"')]),
    "a gate that returns to no step": ("gate_without_return", "gate", [('"return_to" value="draft"', '"r" value=""')]),
    "a return that is not drawn": ("return_not_drawn", "late_gate", [("~ join check call e", LATE_GATE)]),
    "who drafts decides": ("four_eyes", "gate", [('candidateGroups="drafter"', 'candidateGroups="chief"')]),
    "a paper that nobody makes": (
        "document_never_made",
        "gate",
        [('"requires" value="paper"', '"requires" value="paper report"')],
    ),
    "a paper that is made too late": (
        "document_never_made",
        "copy",
        [
            (COPY, f'name="Nhân bản">{who("clerk", requires="report")}'),
            (READ, f'name="Đọc lại">{who("clerk", due="P3D", produces="report")}'),
        ],
    ),
    "a consultation without an end": (
        "consultation_without_deadline",
        "ask",
        [
            (
                'attachedToRef="ask">[timer Duration P5D]',
                'attachedToRef="ask" cancelActivity="false">[timer Duration P5D]',
            ),
            ("~ late merge", "~ late told"),
        ],
    ),
    "a notice to nobody": (
        "reminder_without_recipient",
        "mail",
        [('key="open_tasks" value="ask"', 'key="o" value=""')],
    ),
    "a notice about no step": ("notice_unresolved", "mail", [('"open_tasks" value="ask"', '"open_tasks" value="asc"')]),
    "a limit shorter than what is inside": (
        "limit_too_short",
        "limit",
        [("[timer Duration P10D]", "[timer Duration P2D]")],
    ),
    "a choice that runs into a parallel join": (
        "deadlock",
        "join",
        [
            ('<parallelGateway id="split"/>', '<exclusiveGateway id="split"/>'),
            ("~ split copy join", "~ split copy default\n~ copy join"),
            ("~ split send join", "~ split send if days > 1\n~ send join"),
        ],
    ),
    "parallel branches without a join": (
        "doubled",
        "check",
        [('<parallelGateway id="join"/>', '<exclusiveGateway id="join"/>')],
    ),
    "a loop that makes more and more": (
        "unbounded",
        "send",
        [
            ("~ split copy join", "~ split copy merge"),
            ("~ split send join", "~ split send check"),
            ('<parallelGateway id="join"/>', ""),
            ("~ join check call e", "~ check call e"),
        ],
    ),
    "a branch that is never taken": (
        "dead",
        "copy",
        [
            ('<parallelGateway id="split"/>', '<exclusiveGateway id="split"/>'),
            ('<parallelGateway id="join"/>', '<exclusiveGateway id="join"/>'),
            ("~ split copy join", "~ split copy if false\n~ copy join"),
            ("~ split send join", "~ split send default\n~ send join"),
        ],
    ),
    "an automatic loop": (
        "endless",
        "fork",
        [
            ("~ limit stop", "~ limit again auto fork again\n~ fork stop"),
            ("~ join", '<exclusiveGateway id="again"/><task id="auto"/><parallelGateway id="fork"/>\n~ join'),
        ],
    ),
    "an event that cannot come in time": (
        "dead_event",
        "never",
        [
            ("~ limit stop", '~ limit quick stop\n<task id="quick"/>\n~ never stop\n'),
            ("~ join", '<boundaryEvent id="never" attachedToRef="quick">[timer Duration P1D]</boundaryEvent>\n~ join'),
        ],
    ),
    "an error that nobody catches": ("uncaught_error", "stop", [('Quá hạn"/>', 'Quá hạn">[error]</endEvent>')]),
}


def build(*changes: tuple[str, str]) -> tuple[bpmn.Definition, bytes]:
    body = SOUND + MARK + AROUND
    for old, new in changes:
        assert body.count(old) == 1, f"{old!r} stands there {body.count(old)} times"
        body = body.replace(old, new)
    inside, _, around = body.partition(MARK)
    source = xml(inside, around=around)
    return bpmn.compile(source, file="planted.bpmn", strict=False), source


def found(definition: bpmn.Definition, source: bytes) -> list[tuple[str, str | None]]:
    findings = lint.check(definition, dataclasses.replace(FACTS, source=source), states=3_000)
    return [(f.rule, f.element) for f in findings]


def test_the_sound_model_is_told_nothing() -> None:
    definition, source = build()
    report = lint.examine(definition, dataclasses.replace(FACTS, source=source))
    assert [str(f) for f in report.findings] == [] and report.complete and report.states > 20


@pytest.mark.parametrize("name", FAULTS)
def test_each_planted_fault_is_told_once_at_its_element(name: str) -> None:
    rule, element, changes = FAULTS[name]
    assert found(*build(*changes)) == [(rule, element)]


# -- no false alarms

ROOT = Path(__file__).parent
# What governance and taste say: the models of the standard have no roles, forms, names and deadlines.
OF_THE_HOUSE = {
    *("no_role", "no_form", "no_name", "no_due_date", "implicit_end", "missing_default", "duplicate_name"),
    *("unused_declaration", "unwritten_name", "process_missing", "decision_missing"),
}
# Models that show what a faulty process does, and what else is told of them.
NOT_SOUND: dict[str, set[str]] = {
    "complex_n_of_m": {"doubled"},  # a late branch of one round meets that of the next
    "error_code_before_all": {"dead_event"},  # nothing throws what only the catch-all takes
    "error_from_call": {"uncaught_error"},  # its caller catches it
    "error_uncaught": {"uncaught_error", "boundary_without_flow", "dead_event"},
    "escalation_interrupting": {"dead"},  # always interrupted before
    "parallel_unbalanced": {"deadlock", "doubled"},
    "transaction_cancel": {"dead"},  # always cancelled before
    "uncontrolled_flow": {"doubled"},
}


def conformance() -> list[Path]:
    return sorted((ROOT / "conformance" / "models").glob("*.bpmn"))


@pytest.mark.parametrize("path", conformance(), ids=lambda p: p.stem)
def test_the_models_of_the_standard_raise_no_false_alarm(path: Path) -> None:
    try:
        definition = bpmn.compile(path.read_bytes())
    except errors.DefinitionError:
        pytest.skip("shows what is refused")
    report = lint.examine(definition, states=400)
    told = {f.rule for f in report.findings} - OF_THE_HOUSE
    assert told == NOT_SOUND.get(path.stem, set()), [str(f) for f in report.findings if f.rule in told]


def test_an_element_that_the_engine_does_not_run_is_told() -> None:
    """Nothing that can be read is not run today; whoever teaches the reader more is reminded."""
    definition, source = build()
    strange = dataclasses.replace(definition.elements["call"], type="choreographyTask")
    definition = dataclasses.replace(definition, elements={**definition.elements, "call": strange})
    assert ("not_supported", "call") in found(definition, source)


def test_every_rule_is_planted_somewhere() -> None:
    texts = "".join(file.read_text("utf-8") for file in ROOT.glob("test_lint_*.py"))
    assert [rule for rule in RULES if not re.search(rf"[\"']{rule}[\"']", texts)] == []
