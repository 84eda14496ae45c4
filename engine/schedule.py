"""When the steps of a process can begin and must begin: forward from a start, backward from an end that is fixed.

A step takes a number of days or of working days, counted as the law counts them (domain.md §3.1); a step begins on the
day on which the last one before it ends. Forward: the earliest days. Backward: the latest days on which the end is
still met, pulled earlier where they fall on days off; a limit in working days is never turned into days. What lies
between is slack; where it is negative, or where a month of the roadmap cannot be met, there is a conflict. Loops are
taken once; of several ways the longest counts, and of parallel ones too. Pure.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any

from engine import bpmn, feel, limits
from engine.bpmn import timers
from engine.deadlines import Calendar
from engine.limits import BEFORE, DAYS, MONTH, WORKING


@dataclass(frozen=True, slots=True)
class Length:
    """How long a step takes: `number` of `unit` (ngay, ngay_lam_viec). `source` says which law or assumption it comes
    from; `assumed`: nobody has said it."""

    number: int
    unit: str = WORKING
    source: str = ""
    certainty: str = ""
    assumed: bool = False

    def after(self, day: date, calendar: Calendar) -> date:
        """The day on which it ends."""
        if self.unit == DAYS:
            return calendar.limit_days(day, self.number)
        return calendar.add_working_days(day, self.number)

    def before(self, day: date, calendar: Calendar) -> date:
        """The last working day on which it may begin to end by a day."""
        if self.unit == DAYS:
            return calendar.backward_days(day, self.number)
        if self.number == 0:
            return calendar.roll_back(day)
        return calendar.add_working_days(calendar.roll_back(day), -self.number)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that takes time, and what has to be done before it. `not_after`: the day by which it has to be done by
    the roadmap or by law; `not_before`: it cannot begin earlier. `shown`: a step that people know, not a gateway."""

    id: str
    name: str
    length: Length
    after: tuple[str, ...] = ()
    label: str = ""
    not_after: date | None = None
    not_before: date | None = None
    why_not_after: str = ""
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Slot:
    """When a step can be done and must be done. `slack`: working days between the earliest and the latest start, below
    zero when it comes too late. None where no end (or no start) is given."""

    step: Step
    earliest_start: date | None = None
    earliest_finish: date | None = None
    latest_start: date | None = None
    latest_finish: date | None = None
    slack: int | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that cannot be met. `kind`: end (the fixed end is missed), month (a step ends after its own date),
    start (it must have begun before the process begins). `step` is the first step on the way that has no slack."""

    kind: str
    step: Step
    needed: date
    possible: date
    days: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """The steps in order of time, and what cannot be met."""

    slots: list[Slot]
    conflicts: list[Conflict]
    start: date | None
    finish: date | None

    def slot(self, step_id: str) -> Slot:
        """The slot of a step."""
        return next(slot for slot in self.slots if slot.step.id == step_id)


def plan(steps: Iterable[Step], calendar: Calendar, start: date | None = None, finish: date | None = None) -> Schedule:
    """The schedule of steps that refer to each other by id (`after`), forward from `start`, backward from `finish`, or
    both. Raises ValueError for a circle."""
    ordered = _sorted(steps)
    early: dict[str, tuple[date, date]] = {}
    if start is not None:
        for step in ordered:
            begin = max((early[name][1] for name in step.after), default=calendar.roll_forward(start))
            begin = max(begin, calendar.roll_forward(step.not_before)) if step.not_before else begin
            early[step.id] = (begin, step.length.after(begin, calendar))
    late: dict[str, tuple[date, date]] = {}
    if finish is not None:
        followers: dict[str, list[Step]] = {}
        for step in ordered:
            for name in step.after:
                followers.setdefault(name, []).append(step)
        for step in reversed(ordered):
            end = min((late[f.id][0] for f in followers.get(step.id, ())), default=calendar.roll_back(finish))
            end = min(end, step.not_after) if step.not_after else end
            late[step.id] = (step.length.before(end, calendar), end)
    slots = []
    for step in ordered:
        soon, must = early.get(step.id, (None, None)), late.get(step.id, (None, None))
        slack = calendar.working_days_between(soon[0], must[0]) if soon[0] and must[0] else None
        slots.append(Slot(step, soon[0], soon[1], must[0], must[1], slack))
    slots.sort(key=lambda slot: slot.earliest_start or slot.latest_start or date.max)
    return Schedule([s for s in slots if s.step.shown], _conflicts(slots, calendar, finish), start, finish)


def _conflicts(slots: list[Slot], calendar: Calendar, finish: date | None) -> list[Conflict]:
    found = []
    ends = [slot for slot in slots if slot.earliest_finish is not None]
    last = max(ends, key=lambda slot: slot.earliest_finish or date.min, default=None)
    if finish is not None and last is not None and last.earliest_finish and last.earliest_finish > finish:
        # Who reads it wants to know where it begins: the first step that should have begun already.
        tight = next((s for s in slots if s.step.shown and s.slack is not None and s.slack < 0), last)
        if tight.latest_start is not None and tight.earliest_start is not None:
            days = -(tight.slack or 0)
            found.append(Conflict("start", tight.step, tight.latest_start, tight.earliest_start, days))
        over = calendar.working_days_between(finish, last.earliest_finish)
        found.append(Conflict("end", last.step, finish, last.earliest_finish, max(over, 1)))
    for slot in slots:
        wanted, possible = slot.step.not_after, slot.earliest_finish
        if wanted is not None and possible is not None and possible > wanted and slot.step.shown:
            over = calendar.working_days_between(wanted, possible)
            found.append(Conflict("month", slot.step, wanted, possible, max(over, 1)))
    return found


def _sorted(steps: Iterable[Step]) -> list[Step]:
    """Each after those before it; otherwise as given."""
    left = {step.id: step for step in steps}
    names, done, found = set(left), set[str](), []
    while left:
        ready = [step for step in left.values() if all(name in done or name not in names for name in step.after)]
        if not ready:
            raise ValueError(f"expected no circle among {', '.join(left)}")
        for step in ready:
            found.append(replace(step, after=tuple(name for name in step.after if name in names)))
            done.add(step.id)
            del left[step.id]
    return found


# --- a process as steps -------------------------------------------------------------------------------------------

Called = Callable[[str], bpmn.Definition | None]
Decide = Callable[[str, Mapping[str, Any]], Any]
LAW = "thoi_han_luat_dinh"


@dataclass(slots=True)
class _Reader:
    """Walks a definition and what it calls, with the variables as far as they are known."""

    env: feel.Env
    called: Called
    decide: Decide
    medians: Mapping[str, int]
    steps: list[Step] = field(default_factory=list)
    law: list[Mapping[str, Any]] = field(default_factory=list)

    def container(
        self, definition: bpmn.Definition, name: str, context: dict[str, Any], before: tuple[str, ...], path: str = ""
    ) -> tuple[str, ...]:
        """Add the steps inside a process or sub-process; returns the ids that it ends with."""
        container = definition.containers[name]
        inside = {node for node in container.nodes if not definition.elements[node].event_sub_process}
        forward = _forward(definition, inside)
        inside = _reached(definition, inside, forward)
        ends: list[str] = []
        last: dict[str, tuple[str, ...]] = {}
        for node in _order(inside, forward):
            element = definition.elements[node]
            came = [last[source] for source, target in forward if target == node and source in last]
            if element.attached_to:
                came = [last.get(element.attached_to, before)]
            after = tuple(dict.fromkeys(one for ids in came for one in ids)) if came else before
            last[node] = self.element(definition, element, context, after, path)
            if not any(source == node for source, _ in forward):
                ends += last[node]
        return tuple(dict.fromkeys(ends)) or before

    def element(
        self,
        definition: bpmn.Definition,
        element: bpmn.Element,
        context: dict[str, Any],
        after: tuple[str, ...],
        path: str,
    ) -> tuple[str, ...]:
        """Add one element; returns the ids that what follows has to wait for."""
        here = f"{path}{element.id}"
        if element.id in definition.containers:
            return self.container(definition, element.id, context, after, path)
        if element.type == "callActivity" and element.call is not None and isinstance(element.call.process, str):
            inner = self.called(element.call.process)
            if inner is not None and path.count("/") < 8:
                given = {m.target: self._known(m.source, context) for m in element.inputs}
                handed = {**context, **given} if element.call.pass_parent else given
                begun = len(self.steps)
                ends = self.container(inner, element.call.process, handed, after, f"{here}/")
                label = element.properties.get("step", "")
                # Its steps are those of the call: that is what the plan names.
                self.steps[begun:] = [replace(s, label=s.label or label) for s in self.steps[begun:]]
                return ends
        if element.decision is not None and isinstance(element.decision, str):
            self._decision(element, context)
        length, not_after, why = self._length(element, context)
        shown = element.type in ("userTask", "serviceTask", "sendTask", "receiveTask", "callActivity") or (
            element.type == "intermediateCatchEvent" and length.number > 0
        )
        label = element.properties.get("step", "")
        step = Step(here, element.name or element.id, length, after, label, not_after, None, why, shown)
        self.steps.append(step)
        return (here,)

    def _decision(self, element: bpmn.Element, context: dict[str, Any]) -> None:
        """What a decision says enters the variables, as far as what it is asked is known."""
        loop = element.loop
        if loop is None:
            local = self._decided(element, context)
            names = [m.target for m in element.outputs] or [element.result_variable or str(element.decision)]
            context.update({name: local[name] for name in names})
            return
        items = self._known(loop.collection, context)
        turns = [
            self._decided(element, {**context, loop.item or "item": item})
            for item in (items if isinstance(items, list) else [])
        ]
        if loop.output_collection is not None:
            context[loop.output_collection] = [self._known(loop.output_element, local) for local in turns]

    def _decided(self, element: bpmn.Element, context: Mapping[str, Any]) -> dict[str, Any]:
        """The variables as the decision leaves them."""
        local = dict(context)
        for mapping in element.inputs:
            local[mapping.target] = self._known(mapping.source, local)
        found = self.decide(str(element.decision), local)
        if isinstance(found, Mapping) and element.decision == LAW:
            self.law.append(found)
        local[element.result_variable or str(element.decision)] = found
        for mapping in element.outputs:
            local[mapping.target] = self._known(mapping.source, local)
        return local

    def _known(self, source: Any, context: Mapping[str, Any]) -> Any:
        if not isinstance(source, feel.Compiled):
            return source
        try:
            return source.evaluate(dict(context), self.env)
        except feel.FeelError:
            return None

    def _length(self, element: bpmn.Element, context: dict[str, Any]) -> tuple[Length, date | None, str]:
        """How long an element takes, and by when it has to be done."""
        text = _counted_by(element)
        found = limits.read(text, context, self.env) if text else []
        limit = next((one for one in found if one.number is not None), found[0] if found else None)
        not_after, why = None, ""
        if limit is not None and limit.kind in (WORKING, DAYS) and limit.number is None:
            limit = self._usual(element, limit)
        if limit is not None and limit.kind in (WORKING, DAYS) and limit.number is not None:
            if limit.from_its_beginning or element.type == "intermediateCatchEvent":
                return self._limited(limit), None, ""
        elif limit is not None and limit.kind in (MONTH, BEFORE):
            due = self._known(_compiled(text), context)
            not_after = _office_day(due)
            why = limit.kind
        if element.id in self.medians:
            return Length(self.medians[element.id], WORKING, "simulation.json"), not_after, why
        if element.type == "userTask":
            return Length(1, WORKING, assumed=True), not_after, why
        return Length(0), not_after, why

    def _usual(self, element: bpmn.Element, limit: limits.Limit) -> limits.Limit:
        """A round of opinions whose length somebody will choose: as long as the house's table says."""
        kind = element.properties.get("consultation")
        if kind is None:
            return limit
        step = "xin_y_kien_noi_bo" if kind == "internal" else "xin_y_kien_ngoai"
        found = self.decide(LAW, {"legal_regime": "NOI_BO", "step": step})
        if not isinstance(found, Mapping) or found.get("unit") != limit.kind:
            return limit
        self.law.append(found)
        return replace(limit, number=limits.whole(found.get("number")))

    def _limited(self, limit: limits.Limit) -> Length:
        law = next(
            (one for one in reversed(self.law) if limit.computed and limits.whole(one.get("number")) == limit.number),
            None,
        )
        source = str(law.get("source") or "") if law else ""
        return Length(int(limit.number or 0), limit.kind, source, str(law.get("certainty") or "") if law else "")


