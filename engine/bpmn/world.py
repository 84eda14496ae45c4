"""Cases on a virtual clock, together in one world: what happens next happens, people are shared, nothing is skipped.

Every case is a `Session` of the kernel: what runs is the model itself, not a second idea of it. The world adds what
the model does not say: how long a task takes and what comes of it (`parameters`), who is free to do it, when messages
arrive. Timers, deadlines and boundary events are the model's own and race with the work. What happened is counted in
a `Tally`. Pure: chance comes from a `Source` for each case; instants are whole seconds since 1970.
"""

import datetime as dt
import heapq
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from engine import errors, feel
from engine.bpmn import timers
from engine.bpmn.definition import Definition
from engine.bpmn.parameters import Parameters, Step
from engine.bpmn.run import Env, Event
from engine.bpmn.sampling import Duration, Outcome, Source
from engine.bpmn.session import Session
from engine.bpmn.tally import NOBODY, Element, Tally
from engine.bpmn.worktime import WorkingTime

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NO_STEP = Step()
_NEVER, _DONE = Outcome(never=True), Outcome()
_PASSED = frozenset({"element.completed", "flow.taken", "element.cancelled"})
_WITHDRAWN = frozenset({"task.cancelled", "job.cancelled"})


def instant(at: int) -> dt.datetime:
    """An instant of the virtual clock."""
    return _EPOCH + dt.timedelta(seconds=at)


def seconds(at: dt.datetime) -> int:
    """An instant as the virtual clock has it."""
    return int((at - _EPOCH).total_seconds())


class Open:
    """A piece of work, a timer or an awaited message that is open in a case; when it is closed, a link of the chain of
    what led to what."""

    __slots__ = (
        "case",
        "cause",
        "closed",
        "counts",
        "duration",
        "element",
        "entity",
        "event",
        "kind",
        "opened",
        "outcome",
        "role",
        "sampled",
        "started",
    )

    def __init__(
        self, case: "Case", kind: str, entity: str, element: str, event: Event, opened: int, counts: Element
    ) -> None:
        self.case = case
        self.counts = counts
        self.kind = kind
        self.entity = entity
        self.element = element
        self.event = event
        self.opened = opened
        self.cause = case.cause
        self.started: int | None = None
        self.sampled = 0  # how long it takes, once it has started
        self.closed: int | None = None
        self.duration: Duration | None = None
        self.outcome = _NEVER
        self.role = ""


class Case:
    """One instance and what is open in it."""

    __slots__ = ("begun", "cause", "hosts", "number", "open", "session", "source", "steps", "stuck", "visits")

    def __init__(self, number: int, session: Session, source: Source, begun: int) -> None:
        self.number = number
        self.session = session
        self.source = source
        self.begun = begun
        self.cause: Open | None = None  # what has just happened
        self.open: dict[str, Open] = {}
        self.hosts: set[str] = set()
        self.visits: dict[str, int] = {}
        self.stuck: list[str] = []  # incidents
        self.steps = 0


class Role:
    """People who do the same work: how many are free, and what waits for them."""

    __slots__ = ("free", "queue", "waiting")

    def __init__(self, people: int) -> None:
        self.free = people
        self.queue: list[tuple[int, int, Open]] = []  # most important first, then oldest first
        self.waiting = 0


