"""Due dates and timers counted anew: by the calendar of now and the variables of now, from when they began."""

import datetime as dt
from typing import Any

from engine import bpmn
from engine.bpmn.state import load
from engine.deadlines import Calendar, SpecialDay
from kernel_models import Case, compile, environment

OFF = SpecialDay(False, "nghỉ")
# Thursday 27/01/2022, nine in the morning at the office: Tết (31/01 to 04/02) lies ahead.
BEGIN = dt.datetime(2022, 1, 27, 2, 0, tzinfo=dt.UTC)
PLAIN = Calendar()
TET = Calendar({dt.date(2022, 1, 31) + dt.timedelta(days=i): OFF for i in range(5)})
FIVE = 'date and time(working days after(today(), 5), time("23:59:59+07:00"))'
MONTH = 'date and time(last working day of month(date(month + "-01")), time("23:59:59+07:00"))'
OVER = 'date and time(date(month + "-01") + duration("P1M"), time("00:00:00+07:00"))'


def task(due: str) -> str:
    return f"""<startEvent id="s"/>
    <userTask id="a"><ext><zeebe:taskSchedule dueDate='={due}'/></ext></userTask>
    <endEvent id="e"/>
    ~ s a e"""


def begun(body: str | bpmn.Definition, calendar: Calendar = PLAIN, *others: bpmn.Definition, **variables: Any) -> Case:
    return Case(body, environment(*others, calendar=calendar), BEGIN, **variables)


def later(case: Case, calendar: Calendar | None = None, days: int = 1, **variables: Any) -> list[dict[str, Any]]:
    """Some days later: another calendar holds, variables of the instance have other values."""
    if calendar is not None:
        case.env = bpmn.Env(case.env.definition, case.env.process, case.env.decision, calendar)
    case.now += dt.timedelta(days=days)
    return case.retime(variables)


def test_working_days_are_counted_from_the_day_on_which_the_task_was_opened() -> None:
    case = begun(task(FIVE))
    assert case.tasks[case.task("a")]["due"] == "2022-02-03T16:59:59Z"
    (changed,) = later(case, TET, days=3)
    assert changed == {
        "e": "task.due_changed",
        "task": case.task("a"),
        "el": "a",
        "shard": None,
        "due": "2022-02-10T16:59:59Z",
        "follow_up": None,
        "was": "2022-02-03T16:59:59Z",
    }
    assert later(case) == []  # once more, and nothing is different
    (back,) = later(case, PLAIN)
    assert (back["due"], back["was"]) == ("2022-02-03T16:59:59Z", "2022-02-10T16:59:59Z")


def test_a_month_follows_the_plan_and_the_calendar() -> None:
    case = begun(task(MONTH), month="2022-01")
    assert later(case, month="2022-04")[-1]["due"] == "2022-04-29T16:59:59Z"
    assert later(case, Calendar({dt.date(2022, 4, 29): OFF}))[-1]["due"] == "2022-04-28T16:59:59Z"
    assert case.variables["month"] == "2022-04"


# 27/01/2022 02:00 UTC, in whole minutes since 1970: what a state keeps of an instant costs it little.
MINUTES = int(dt.datetime(2022, 1, 27, 2, tzinfo=dt.UTC).timestamp()) // 60


def test_what_does_not_look_at_the_clock_keeps_no_instant() -> None:
    def kept(case: Case) -> Any:
        return load(case.state).tokens[int(case.task("a"))].extra

    assert kept(begun(task(FIVE))) == {"d": {"a": MINUTES, "d": "2022-02-03T16:59:59Z"}}
    assert kept(begun(task(MONTH), month="2022-01")) == {"d": {"d": "2022-01-31T16:59:59Z"}}
    assert kept(begun(task("2022-01-31").replace("'=", "'"))) is None


def test_a_task_that_is_done_is_left_alone() -> None:
    case = begun(task(FIVE).replace("~ s a e", '<userTask id="b"/>\n~ s a b e'))
    case.do("a")
    assert later(case, TET) == []


TIMERS = """<startEvent id="s"/><parallelGateway id="g"/>
    <userTask id="a"/>
    <boundaryEvent id="day" attachedToRef="a" cancelActivity="false">
      [timer Date =date and time(working days after(today(), 2), time("08:00:00+07:00"))]</boundaryEvent>
    <userTask id="b"/>
    <boundaryEvent id="span" attachedToRef="b">[timer Duration =duration("P" + string(n) + "D")]</boundaryEvent>
    <boundaryEvent id="written" attachedToRef="b" cancelActivity="false">[timer Duration P9D]</boundaryEvent>
    <intermediateCatchEvent id="wait">[timer Date =working days after(today(), n)]</intermediateCatchEvent>
    <userTask id="c"/>
    <boundaryEvent id="often" attachedToRef="c" cancelActivity="false">
      [timer Cycle ="R3/P" + string(n) + "D"]</boundaryEvent>
    <endEvent id="e"/>
    ~ s g a e
    ~ g b e
    ~ g wait e
    ~ g c e
    ~ day e
    ~ span e
    ~ written e
    ~ often e"""


