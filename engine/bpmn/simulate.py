"""A process in memory, on a virtual clock: what an analyst tries a model with, and what tests drive the kernel by.

`Instance` keeps what a store keeps (the state, the shards, open tasks, jobs, armed timers, awaited messages), gives
the kernel only the shards it asks for, and remembers every event. `play` moves an instance by itself: jobs complete,
people answer what they were told to answer, and when nothing else can move the next timer fires.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.bpmn import acts, stimuli, timers
from engine.bpmn.definition import Definition
from engine.bpmn.faults import NeedShards
from engine.bpmn.run import Env, Event, Outcome
from engine.bpmn.state import ancestors, shard_of

Answers = Mapping[str, Any]
MAX_TIMERS = 1_000


@dataclass(slots=True)
class Instance:
    """One instance and what is open in it. Every method applies one stimulus and returns its events."""

    definition: Definition
    env: Env
    now: dt.datetime
    state: str = ""
    shards: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    tasks: dict[str, Event] = field(default_factory=dict)
    jobs: dict[str, Event] = field(default_factory=dict)
    timers: dict[str, Event] = field(default_factory=dict)
    messages: dict[str, Event] = field(default_factory=dict)
    incidents: dict[str, Event] = field(default_factory=dict)
    ended: str | None = None

    def start(self, variables: Mapping[str, Any] | None = None, *, at: str | None = None) -> list[Event]:
        """Start the definition's main process."""
        return self._take(stimuli.start(self.definition, variables or {}, self.now, self.env, at=at))

    def complete(self, task: str, variables: Mapping[str, Any] | None = None) -> list[Event]:
        """Complete a task or a job."""
        return self._do(task, acts.complete(task, variables or {}))

    def throw_error(self, task: str, code: str, variables: Mapping[str, Any] | None = None) -> list[Event]:
        """A task or a job reports a modelled error."""
        return self._do(task, acts.throw_error(task, code, variables or {}))

    def incident(self, task: str, code: str, message: str) -> list[Event]:
        """A job fails for technical reasons."""
        return self._do(task, acts.incident(task, code, message))

    def retry(self, incident: str) -> list[Event]:
        """Run again what failed."""
        return self._do(incident, acts.retry(incident))

    def fire(self, timer: str) -> list[Event]:
        """A timer is due; the clock goes forward to its instant if it is not there yet."""
        armed = self.timers.get(timer)
        if armed is not None:
            self.now = max(self.now, timers.from_utc(armed["due"]))
        return self._do(timer, acts.fire(timer))

    def deliver(
        self, kind: str, name: str, payload: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> list[Event]:
        """A message or a signal comes from outside."""
        return self._do("", acts.deliver(kind, name, payload or {}, key))

    def cancel(self) -> list[Event]:
        """Withdraw the instance."""
        return self._do("", acts.cancel())

    def set_variables(self, variables: Mapping[str, Any]) -> list[Event]:
        """Give variables of the instance other values."""
        return self._do("", acts.set_variables(variables))

    def retime(self, variables: Mapping[str, Any] | None = None) -> list[Event]:
        """Count due dates and timers anew, with other values of variables."""
        return self._do("", acts.retime(variables or {}))

    def cancel_task(self, task: str) -> list[Event]:
        """Withdraw one child of a multi-instance."""
        return self._do(task, acts.cancel_task(task))

    def extend(self, host: str, items: Sequence[Any]) -> list[Event]:
        """Give a multi-instance that runs more children."""
        return self._do(host, acts.extend(host, items))

    def activate(self, token: str, element: str) -> list[Event]:
        """Start one more activity of an ad-hoc sub-process."""
        return self._do(token, acts.activate(token, element))

    def move(self, token: str, target: str) -> list[Event]:
        """Repair: move a token to another element."""
        return self._do(token, acts.move(token, target))

    @property
    def variables(self) -> dict[str, Any]:
        return stimuli.variables(self.state)

    def view(self) -> list[dict[str, Any]]:
        return stimuli.view(self.state, self.shards)

    def _do(self, entity: str, act: acts.Act) -> list[Event]:
        """Apply an act, with the shard of what it is about."""
        d, env = self.definition, self.env
        return self._apply(entity, lambda shards: stimuli.apply(d, self.state, shards, act, self.now, env))

    def _apply(self, entity: str, call: Callable[[Mapping[str, str]], Outcome]) -> list[Event]:
        """Call with the shards of the entity; when the kernel asks for more, load those and call again."""
        wanted = {p: self.shards[p] for p in ancestors(shard_of(entity)) if p in self.shards}
        while True:
            try:
                return self._take(call(wanted))
            except NeedShards as need:
                prefix = f"{need.host}."
                more = {p: t for p, t in self.shards.items() if p.startswith(prefix) or p in (need.ids or ())}
                if more.keys() <= wanted.keys():
                    raise
                wanted |= more

    def _take(self, outcome: Outcome) -> list[Event]:
        self.state = outcome.state
        for part, text in outcome.shards.items():
            if text is None:
                self.shards.pop(part, None)
            else:
                self.shards[part] = text
        at = timers.utc(self.now)
        for event in outcome.step.events:
            self._note(event)
            self.events.append({"at": at, **event})
        return outcome.step.events

    def _note(self, event: Event) -> None:
        match event["e"]:
            case "task.opened":
                self.tasks[event["task"]] = event
            case "task.completed" | "task.cancelled":
                self.tasks.pop(event["task"], None)
            case "task.due_changed":
                anew = {"due": event["due"], "follow_up": event["follow_up"]}
                self.tasks[event["task"]] = {**self.tasks[event["task"]], **anew}
            case "job.wanted":
                self.jobs[event["job"]] = event
            case "job.completed" | "job.cancelled":
                self.jobs.pop(event["job"], None)
            case "timer.armed":
                self.timers[event["timer"]] = event
            case "timer.rearmed":
                self.timers[event["timer"]] = {**self.timers[event["timer"]], "due": event["due"]}
            case "timer.fired" | "timer.cancelled":
                self.timers.pop(event["timer"], None)
            case "message.awaited":
                self.messages[event["sub"]] = event
            case "message.unawaited":
                self.messages.pop(event["sub"], None)
            case "incident.raised":
                self.incidents[event["incident"]] = event
            case "incident.resolved":
                self.incidents.pop(event["incident"], None)
            case "shards.dropped":
                prefix = f"{event['host']}."
                for table in (self.shards, self.tasks, self.jobs, self.timers, self.messages, self.incidents):
                    for key in [k for k in table if k.startswith(prefix)]:
                        del table[key]
            case "instance.ended":
                self.ended = event["how"]


def play(
    definition: Definition,
    env: Env,
    variables: Mapping[str, Any] | None = None,
    answers: Answers | None = None,
    until: dt.datetime | str | None = None,
    *,
    now: dt.datetime,
) -> Iterator[Event]:
    """The events of one run, each with "at". `answers` gives for an element what is answered there: variables, the
    same at every visit; or a list, one entry a visit. For a multi-instance the entry of a visit is a list, one for
    each child in order. None (or a missing entry) is silence. Jobs complete with the answer of their element or
    without variables; messages arrive where an answer is given. Stops when the instance has ended, when nothing can
    move, or at `until`."""
    end = timers.instant(until) if isinstance(until, str) else until
    instance = Instance(definition, env, now)
    visits = _Visits(answers or {})
    told = 0
    instance.start(variables)
    fired = 0
    while True:
        yield from instance.events[told:]
        told = len(instance.events)
        if instance.ended or not (_work(instance, visits) or _fire_next(instance, end)):
            return
        if instance.events[told:] and instance.events[told]["e"] == "timer.fired":
            fired += 1
            if fired > MAX_TIMERS:
                return


@dataclass(slots=True)
class _Visits:
    """Which answer is next at each element."""

    answers: Answers
    seen: dict[tuple[str, str | None], int] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)

    def next(self, entity: str, event: Event) -> Mapping[str, Any] | None:
        """The answer to an open task, job or message; None when there is none, now and later."""
        if entity in self.silent:
            return None
        found = self._find(event)
        if found is None:
            self.silent.add(entity)
        return found

    def _find(self, event: Event) -> Mapping[str, Any] | None:
        element, host, index = event["el"], event.get("host"), event.get("index")
        answer: Any = self.answers.get(element)
        if index is None and isinstance(answer, list):
            number = self.seen[element, None] = self.seen.get((element, None), 0) + 1
            answer = _pick(answer, number)
        elif (
            isinstance(answer, list) and answer and isinstance(answer[0], list)
        ):  # one list for each visit of the whole multi-instance
            rounds = self.seen.setdefault((element, host), 1 + sum(1 for e, h in self.seen if e == element))
            answer = _pick(answer, rounds)
        if isinstance(answer, list):
            answer = _pick(answer, index or 0)
        return answer if isinstance(answer, Mapping) else None


def _pick(answers: Any, number: int) -> Any:
    return answers[number - 1] if isinstance(answers, list) and 0 < number <= len(answers) else None


def _work(instance: Instance, visits: _Visits) -> bool:
    """Do the first thing that somebody does by himself; false when everyone waits."""
    for job, event in instance.jobs.items():
        answer = visits.next(job, event) if event["el"] in visits.answers else {}
        if answer is not None:
            instance.complete(job, answer)
            return True
    for task, event in instance.tasks.items():
        answer = visits.next(task, event)
        if answer is not None:
            instance.complete(task, answer)
            return True
    for sub, event in instance.messages.items():
        answer = visits.next(sub, event)
        if answer is not None:
            instance.deliver("message", event["name"], answer, key=event["key"])
            return True
    return False


def _fire_next(instance: Instance, end: dt.datetime | None) -> bool:
    """The earliest timer fires; false when there is none before the end."""
    armed = sorted(instance.timers.items(), key=lambda item: (item[1]["due"], [int(n) for n in item[0].split(".")]))
    if not armed or (end is not None and timers.from_utc(armed[0][1]["due"]) > end):
        return False
    instance.fire(armed[0][0])
    return True