def _compiled(text: str) -> feel.Compiled:
    return feel.compile_expression(text)


def _counted_by(element: bpmn.Element) -> str:
    """The expression that says by when an element is done: its due date, or the timer that it waits for."""
    given = element.assignment.due if element.assignment is not None else None
    if given is None and element.type == "intermediateCatchEvent":
        given = next((e.timer.value for e in element.events if e.timer is not None and e.timer.kind == "date"), None)
    return given.text if isinstance(given, feel.Compiled) else ""


def _office_day(found: Any) -> date | None:
    if isinstance(found, datetime):
        return found.astimezone(timers.ZONE).date() if found.tzinfo else found.date()
    return found if isinstance(found, date) else None


def _forward(definition: bpmn.Definition, inside: set[str]) -> list[tuple[str, str]]:
    """The flows inside, and those to boundary events, without those that lead back."""
    edges: dict[str, list[str]] = {}
    for flow in definition.flows.values():
        if flow.source in inside and flow.target in inside:
            edges.setdefault(flow.source, []).append(flow.target)
    for name in inside:
        attached = definition.elements[name].attached_to
        if attached in inside and definition.elements[name].interrupting:
            edges.setdefault(str(attached), []).append(name)
    into = {target for targets in edges.values() for target in targets}
    found: list[tuple[str, str]] = []
    state: dict[str, int] = {}
    for first in sorted(inside - into, key=lambda n: definition.elements[n].type != "startEvent") + sorted(inside):
        if first in state:
            continue
        stack = [(first, iter(edges.get(first, ())))]
        state[first] = 1
        while stack:
            name, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                state[name] = 2
                stack.pop()
            elif state.get(target) != 1:  # one that is still open lies behind: a loop, which is taken once
                found.append((name, target))
                if target not in state:
                    state[target] = 1
                    stack.append((target, iter(edges.get(target, ()))))
    return found


