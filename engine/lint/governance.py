"""House rules: who does a step, with which form, who decides at a gate, whether a limit leaves time to work."""

import datetime as dt
from collections import deque
from collections.abc import Iterator

from engine import bpmn, feel
from engine.bpmn import timers
from engine.bpmn.definition import Element, Value
from engine.lint import flows, gates, papers
from engine.lint.findings import Facts, Finding, finding

# Any instant will do: only differences count.
_NOW = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
# A month counts as its longest in a limit and as its shortest in a step: a finding is never a matter of dates.
_LONG_MONTH, _SHORT_MONTH = dt.timedelta(days=31), dt.timedelta(days=28)
_NOTHING = dt.timedelta()
_FEWEST_AT_A_GATE = 2
_NOTICES = ("trinhky:notify", "trinhky:publish")
_DRAFTER = "drafter"  # in a notice: whoever drafts in this case


def check(d: bpmn.Definition, process: str, facts: Facts) -> Iterator[Finding]:
    """All findings of one process."""
    inside = [d.elements[n] for n in flows.inside(d, process)]
    people = [e for e in inside if e.type == "userTask"]
    named = any(e.name.strip() for e in people)
    dated = any(_has_due_date(e) for e in people)
    known: Times = {}
    for e in inside:
        if e.type == "userTask":
            yield from _people(e, facts)
            yield from _deputy(e, facts)
            if not e.form_key and not gates.is_gate(e):
                yield finding("no_form", e.id, "Expected a form: who completes this step has nothing to write down.")
            if named and not e.name.strip():
                yield finding("no_name", e.id, "Expected a name: lists of tasks show this step by its id.")
            if dated and not _has_due_date(e):
                yield finding("no_due_date", e.id, "Expected a due date: other steps have one, this one is never late.")
            yield from _consultation(d, e)
        yield from _notice(e, {n.id for n in people}, facts)
        yield from _limits(d, e, known)
    yield from papers.check(d, inside, process in facts.given)


def _has_due_date(e: Element) -> bool:
    return e.assignment is not None and e.assignment.due is not None


def lanes(e: Element) -> list[str]:
    """The candidate groups of a task that are written out; its lane when it names nobody. The unit is left out."""
    a = e.assignment
    if a is not None and (a.assignee is not None or a.users is not None or a.groups is not None):
        groups = a.groups if isinstance(a.groups, str) else ""
        return [g.strip().partition("@")[0] for g in groups.split(",") if g.strip()]
    return [e.lane] if e.lane else []


def _people(e: Element, facts: Facts) -> Iterator[Finding]:
    a = e.assignment
    named = a is not None and (a.assignee is not None or a.users is not None or a.groups is not None)
    if not named and not e.lane:
        yield finding("no_role", e.id, "Expected somebody to do this: a lane, a candidate group or an assignee.")
    if facts.holders is None:
        return
    for lane in lanes(e):
        if lane not in facts.holders:
            yield finding("unknown_role", e.id, f"Expected {lane!r} to be a role of the organisation.", role=lane)
        elif not facts.holders[lane]:
            yield finding("nobody_holds_role", e.id, f"Nobody holds the role {lane!r} today.", role=lane)


def _deputy(e: Element, facts: Facts) -> Iterator[Finding]:
    if facts.holders is None or not gates.is_gate(e):
        return
    held = [facts.holders[lane] for lane in lanes(e) if facts.holders.get(lane)]
    if held and sum(held) < _FEWEST_AT_A_GATE:
        message = "Only one person can decide at this gate: while that person is away, every case waits here."
        yield finding("gate_without_deputy", e.id, message, roles=lanes(e))


def _consultation(d: bpmn.Definition, e: Element) -> Iterator[Finding]:
    """Somebody who is asked and does not answer must not keep a case waiting for ever."""
    if "consultation" not in e.properties or (e.loop is not None and e.loop.completion is not None):
        return
    at: Element | None = e
    while at is not None:
        handlers = [n for h in d.containers[at.scope].handlers for n in d.containers[h].nodes]
        ends = [d.elements[n] for n in (*at.boundaries, *handlers)]
        if any(x.interrupting and any(t.kind == "timer" for t in x.events) for x in ends):
            return
        at = d.elements.get(at.scope)
    yield finding("consultation_without_deadline", e.id, "Expected a timer that ends the consultation.")


