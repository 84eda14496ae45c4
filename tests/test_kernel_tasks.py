"""What elements do: people's tasks, jobs, scripts, decisions, mappings and where variables are written."""

import datetime as dt
import json
from typing import Any

import pytest

from engine import bpmn, dmn, errors
from kernel_models import NOW, Case, compile, environment


def one(element: str, lanes: str = "") -> str:
    return f'{lanes}<startEvent id="s"/>{element}<userTask id="z"/>\n~ s a z'


def opened(inside: str, lanes: str = "", **variables: object) -> dict[str, object]:
    return Case(one(f'<userTask id="a" name="Soạn">{inside}</userTask>', lanes), **variables).last("task.opened")


LANE = '<laneSet id="l"><lane id="unit_head" name="Trưởng phòng"><flowNodeRef>a</flowNodeRef></lane></laneSet>'


def test_a_task_without_assignment_belongs_to_its_lane() -> None:
    event = opened("", LANE)
    assert (event["groups"], event["assignee"], event["users"], event["name"]) == (["unit_head"], None, [], "Soạn")
    assert (event["priority"], event["form"], event["due"]) == (50, None, None)


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ('assignee="=drafter"', ("cv.1", [], [])),
        ('assignee="cv.9"', ("cv.9", [], [])),
        ('candidateGroups="clerk, dept_office"', (None, ["clerk", "dept_office"], [])),
        ('candidateGroups="=groups"', (None, ["g1", "g2"], [])),
        ('candidateUsers="=[drafter]"', (None, [], ["cv.1"])),
        ('assignee="=nobody"', (None, ["unit_head"], [])),
    ],
)
def test_who_may_do_a_task_is_a_text_a_list_or_an_expression(assignment: str, expected: tuple[object, ...]) -> None:
    inside = f"<ext><zeebe:assignmentDefinition {assignment}/></ext>"
    event = opened(inside, LANE, drafter="cv.1", groups=["g1", "g2"])
    assert (event["assignee"], event["groups"], event["users"]) == expected


@pytest.mark.parametrize(
    ("due", "instant"),
    [
        ("2022-03-31", "2022-03-31T16:59:59Z"),
        ('=date("2022-03-31")', "2022-03-31T16:59:59Z"),
        ("2022-03-31T09:00:00+07:00", "2022-03-31T02:00:00Z"),
        ("=now() + duration(\"P2D\")", "2022-01-12T02:00:00Z"),
        ("P2D", "2022-01-12T02:00:00Z"),
        ("=null", None),
    ],
)  # fmt: skip
def test_a_due_date_is_an_instant_a_date_alone_means_its_end(due: str, instant: str | None) -> None:
    quoted = due.replace('"', "&quot;")
    assert opened(f'<ext><zeebe:taskSchedule dueDate="{quoted}"/></ext>')["due"] == instant


def test_a_due_date_asks_the_calendar() -> None:
    class NoWeek:
        def is_working_day(self, day: dt.date) -> bool:
            return day.day % 10 == 5

    model = one(
        '<userTask id="a"><ext><zeebe:taskSchedule dueDate="=working days after(date(now()), 2)"/></ext></userTask>'
    )
    case = Case(model, environment(calendar=NoWeek()))
    assert case.last("task.opened")["due"] == "2022-01-25T16:59:59Z"


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        ('<zeebe:taskSchedule dueDate="=5"/>', "bad_date"),
        ('<zeebe:taskSchedule dueDate="tomorrow"/>', "bad_date"),
        ('<zeebe:assignmentDefinition assignee="=5"/>', "not_text"),
        ('<zeebe:assignmentDefinition candidateGroups="=[1]"/>', "not_text"),
        ('<zeebe:priorityDefinition priority="high"/>', "not_a_number"),
    ],
)
def test_a_task_that_cannot_say_who_or_when_is_an_incident(inside: str, code: str) -> None:
    case = Case(one(f'<userTask id="a"><ext>{inside}</ext></userTask>'))
    assert [i["code"] for i in case.incidents.values()] == [code] and case.tasks == {}


def test_a_job_carries_its_type_its_headers_and_its_inputs() -> None:
    case = Case(one('<serviceTask id="a">[job =kind][in x + 1 -> y]</serviceTask>'), kind="mail", x=1)
    event = case.last("job.wanted")
    assert (event["type"], event["headers"], event["variables"], event["job"]) == ("mail", {}, {"y": 2}, case.task("a"))
    case.do("a", sent=True)
    assert case.variables == {"kind": "mail", "x": 1, "sent": True}
    assert case.count("job.completed") == 1 and case.count("task.completed") == 0