def _reached(definition: bpmn.Definition, inside: set[str], forward: list[tuple[str, str]]) -> set[str]:
    """What the process comes to by itself: not what only a reminder leads to (a boundary event that does not
    interrupt), nor handlers of compensation."""
    into = {target for _, target in forward}
    side = {n for n in inside if definition.elements[n].type == "boundaryEvent"}
    side |= {n for n in inside if definition.elements[n].for_compensation}
    found = {n for n in inside if n not in into and n not in side}
    while more := {target for source, target in forward if source in found} - found:
        found |= more
    return found


def _order(inside: set[str], forward: list[tuple[str, str]]) -> list[str]:
    missing = {name: sum(t == name and s in inside for s, t in forward) for name in inside}
    ready = sorted(name for name, count in missing.items() if not count)
    found = []
    while ready:
        name = ready.pop(0)
        found.append(name)
        for source, target in forward:
            if source == name and target in inside:
                missing[target] -= 1
                if not missing[target]:
                    ready.append(target)
    return found


def steps_of(
    definition: bpmn.Definition,
    calendar: Calendar,
    variables: Mapping[str, Any],
    start: date,
    *,
    called: Called,
    decide: Decide,
    parameters: Mapping[str, Any] | None = None,
) -> list[Step]:
    """The main process of a definition as steps. `variables` are those that it would be started with; `called` and
    `decide` look up processes and decisions (None where there is none); `parameters` is what its simulation assumes."""
    now = datetime.combine(start, time(8), timers.ZONE).astimezone(UTC)
    reader = _Reader(feel.Env(calendar, now), called, decide, medians(parameters or {}))
    reader.container(definition, definition.process_id, {"started_on": start.isoformat(), **variables}, ())
    return reader.steps