class World:
    """Some cases, the people whom they share, and the clock."""

    def __init__(
        self, definition: Definition, env: Env, parameters: Parameters, tally: Tally, work: WorkingTime
    ) -> None:
        self.definition = definition
        self.env = env
        self.parameters = parameters
        self.tally = tally
        self.work = work
        self.roles = {role: Role(number) for role, number in parameters.people.items()}
        self.agenda: list[tuple[int, int, Open | Case]] = []
        self.number = 0
        self.ends = frozenset(e.id for e in definition.elements.values() if e.type == "endEvent")
        self.now = seconds(parameters.start)

    # -- the clock

    def run(self, cases: Iterable[int], source: Callable[[int], Source], arrivals: Source | None = None) -> None:
        """Run cases until none of them can move. `source` gives each its own chance; `arrivals` says when they come,
        None: all at the start."""
        at, between = self.now, self.parameters.arrivals
        running: list[Case] = []
        for number in cases:
            if arrivals is not None and between is not None:
                at = self._later(at, between, between.sample(arrivals))
            case = Case(number, self.session(number), source(number), at)
            running.append(case)
            self._push(at, case)
        self._settle()
        for case in running:
            if case.session.ended is None:
                self._give_up(case)
        self.tally.span(self.work, running[0].begun if running else self.now, self.now)

    def session(self, number: int) -> Session:
        """A new instance, for a case of this number."""
        return Session(self.definition, self.env)

    def _settle(self) -> None:
        agenda, pop, until, steps = self.agenda, heapq.heappop, self.parameters.until, self.parameters.steps
        while agenda:
            at, _, what = pop(agenda)
            if isinstance(what, Case):
                self.now = at
                self._begin(what)
            elif what.closed is None:
                case = what.case
                if at - case.begun > until:
                    self._stop(case, "until")
                elif case.steps >= steps:
                    self._stop(case, "steps")
                else:
                    self.now = at
                    self._happen(what)

    def _push(self, at: int, what: "Open | Case") -> None:
        self.number += 1
        heapq.heappush(self.agenda, (at, self.number, what))

    def _later(self, at: int, duration: Duration, sampled: int) -> int:
        return self.work.after(at, sampled) if duration.working else at + sampled

    # -- a case

    def _begin(self, case: Case) -> None:
        self.tally.begun(case.begun)
        chosen = self.parameters.variables.sample(case.source)
        variables = chosen.values(dict, self._feel) if chosen.variables else {}
        self._step(case, None, partial(case.session.start, at=self.parameters.at), variables)

    def _happen(self, what: Open) -> None:
        """What was open comes to its end: a task is done, a timer fires, a message arrives."""
        case, session, outcome = what.case, what.case.session, what.outcome
        if what.kind == "timer":
            self._step(case, what, session.fire, what.entity)
            return
        if what.kind == "retry":
            self._close(what)
            self._step(case, what, session.retry, what.entity)
            return
        values = outcome.values(lambda: session.variables, self._feel) if outcome.variables else {}
        if what.kind == "message":
            deliver = partial(session.deliver, key=what.event["key"])
            self._step(case, what, deliver, "message", what.event["name"], values)
        elif outcome.failure is not None:
            self._close(what)
            self._step(case, what, session.incident, what.entity, "failure", outcome.failure)
        elif outcome.error is not None:
            self._step(case, what, session.throw_error, what.entity, outcome.error, values)
        else:
            self._step(case, what, session.complete, what.entity, values)

    def _feel(self) -> feel.Env:
        return feel.Env(self.env.calendar, instant(self.now))

    def _step(self, case: Case, cause: Open | None, call: Callable[..., list[Event]], *args: Any) -> None:
        """Give the case a stimulus, and note all that follows from it."""
        case.steps += 1
        case.cause = cause
        try:
            found = call(*args, instant(self.now))
        except errors.EngineError as refused:  # such as a model without a start event: told, not dropped
            case.stuck.append(f"refused: {refused.message}")
            if cause is not None:
                self._close(cause)
            return
        end = ""
        for event in found:
            e = event["e"]
            if e in _PASSED:
                continue
            if e == "element.entered":
                if event["el"] in self.ends and "process" not in event:
                    end = event["el"]
            elif e in _CLOSING:
                what = case.open.get(event[_CLOSING[e]])
                if what is not None:
                    self._close(what, withdrawn=e in _WITHDRAWN)
            elif e in _KINDS:
                self._opened(case, *_KINDS[e], event)
            elif e == "incident.raised":
                self._failed(case, event, cause)
            elif e == "shards.dropped":
                prefix = f"{event['host']}."
                for key in [k for k in case.open if k.startswith(prefix)]:
                    self._close(case.open[key], withdrawn=True)
            elif e == "instance.ended":
                self._ended(case, event["how"], end, cause)
        if cause is not None and cause.closed is None and cause.kind != "timer":
            self._close(cause)  # nothing came of it

    def _ended(self, case: Case, how: str, end: str, cause: Open | None) -> None:
        for what in list(case.open.values()):
            if what is not cause:
                self._close(what, withdrawn=True)
        finished = self.now
        variables = case.session.variables if self.parameters.limits else {}
        env = self._feel()
        for name, limit in self.parameters.limits.items():
            try:
                due = seconds(timers.instant(limit.evaluate(variables, env)))
            except ValueError:
                self.tally.limit(name, None)
            else:
                self.tally.limit(name, finished > due)
        if cause is not None and cause.closed is None:
            self._close(cause)
        self.tally.ended(case.begun, finished, end or how, case.visits)
        link = cause
        while link is not None:
            self.tally.critical(link.element, link.opened, link.closed or finished)
            link = link.cause
        case.open.clear()
        case.cause = None

    def _stop(self, case: Case, why: str) -> None:
        """A case goes no further."""
        for what in list(case.open.values()):
            self._close(what, withdrawn=True)
        self.tally.unfinished(why, [])
        case.stuck = ["told"]

    def _give_up(self, case: Case) -> None:
        """A case in which nothing moves any more: what it waits for is why."""
        if case.stuck == ["told"]:
            return
        waits = sorted({f"{w.kind} {w.element}" for w in case.open.values()})
        for what in list(case.open.values()):
            self._close(what, withdrawn=True)
        self.tally.unfinished("incident" if case.stuck else "waiting", case.stuck or waits)

    # -- what is open

    def _opened(self, case: Case, kind: str, key: str, event: Event) -> None:
        entity, element, p = event[key], event["el"], self.parameters
        counts = self.tally.element(element)
        what = case.open[entity] = Open(case, kind, entity, element, event, self.now, counts)
        if kind == "timer":
            self._push(max(self.now, seconds(timers.from_utc(event["due"]))), what)
            return
        if "listener" in event:  # not the work itself
            what.duration, what.outcome = p.job, _DONE
            self._start(what, p.job)
            return
        step = p.elements.get(element, _NO_STEP)
        if kind == "message" and step is _NO_STEP:
            step = p.messages.get(event["name"], _NO_STEP)
        role = step.role
        if self._visit(case, element, event.get("host")) > 1 and step.again is not None:
            step = step.again
        counts.kind = kind
        counts.opened += 1
        duration = step.duration
        if duration is None:
            if kind == "message":
                return  # nobody has said that it comes
            counts.assumed = counts.assumed or kind == "task"
            duration = p.task if kind == "task" else p.job
        what.duration = duration
        what.outcome = step.outcomes.sample(case.source)
        if what.outcome.never:
            return
        if kind == "task":
            what.role = role = role or _role(event, self.roles)
            if role in self.roles:
                self._offer(what, self.roles[role], event["priority"])
                return
        self._start(what, duration)

    def _visit(self, case: Case, element: str, host: str | None) -> int:
        """How often the case has come to the element; all children of a multi-instance are one visit."""
        if host is not None:
            if host in case.hosts:
                return case.visits[element]
            case.hosts.add(host)
        number = case.visits[element] = case.visits.get(element, 0) + 1
        return number

    def _start(self, what: Open, duration: Duration) -> None:
        now = what.started = self.now
        sampled = what.sampled = duration.sample(what.case.source)
        self.number += 1
        at = self.work.after(now, sampled) if duration.working else now + sampled
        heapq.heappush(self.agenda, (at, self.number, what))

    def _close(self, what: Open, *, withdrawn: bool = False) -> None:
        """Nothing more comes of it here; whoever worked on it is free."""
        if what.closed is not None:
            return
        now = what.closed = self.now
        what.case.open.pop(what.entity, None)
        if what.kind in ("timer", "retry") or "listener" in what.event:
            return
        duration, started, counts = what.duration, what.started, what.counts
        if duration is None or what.kind == "message":
            waited, worked = now - what.opened, 0
        else:
            line = self.work.between if duration.working else _between
            begun = now if started is None else started
            waited = line(what.opened, begun) if begun > what.opened else 0
            worked = 0 if started is None else line(started, now) if withdrawn else what.sampled
        if withdrawn:
            counts.withdrawn += 1
        else:
            counts.waited.append(waited)
            counts.worked.append(worked)
            due = what.event.get("due")
            if due is not None:
                counts.due += 1
                counts.late += now > seconds(timers.from_utc(due))
        if what.role:
            self.tally.worked_for(what.role, waited, worked)
            people = self.roles.get(what.role)
            if people is not None:
                if started is None:
                    people.waiting -= 1
                else:
                    people.free += 1
                    self._next(people)

    # -- people

    def _offer(self, what: Open, people: Role, priority: int) -> None:
        self.number += 1
        heapq.heappush(people.queue, (-priority, self.number, what))
        people.waiting += 1
        self._next(people)
        if people.waiting:
            self.tally.queued(what.role, people.waiting)

    def _next(self, people: Role) -> None:
        """Whoever is free takes the next task."""
        while people.free and people.queue:
            _, _, what = heapq.heappop(people.queue)
            if what.closed is None:
                duration = what.duration
                assert duration is not None
                people.free -= 1
                people.waiting -= 1
                self._start(what, duration)

    # -- failures

    def _failed(self, case: Case, event: Event, cause: Open | None) -> None:
        retry = cause.outcome.retry if cause is not None and cause.outcome.failure is not None else None
        if retry is not None and event["code"] == "failure":
            counts = self.tally.element(event["el"])
            again = Open(case, "retry", event["incident"], event["el"], event, self.now, counts)
            case.open[again.entity] = again
            self._push(self._later(self.now, retry, retry.sample(case.source)), again)
        else:
            case.stuck.append(f"{event['code']} at {event['el']}: {event['message'][:200]}")