def test_what_a_task_gives_back_goes_where_the_name_is_declared_else_to_the_top() -> None:
    case = Case("""
        <startEvent id="s"/>
        <subProcess id="sub">[in 1 -> here]<startEvent id="is"/><userTask id="a"/><userTask id="b"/>
          ~ is a b
        </subProcess>
        ~ s sub
    """)
    case.do("a", here=2, there=3)
    assert case.variables == {"there": 3}
    case.do("b")
    assert case.variables == {"there": 3}


def test_output_mappings_choose_what_goes_out() -> None:
    case = Case(
        one('<userTask id="a">[in n * 2 -> local][out local + answer -> total][out answer -> deep.er]</userTask>'),
        n=2,
    )
    case.do("a", answer=5, secret=1)
    assert case.variables == {"n": 2, "total": 9, "deep": {"er": 5}}
    case = Case(one('<userTask id="a">[out answer -> deep.er]</userTask>'), deep={"x": 1})
    case.do("a", answer=5)
    assert case.variables == {"deep": {"x": 1, "er": 5}}


def test_a_script_is_feel_in_place() -> None:
    case = Case(one('<scriptTask id="a">[script n * 2 + 0.5 -> m]</scriptTask>'), n=4)
    assert case.waiting() == ["z"] and case.variables == {"n": 4, "m": 8.5}
    case = Case(one('<scriptTask id="a">[script {x: 1, y: "á"} -> m]</scriptTask>'))
    assert case.variables == {"m": {"x": 1, "y": "á"}}


def test_a_script_without_result_variable_writes_the_entries_of_a_context() -> None:
    case = Case(one('<scriptTask id="a" scriptFormat="feel"><script>{x: 1, y: x + 1}</script></scriptTask>'))
    assert case.variables == {"x": 1, "y": 2}


DECISION = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
<decision id="kind" name="kind"><decisionTable hitPolicy="UNIQUE">
<input id="i"><inputExpression><text>x</text></inputExpression></input><output id="o"/>
<rule id="r1"><inputEntry><text>&lt; 10</text></inputEntry><outputEntry><text>"small"</text></outputEntry></rule>
<rule id="r2"><inputEntry><text>[10..20]</text></inputEntry><outputEntry><text>"large"</text></outputEntry></rule>
<rule id="r3"><inputEntry><text>[15..20]</text></inputEntry><outputEntry><text>"huge"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""
RULE = """<businessRuleTask id="a"><ext><zeebe:calledDecision decisionId="kind" resultVariable="size"/></ext>
</businessRuleTask>"""


def test_a_decision_is_made_in_place_and_explained() -> None:
    kind = dmn.parse(DECISION).decision("kind")
    case = Case(one(RULE), environment(decisions={"kind": kind}), x=12)
    assert case.variables == {"x": 12, "size": "large"}
    told = case.last("decision.evaluated")
    assert told["decision"] == "kind" and told["value"] == "large" and told["explanation"]


def test_a_decision_that_fails_or_is_missing_is_an_incident() -> None:
    kind = dmn.parse(DECISION).decision("kind")
    case = Case(one(RULE), environment(decisions={"kind": kind}), x=17)
    assert [i["code"] for i in case.incidents.values()] == ["decision"]
    case = Case(one(RULE), x=12)
    assert [i["code"] for i in case.incidents.values()] == ["unknown_decision"]
    case.env = environment(decisions={"kind": kind})
    case.retry(next(iter(case.incidents)))
    assert case.waiting() == ["z"]


def test_manual_tasks_and_tasks_without_a_kind_pass() -> None:
    assert Case(one('<manualTask id="a"/>')).waiting() == ["z"]
    assert Case(one('<task id="a"/>')).waiting() == ["z"]


def test_a_send_task_sends_its_message_or_asks_a_worker() -> None:
    definition = compile(one('<sendTask id="a" messageRef="m"/>'), around='<message id="m" name="letter"/>')
    assert Case(definition).last("message.thrown")["name"] == "letter"
    assert Case(one('<sendTask id="a">[job send]</sendTask>')).last("job.wanted")["type"] == "send"


def test_the_state_says_only_what_the_definition_does_not_know() -> None:
    state = Case(one('<userTask id="a" name="Tên dài của một việc">[out x -> y]</userTask>')).state
    case = bpmn.start(compile(one('<userTask id="a"/>')), {}, NOW, bpmn.Env())
    assert case.state == '{"n":3,"t":{"0":{"v":{}},"2":{"e":"a"}}}' and "Tên" not in state