def medians(parameters: Mapping[str, Any]) -> dict[str, int]:
    """Element → working days that it takes half of the time, from the durations of a simulation; less than a day is
    within the day."""
    found = {}
    for name, step in (parameters.get("elements") or {}).items():
        days = _days(step.get("duration")) if isinstance(step, Mapping) else None
        if days is not None:
            found[name] = math.floor(days) if days < 1 else math.ceil(days - 0.01)
    return found


_ISO = re.compile(r"P(?:(?P<W>[\d.]+)W)?(?:(?P<D>[\d.]+)D)?(?:T(?:(?P<h>[\d.]+)H)?(?:(?P<m>[\d.]+)M)?)?")


def _days(spec: Any) -> float | None:
    if isinstance(spec, str):
        match = _ISO.fullmatch(spec)
        part = {key: float(text) for key, text in match.groupdict(default="0").items()} if match else None
        return part["W"] * 5 + part["D"] + part["h"] / 8 + part["m"] / 480 if part else None
    if isinstance(spec, int | float):
        return float(spec) / 28_800
    if not isinstance(spec, Mapping):
        return None
    for kind, value in spec.items():
        if isinstance(value, Mapping):
            middle = next((value[key] for key in ("median", "mean", "mode") if key in value), None)
            return _days(middle)
        if isinstance(value, list) and value:
            if kind == "uniform":
                return _middle(value)
            seen = sorted(days for days in (_days(one) for one in value) if days is not None)
            return seen[len(seen) // 2] if seen else None
        if kind in ("fixed", "exponential", "calendar"):
            return _days(value)
    return None


def _middle(ends: list[Any]) -> float | None:
    known = [days for days in (_days(end) for end in ends) if days is not None]
    return sum(known) / len(known) if known else None