_KINDS = {
    "task.opened": ("task", "task"),
    "job.wanted": ("job", "job"),
    "timer.armed": ("timer", "timer"),
    "message.awaited": ("message", "sub"),
}
_CLOSING = {
    "task.completed": "task",
    "task.cancelled": "task",
    "job.completed": "job",
    "job.cancelled": "job",
    "timer.fired": "timer",
    "timer.cancelled": "timer",
    "message.unawaited": "sub",
    "incident.resolved": "incident",
}


def shared(parameters: Parameters) -> bool:
    """Whether the cases meet: where people are few, or where cases come one after the other, all are in one world.
    Else each has a world of its own, and they may be run in any order."""
    return bool(parameters.people) or parameters.arrivals is not None


def alone(
    definition: Definition, env: Env, parameters: Parameters, cases: Iterable[int], source: Callable[[int], Source]
) -> Tally:
    """Each case in a world of its own."""
    tally = Tally()
    work = WorkingTime(env.calendar, seconds(parameters.start), parameters.hours)
    for number in cases:
        World(definition, env, parameters, tally, work).run((number,), source)
    return tally


def together(
    definition: Definition,
    env: Env,
    parameters: Parameters,
    cases: Iterable[int],
    source: Callable[[int], Source],
    arrivals: Source,
) -> Tally:
    """The cases in one world."""
    tally = Tally()
    work = WorkingTime(env.calendar, seconds(parameters.start), parameters.hours)
    World(definition, env, parameters, tally, work).run(cases, source, arrivals)
    return tally


def _between(start: int, end: int) -> int:
    return end - start


def _role(event: Event, known: Any) -> str:
    """Whose work a task is: the first group that has people, else the first group, else the person."""
    groups: list[str] = event["groups"]
    for group in groups:
        if group in known:
            return group
    if event["assignee"]:
        return str(event["assignee"])
    return groups[0] if groups else (event["users"] or [NOBODY])[0]