def test_a_variable_that_is_no_json_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError):
        Case(one('<userTask id="a"/>'), x=NOW)


def test_a_large_variable_is_read_when_it_is_needed_and_written_as_it_was() -> None:
    values: list[object] = [
        [f"cv.{n}" for n in range(50)],
        {f"k{n}": [n, None, True, 'a "quoted" word', "`^~|'"] for n in range(50)},
        {"inside": list(range(100))},
        ["back\\slash"] * 20,
        ["`" * 3] * 20 + ["đ"],
    ]
    for value in values:
        case = Case(one('<userTask id="a"/>'), big=value, small=1)
        assert case.variables == {"big": value, "small": 1}
        canonical = bpmn.start(case.definition, {"big": value, "small": 1}, NOW, case.env).state
        parsed = json.loads(canonical)
        again = json.dumps(parsed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert canonical == again, "the text is canonical JSON"
        case.do("a", small=value)
        assert case.variables == {"big": value, "small": value}
        assert Case(one('<userTask id="a">[in big -> copy]</userTask>'), big=value).variables == {"big": value}


LISTENING = one("""<userTask id="a">[in 1 -> n][out n -> got]
    <ext><zeebe:executionListeners><zeebe:executionListener eventType="start" type="first"/>
      <zeebe:executionListener eventType="start" type="second"/><zeebe:executionListener eventType="end" type="last"/>
    </zeebe:executionListeners></ext>
    <ext><zeebe:taskListeners>
      <zeebe:taskListener eventType="completing" type="=kind"/></zeebe:taskListeners></ext></userTask>
    <boundaryEvent id="b" attachedToRef="a">[timer Duration P1D]</boundaryEvent>""")


def test_listeners_are_asked_one_after_the_other_before_and_after() -> None:
    case = Case(LISTENING, kind="check")
    assert case.waiting() == ["a"] and case.last("job.wanted")["type"] == "first" and not case.tasks
    with pytest.raises(bpmn.Stale):
        case.complete("2")
    case.complete(case.last("job.wanted")["job"], {"n": 2})
    assert case.last("job.wanted")["type"] == "second" and case.last("job.wanted")["variables"] == {"n": 2}
    case.complete(case.last("job.wanted")["job"])
    task = case.last("task.opened")["task"]
    assert list(case.tasks) == [task] and not case.jobs
    case.complete(task, {"n": 3})
    assert [e["listener"] for e in case.jobs.values()] == ["completing"] and case.last("job.wanted")["type"] == "check"
    with pytest.raises(bpmn.Stale):
        case.complete(task)
    case.incident(case.last("job.wanted")["job"], "outside", "no connection")
    case.retry(next(iter(case.incidents)))
    case.complete(case.last("job.wanted")["job"])
    assert case.last("job.wanted")["type"] == "last" and case.went().count("a") == 0
    case.complete(case.last("job.wanted")["job"])
    assert case.waiting() == ["z"] and case.variables == {"kind": "check", "got": 3}
    assert case.count("timer.cancelled") == 1


def test_a_listener_is_cancelled_with_its_element() -> None:
    case = Case(LISTENING, kind="check").ring("b")
    assert case.ended == "completed" and case.jobs == {} and case.count("task.cancelled") == 0


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("<potentialOwner><resourceRef>clerks</resourceRef></potentialOwner>", (None, ["Văn thư"], [])),
        (
            """<potentialOwner><resourceAssignmentExpression><formalExpression>[unit, "board"]</formalExpression>
            </resourceAssignmentExpression></potentialOwner>""",
            (None, ["office", "board"], []),
        ),
        (
            """<humanPerformer><resourceAssignmentExpression><formalExpression>who</formalExpression>
            </resourceAssignmentExpression></humanPerformer><potentialOwner><resourceRef>clerks</resourceRef>
            </potentialOwner>""",
            ("an", ["Văn thư"], []),
        ),
        (
            """<potentialOwner><resourceAssignmentExpression><formalExpression>user(an), group(board)</formalExpression>
            </resourceAssignmentExpression></potentialOwner>""",
            (None, ["board"], ["an"]),
        ),
        (
            """<humanPerformer><resourceAssignmentExpression><formalExpression>user(an)</formalExpression>
            </resourceAssignmentExpression></humanPerformer>""",
            ("an", [], []),
        ),
    ],
)
def test_resource_roles_of_the_standard_say_who_may_do_a_task(role: str, expected: tuple[Any, ...]) -> None:
    """BPMN 10.3.1."""
    body = f'<startEvent id="s"/><userTask id="a">{role}</userTask>\n~ s a'
    case = Case(compile(body, around='<resource id="clerks" name="Văn thư"/>'), who="an", unit="office")
    opened = case.last("task.opened")
    assert (opened["assignee"], opened["groups"], opened["users"]) == expected