def _notice(e: Element, tasks: set[str], facts: Facts) -> Iterator[Finding]:
    """Who is told by the engine's own notices, as `trinhky:notify` reads its headers."""
    if e.job is None or e.job.type not in _NOTICES:
        return
    roles, open_tasks = (e.job.headers.get(h, "").split() for h in ("lanes", "open_tasks"))
    if not roles and not open_tasks:
        yield finding("reminder_without_recipient", e.id, "Expected lanes or open_tasks: nobody is told.")
    for task in open_tasks:
        if task not in tasks:
            yield finding("notice_unresolved", e.id, f"Expected a task of the process, found {task!r}.", ref=task)
    for role in roles:
        if facts.holders is not None and role != _DRAFTER and role not in facts.holders:
            message = f"Expected {role!r} to be a role of the organisation."
            yield finding("unknown_role", e.id, message, role=role)


# -- limits


def _limits(d: bpmn.Definition, e: Element, known: "Times") -> Iterator[Finding]:
    """An interrupting timer must leave time for the shortest way through what it interrupts."""
    found: list[tuple[Element, str]] = []
    if e.type == "boundaryEvent" and e.interrupting and e.attached_to in d.elements:
        found.append((e, e.attached_to or ""))
    if e.event_sub_process:
        starts = (d.elements[n] for n in d.containers[e.id].nodes)
        found += [(s, e.scope) for s in starts if s.type == "startEvent" and s.interrupting]
    for event, limited in found:
        for definition in event.events:
            timer = definition.timer
            limit = None if timer is None or timer.kind != "duration" else _duration(timer.value, _LONG_MONTH)
            if limit is None:
                continue
            needed = _needed(d, limited, known)
            if needed is not None and needed > limit:
                message = f"The limit of {_days(limit)} days is shorter than the steps inside, {_days(needed)} days."
                yield finding("limit_too_short", event.id, message, limit=_days(limit), needed=_days(needed))


def _days(time: dt.timedelta) -> float:
    days = time / dt.timedelta(days=1)
    return int(days) if days == int(days) else round(days, 2)


def _duration(value: Value | None, month: dt.timedelta) -> dt.timedelta | None:
    """A duration that does not depend on data; None for anything else."""
    if isinstance(value, feel.Compiled):
        if value.variables or value.possible_variables:
            return None
        value = value.evaluate({}, feel.Env(None, _NOW))
    if isinstance(value, feel.YearsMonths):
        return value.months * month
    if isinstance(value, dt.timedelta):
        return value
    if not isinstance(value, str) or not value.startswith("P"):
        return None
    try:
        text = feel.compile_expression(f'duration("{value}")').evaluate({})
        return text.months * month if isinstance(text, feel.YearsMonths) else timers.add(_NOW, value) - _NOW
    except (ValueError, feel.FeelError):
        return None


Times = dict[str, dt.timedelta | None]
# So often, on the average, an element is looked at again; what does not settle says nothing.
_TURNS = 10


def _own(d: bpmn.Definition, e: Element, known: Times) -> dt.timedelta:
    """How long a step takes at least, as the model says."""
    if e.id in d.containers:
        return (_needed(d, e.id, known) or _NOTHING) if e.type != "adHocSubProcess" else _NOTHING
    if e.type == "userTask" and e.assignment is not None:
        return _duration(e.assignment.due, _SHORT_MONTH) or _NOTHING
    if e.type == "intermediateCatchEvent":
        waits = [_duration(x.timer.value, _SHORT_MONTH) for x in e.events if x.timer and x.timer.kind == "duration"]
        return min((w for w in waits if w is not None), default=_NOTHING)
    return _NOTHING


def _needed(d: bpmn.Definition, limited: str, known: Times) -> dt.timedelta | None:
    """The shortest time through an activity or a container: the quickest way, the slowest of parallel branches."""
    if limited not in known:
        known[limited] = _through(d, limited, known) if limited in d.containers else _own(d, d.elements[limited], known)
    return known[limited]


def _through(d: bpmn.Definition, container: str, known: Times) -> dt.timedelta | None:
    inside = [d.elements[n] for n in d.containers[container].nodes]
    inside = [e for e in inside if not e.event_sub_process and not e.for_compensation]
    done: dict[str, dt.timedelta] = {}
    waiting = deque(e for e in inside if not e.incoming)
    for _ in range(_TURNS * len(inside) + _TURNS):
        if not waiting:
            break
        e = waiting.popleft()
        join = e.type == "parallelGateway"
        before = [done[source] for source in (d.flows[f].source for f in e.incoming) if source in done]
        if e.incoming and (not before or (join and len(before) < len(e.incoming))):
            continue
        # An event at the border may come at once, or never.
        begins = (max if join else min)(before, default=_NOTHING)
        ends = begins + _own(d, e, known)
        if e.id not in done or ends < done[e.id] or (join and ends != done[e.id]):
            done[e.id] = ends
            waiting.extend(d.elements[d.flows[f].target] for f in e.outgoing)
    else:
        return None
    return min((done[e.id] for e in inside if e.id in done and not e.outgoing), default=None)
