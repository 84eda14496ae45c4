"""Planted faults: one sound model of ours, and one fault at a time. Each is told once, at its element, by its rule; the
sound one is told nothing, nor are the workflows and the models of the standard that behave as they should.
"""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from engine import bpmn, forms, lint
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
# Models that are sound as they stand; the others show what is refused, interrupted, doubled or stuck.
NAMES = """
    ad_hoc_again ad_hoc_flows ad_hoc_parallel ad_hoc_remaining ad_hoc_sequential boundary_conditional_interrupting
    boundary_conditional_non_interrupting boundary_message_interrupting boundary_message_non_interrupting
    boundary_on_call boundary_on_multi_instance boundary_signal_interrupting boundary_signal_non_interrupting
    boundary_timer_interrupting boundary_timer_non_interrupting call_activity call_compensation call_escalation
    call_event_sub_process call_terminate catch_conditional catch_message catch_signal catch_timer compensation_all
    compensation_boundary_sub_process compensation_end compensation_event_sub_process compensation_multi_instance
    compensation_no_wait compensation_not_completed compensation_one compensation_sub_process compensation_twice
    complex_discriminator complex_fork complex_waiting_for_start conditional_default_normal conditional_flow
    conditional_nested_instances conditional_plain conditional_sub_process correlation_key correlation_send
    correlation_start correlation_subscription data_association data_store embedded_sub_process error_boundary
    error_event_sub_process error_from_task escalation_end escalation_event_sub_process escalation_non_interrupting
    escalation_uncaught event_definition_reference event_gateway event_gateway_condition
    event_gateway_instantiating event_gateway_parallel event_gateway_signals
    event_sub_process_conditional_interrupting event_sub_process_conditional_non_interrupting
    event_sub_process_cycle event_sub_process_message_interrupting event_sub_process_message_non_interrupting
    event_sub_process_multiple event_sub_process_nested event_sub_process_of_instances event_sub_process_repeated
    event_sub_process_signal_interrupting event_sub_process_signal_non_interrupting
    event_sub_process_timer_interrupting event_sub_process_timer_non_interrupting exclusive_default
    exclusive_gateway exclusive_mixed exclusive_no_path global_manual_task global_script_task global_task
    implicit_start_end inclusive_boundary inclusive_default inclusive_far_away inclusive_gateway inclusive_loop
    inclusive_no_path io_specification lane link loop_maximum loop_sub_process loop_test_after loop_test_before
    manual_task message_correlation message_end_starts_process message_flow_to_pool message_start
    message_throw_catch mixed_exclusive_inclusive mixed_parallel_inclusive multi_instance_behavior
    multi_instance_behavior_all multi_instance_behavior_complex multi_instance_behavior_none multi_instance_call
    multi_instance_cardinality multi_instance_condition multi_instance_condition_at_once multi_instance_data
    multi_instance_empty multi_instance_error multi_instance_negative multi_instance_parallel
    multi_instance_sequential multi_instance_sub_process multi_instance_sub_process_sequential
    multi_instance_withdraw multiple_catch multiple_end multiple_throw nested_lanes parallel_gateway parallel_loop
    parallel_multiple_boundary parallel_multiple_catch parallel_multiple_missing pattern_01_sequence
    pattern_02_parallel_split pattern_03_synchronization pattern_04_exclusive_choice pattern_05_simple_merge
    pattern_06_multi_choice pattern_07_structured_synchronizing_merge pattern_10_arbitrary_cycles
    pattern_11_implicit_termination pattern_12_multiple_instances_without_synchronization
    pattern_13_multiple_instances_known_at_design_time pattern_14_multiple_instances_known_at_run_time
    pattern_15_multiple_instances_not_known_beforehand pattern_16_deferred_choice
    pattern_17_interleaved_parallel_routing pattern_18_milestone pattern_19_cancel_task pattern_20_cancel_case
    pattern_21_structured_loop pattern_22_recursion pattern_23_transient_trigger pattern_24_persistent_trigger
    pattern_25_cancel_region pattern_26_cancel_multiple_instance_activity
    pattern_27_complete_multiple_instance_activity pattern_29_cancelling_discriminator
    pattern_30_structured_partial_join pattern_31_blocking_partial_join pattern_32_cancelling_partial_join
    pattern_33_generalized_and_join pattern_34_static_partial_join_for_multiple_instances
    pattern_36_dynamic_partial_join_for_multiple_instances pattern_37_local_synchronizing_merge
    pattern_38_general_synchronizing_merge pattern_40_interleaved_routing pattern_41_thread_merge
    pattern_42_thread_split pattern_43_explicit_termination pools process_starts_by_condition
    process_starts_by_timer property quantities quantity_split receive_send_tasks receive_task_instantiating
    resource_roles script_of_the_standard script_task sequence service_task several_message_starts
    several_none_starts signal_broadcast signal_starts_process standard_loop terminate_process
    terminate_sub_process timer_cycle timer_cycle_intermediate timer_cycle_start timer_date timer_months
    transaction
"""
OF_THE_STANDARD = NAMES.split()


MODELS = ROOT / "conformance" / "models"


def conformance() -> list[Path]:
    return sorted(MODELS.glob("*.bpmn"))


@pytest.mark.parametrize("name", OF_THE_STANDARD)
def test_the_sound_models_of_the_standard_raise_no_alarm(name: str) -> None:
    definition = bpmn.compile((MODELS / f"{name}.bpmn").read_bytes())
    report = lint.examine(definition, states=400)
    assert [str(f) for f in report.findings if f.rule not in OF_THE_HOUSE] == []


def test_what_a_script_comes_to_is_never_called_dead() -> None:
    """The scripts of all models of the standard are a second opinion of what can be reached."""
    reached = 0
    for path in conformance():
        definition = bpmn.compile(path.read_bytes(), strict=False)
        script = definition.processes[definition.process_id].documentation if definition.processes else ""
        lines = re.findall(r"^(?:do|waits|stands|fire) (.*)$", script, re.M)
        named = {word for line in lines for word in line.split()}
        dead = {
            f.element for f in lint.check(definition, states=400) if f.rule in ("dead", "dead_event", "unreachable")
        }
        assert not dead & named, path.stem
        reached += len(named)
    assert reached > 150


def test_an_element_that_the_engine_does_not_run_is_told() -> None:
    """Nothing that can be read is not run today; whoever teaches the reader more is reminded."""
    definition, source = build()
    strange = dataclasses.replace(definition.elements["call"], type="choreographyTask")
    definition = dataclasses.replace(definition, elements={**definition.elements, "call": strange})
    assert ("not_supported", "call") in found(definition, source)


def test_every_rule_is_planted_somewhere() -> None:
    texts = "".join(file.read_text("utf-8") for file in ROOT.glob("test_lint_*.py"))
    assert [rule for rule in RULES if not re.search(rf"[\"']{rule}[\"']", texts)] == []