def test_a_resource_that_is_not_there_is_a_problem() -> None:
    role = "<potentialOwner><resourceRef>gone</resourceRef></potentialOwner>"
    with pytest.raises(errors.DefinitionError) as refused:
        compile(f'<startEvent id="s"/><userTask id="a">{role}</userTask>\n~ s a')
    assert [(p.element, p.code) for p in refused.value.problems] == [("a", "unresolved_reference")]


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        ('<serviceTask id="a" operationRef="op"/>', "register"),
        ('<serviceTask id="a" implementation="archive"/>', "archive"),
        ('<sendTask id="a" operationRef="op"/>', "register"),
        ('<serviceTask id="a" operationRef="op">[job mail]</serviceTask>', "mail"),
    ],
)
def test_a_service_of_the_standard_is_a_job_of_its_operation_or_implementation(task: str, kind: str) -> None:
    """BPMN 10.3.3."""
    around = '<interface id="i" name="I"><operation id="op" name="register"/></interface>'
    case = Case(compile(f'<startEvent id="s"/>{task}\n~ s a', around=around))
    assert case.last("job.wanted")["type"] == kind


def test_a_service_that_says_nothing_is_refused() -> None:
    for inside in ("", ' implementation="##WebService"'):
        with pytest.raises(errors.DefinitionError) as refused:
            compile(f'<startEvent id="s"/><serviceTask id="a"{inside}/>\n~ s a')
        assert [(p.element, p.code) for p in refused.value.problems] == [("a", "missing_task_definition")]
    with pytest.raises(errors.DefinitionError) as refused:
        compile('<startEvent id="s"/><serviceTask id="a" operationRef="gone"/>\n~ s a')
    assert [(p.element, p.code) for p in refused.value.problems] == [("a", "unresolved_reference")]


# --- set from outside ---------------------------------------------------------------------------------------------


def test_variables_are_set_for_what_comes_later() -> None:
    case = Case(
        """<startEvent id="s"/><userTask id="a"/>
        <userTask id="b"><ext><zeebe:assignmentDefinition assignee="=drafter"/></ext></userTask>
        ~ s a b""",
        drafter="cv.1",
    )
    events = case.set_variables({"drafter": "cv.2", "why": None})
    assert events == [{"e": "variables.set", "names": ["drafter", "why"]}]
    assert bpmn.variables(case.state) == {"drafter": "cv.2", "why": None}
    case.complete(case.last("task.opened")["task"], {})
    assert case.last("task.opened")["assignee"] == "cv.2"


def test_a_condition_sees_what_is_set() -> None:
    case = Case(
        """<startEvent id="s"/><intermediateCatchEvent id="c">[condition x > 1]</intermediateCatchEvent>
        <userTask id="a"/>
        ~ s c a""",
        x=0,
    )
    case.set_variables({"x": 2})
    assert case.last("task.opened")["el"] == "a"


def test_a_called_process_follows_unless_it_has_a_value_of_its_own() -> None:
    called = compile('<startEvent id="s"/><userTask id="a"/>\n~ s a', process='id="q" isExecutable="true"')
    for given, expected in (("drafter", "cv.2"), ("boss", "cv.9")):
        case = Case(
            f'<startEvent id="s"/><callActivity id="c">[call q propagateAllParentVariables="false"]'
            f"[in {given} -> drafter]</callActivity>\n~ s c",
            environment(called),
            drafter="cv.1",
            boss="cv.9",
        )
        case.set_variables({"drafter": "cv.2"})
        (call,) = (t for t in json.loads(case.state)["t"].values() if t.get("e") == "c")
        assert call["v"] == {"drafter": expected}
        assert bpmn.variables(case.state) == {"boss": "cv.9", "drafter": "cv.2"}


def test_nothing_is_set_in_an_instance_that_has_ended() -> None:
    case = Case('<startEvent id="s"/><endEvent id="e"/>\n~ s e')
    with pytest.raises(bpmn.Stale):
        case.set_variables({"x": 1})