def test_armed_timers_are_counted_from_when_they_were_armed() -> None:
    case = begun(TIMERS, n=2)
    owner = case.task("a")
    dues = {e["el"]: e["due"] for e in case.timers.values()}
    moved = later(case, TET, days=1)
    assert [(e["e"], e["el"], e["due"], e["was"]) for e in moved] == [
        ("timer.rearmed", "day", "2022-02-07T01:00:00Z", "2022-01-31T01:00:00Z"),
        ("timer.rearmed", "wait", "2022-02-06T17:00:00Z", "2022-01-30T17:00:00Z"),
    ]
    assert moved[0]["owner"] == owner
    moved = later(case, days=1, n=4)[1:]
    assert [(e["el"], e["due"]) for e in moved] == [("span", "2022-01-31T02:00:00Z"), ("wait", "2022-02-08T17:00:00Z")]
    now = {e["el"]: e["due"] for e in case.timers.values()}
    assert (now["written"], now["often"]) == (dues["written"], dues["often"])
    case.ring("wait").ring("span")
    assert case.now == dt.datetime(2022, 2, 8, 17, tzinfo=dt.UTC)


def test_a_timer_that_is_moved_into_the_past_is_due_at_once() -> None:
    case = begun(TIMERS, TET, n=2)
    moved = {e["el"]: e["due"] for e in later(case, PLAIN, days=8)}
    assert moved["wait"] == "2022-01-30T17:00:00Z"
    case.ring("wait")
    assert case.now == BEGIN + dt.timedelta(days=8)


MONTHS = f"""<startEvent id="s"/><userTask id="a"/><endEvent id="e"/>
    ~ s a e
    <subProcess id="tm" triggeredByEvent="true">
      <startEvent id="over" isInterrupting="false">[timer Date ={OVER}]</startEvent>
      <userTask id="tell"/><endEvent id="te"/>
      ~ over tell te
    </subProcess>"""


def test_the_end_of_a_month_moves_with_the_plan() -> None:
    case = begun(MONTHS, month="2022-03")
    (_, moved) = later(case, month="2022-05")
    assert (moved["e"], moved["due"], moved["was"]) == ("timer.rearmed", "2022-05-31T17:00:00Z", "2022-03-31T17:00:00Z")


def test_a_month_that_was_over_and_is_given_again_ends_again() -> None:
    case = begun(MONTHS, month="2022-03").ring("over").do("tell")
    assert later(case) == []  # the month is over, as before
    (_, armed) = later(case, month="2022-05")
    assert (armed["e"], armed["el"], armed["due"]) == ("timer.armed", "over", "2022-05-31T17:00:00Z")
    case.ring("over")
    assert case.waiting() == ["a", "tell"]


def test_all_children_of_a_multi_instance_and_what_waits_for_them() -> None:
    body = f"""<startEvent id="s"/>
    <userTask id="ask">[each [2, 3, 4] as days]
      <ext><zeebe:taskSchedule
        dueDate='=date and time(working days after(today(), days), time("23:59:59+07:00"))'/></ext></userTask>
    <boundaryEvent id="close" attachedToRef="ask">[timer Date ={FIVE}]</boundaryEvent>
    <endEvent id="e"/>
    ~ s ask e
    ~ close e"""
    case = begun(body)
    case.answer("ask", 1)
    (host,) = {e["host"] for e in case.tasks.values()}
    moved = later(case, TET)
    assert [(e["e"], e["due"][:10]) for e in moved] == [
        ("timer.rearmed", "2022-02-10"),
        ("task.due_changed", "2022-02-08"),
        ("task.due_changed", "2022-02-09"),
    ]
    assert moved[0]["owner"] == host
    assert [e["shard"] for e in moved[1:]] == [f"{host}.2", f"{host}.3"]


CALLED = """<startEvent id="cs"/>
    <userTask id="sign"><ext><zeebe:taskSchedule dueDate="=due"/></ext></userTask>
    <endEvent id="ce"/>
    ~ cs sign ce"""


def test_a_date_that_was_handed_to_a_called_process_follows() -> None:
    called = compile(CALLED, process='id="q" isExecutable="true"')
    body = f"""<startEvent id="s"/>
    <callActivity id="call">[call q propagateAllParentVariables="false"][in {FIVE} -> due][in n -> n]</callActivity>
    <endEvent id="e"/>
    ~ s call e"""
    case = begun(body, PLAIN, called, n=1)
    before = case.tasks[case.task("sign")]["due"]
    handed, changed = later(case, TET, n=2)[1:]
    assert (handed["e"], handed["names"]) == ("variables.set", ["due"])
    assert (changed["e"], changed["was"], changed["due"][:10]) == ("task.due_changed", before, "2022-02-10")
    assert (changed["process"], changed["call"]) == (called.hash, "call")


def test_a_date_that_cannot_be_counted_any_more_is_an_incident_and_can_be_tried_again() -> None:
    case = begun(MONTHS, month="2022-03")
    later(case, month="no month")
    assert [e["code"] for e in case.incidents.values()] == ["bad_timer"]
    case.set_variables({"month": "2022-04"})
    (incident,) = case.incidents
    events = case.retry(incident)
    assert [(e["e"], e.get("due")) for e in events] == [
        ("incident.resolved", None),
        ("timer.rearmed", "2022-04-30T17:00:00Z"),
    ]


def test_conditions_see_what_was_set() -> None:
    body = (
        task(MONTH)
        + """
    <boundaryEvent id="late" attachedToRef="a">[condition month > "2022-06"]</boundaryEvent>
    ~ late e"""
    )
    case = begun(body, month="2022-01")
    later(case, month="2022-07")
    assert case.ended == "completed"


def test_a_replay_gives_the_same_bytes() -> None:
    case = begun(TIMERS, n=2)
    state, shards, now, env = case.state, dict(case.shards), case.now, case.env
    again = bpmn.retime(case.definition, state, shards, {"n": 3}, now, env)
    assert again == bpmn.retime(case.definition, state, shards, {"n": 3}, now, env)
    assert load(again.state).dump() == again.state
