"""Due dates and timers counted anew: by the calendar and the variables of now, from the instant at which they began.

Counted anew are the due and follow-up dates of open user tasks, armed timers with a date or a duration (not cycles),
and dates that input mappings handed to an activity (`due` of a called process). What looks at the clock (`today()`) is
evaluated as of the instant at which its task was opened or its timer armed; only then is it kept in the state.

A non-interrupting timer of an event sub-process that has fired is armed again when its date, counted from nothing but
variables and calendar, lies ahead now: the month that was over is not over yet when the plan gives another month. What
has been completed, cancelled or fired otherwise stays as it was.
"""

import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine import feel
from engine.bpmn import behaviours, events, messages, scopes, timers
from engine.bpmn.definition import Element, Timer, Value
from engine.bpmn.faults import Fault
from engine.bpmn.state import Subscription, Token, plain

if TYPE_CHECKING:
    from engine.bpmn.run import Run

_CLOCK = re.compile(r"\b(now|today)\b")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-]\d\d:\d\d)?(\[.*\]|@.*)?)?")


@functools.lru_cache(maxsize=4096)
def _reads_clock(text: str) -> bool:
    """Whether an expression may ask for the time; a text in quotes that says "today" counts too, which costs a few
    bytes of state and nothing else."""
    return _CLOCK.search(text) is not None


def of_clock(value: Value | None) -> bool:
    """Whether a value depends on when it is evaluated."""
    return isinstance(value, feel.Compiled) and not value.constant and _reads_clock(value.text)


def computed(value: Value | None) -> bool:
    """Whether a value may be another one later."""
    return isinstance(value, feel.Compiled) and not value.constant


def instant_to_keep(run: "Run", timer: Timer) -> str | int | None:
    """The instant that a newly armed timer has to remember."""
    if timer.kind == "cycle" or not computed(timer.value):
        return None
    return timers.brief(run.now) if timer.kind == "duration" or of_clock(timer.value) else None


def entered(run: "Run", token: Token, element: Element) -> None:
    """An activity with input mappings begins: the instant is kept when a mapping looks at the clock."""
    if any(of_clock(mapping.source) for mapping in element.inputs):
        run.keep(token, "d", {"a": timers.brief(run.now)})


def opened(run: "Run", token: Token, element: Element, due: str | None, follow_up: str | None) -> None:
    """A user task is open: what it is due by is kept, to tell later whether that has changed."""
    a = element.assignment
    if a is None or not (computed(a.due) or computed(a.follow_up)):
        return
    kept = dict((token.extra or {}).get("d") or {})
    if of_clock(a.due) or of_clock(a.follow_up):
        kept["a"] = timers.brief(run.now)
    kept |= {key: value for key, value in (("d", due), ("f", follow_up)) if value is not None}
    run.keep(token, "d", kept or {"d": None})


# -- counting anew


def begin(run: "Run") -> None:
    """Put everything that may have to be counted anew on the agenda, outermost first."""
    parts = [run.main]
    for part in parts:
        for token in sorted(part.tokens.values(), key=lambda t: t.number):
            if token.alive and (token.entered or not token.element) and _concerned(run, token):
                run.later("retime", token)
            if token.host is not None and token.host.sharded:
                parts += [p for p in run.shards(token, token.host) if p.ended is None]


def _concerned(run: "Run", token: Token) -> bool:
    if any(s.kind == "t" for s in token.subscriptions.values()) or "d" in (token.extra or {}):
        return True
    if token.element and any(computed(mapping.source) for mapping in run.node(token).inputs):
        return True
    return bool(_spent(run, token))


def retime(run: "Run", token: Token) -> None:
    """One token: the dates that it was handed, its task, its timers."""
    if token.element:
        _hand_over(run, token, run.node(token))
        _task(run, token, run.node(token))
    for s in sorted(token.subscriptions.values(), key=lambda s: s.number):
        if s.kind == "t" and s.repeats is None and not messages.pending(s):
            _timer(run, token, s)
    for start, index, timer in _spent(run, token):
        if timers.from_utc(_due(run, token, timer)) > run.now:
            events.subscribe(run, token, start, index, start.events[index])


@contextmanager
def _as_of(run: "Run", at: str | int | None) -> Iterator[None]:
    """Expressions see the clock as it stood then."""
    if at is None:
        yield
        return
    now, env = run.now, run._feel
    run.now, run._feel = timers.from_brief(at), None
    try:
        yield
    finally:
        run.now, run._feel = now, env


def _kept(token: Token) -> dict[str, Any]:
    found: dict[str, Any] = (token.extra or {}).get("d") or {}
    return found


def _hand_over(run: "Run", token: Token, element: Element) -> None:
    """Dates that the activity was handed by input mappings; other values stay, they may have been changed inside."""
    own = token.variables
    if not element.inputs or own is None or token.host is not None:
        return
    found: dict[str, str] = {}
    # As when it began: the mappings see what came before them, and not what has been added inside since.
    handed = {mapping.target for mapping in element.inputs}
    loop = element.loop if run.is_child(token) else None
    locals_ = {"loopCounter", loop.item} if loop is not None else set()
    seen = {name: value for name, value in own.items() if name in locals_ and name not in handed}
    try:
        token.variables = seen
        with _as_of(run, _kept(token).get("a")):
            for mapping in element.inputs:
                old = plain(own.get(mapping.target))
                if computed(mapping.source) and isinstance(old, str) and _DATE.fullmatch(old):
                    new = scopes.stored(run, mapping.source, token)
                    if isinstance(new, str) and new != old and _DATE.fullmatch(new):
                        found[mapping.target] = new
                if mapping.target in own:
                    seen[mapping.target] = found.get(mapping.target, own[mapping.target])
    finally:
        token.variables = own
    for name, value in found.items():
        scopes.declare(run, token, name, value)
    if found:
        run.emit(token, {"e": "variables.set", "names": list(found), "token": token.id})


def _task(run: "Run", token: Token, element: Element) -> None:
    a, kept = element.assignment, _kept(token)
    if a is None or not kept or element.type != "userTask" or token.host is not None:
        return
    if events.listener(token) is not None or any(i.action[0] == "done" for i in token.incidents.values()):
        return
    with _as_of(run, kept.get("a")):
        due = behaviours.instant_of(run, a.due, token, "dueDate")
        follow_up = behaviours.instant_of(run, a.follow_up, token, "followUpDate")
    if (due, follow_up) == (kept.get("d"), kept.get("f")):
        return
    told = {"e": "task.due_changed", "task": token.id, "el": element.id, "shard": run.shard_id(token)}
    run.emit(token, {**told, "due": due, "follow_up": follow_up, "was": kept.get("d")})
    anew = {key: value for key, value in (("a", kept.get("a")), ("d", due), ("f", follow_up)) if value is not None}
    run.keep(token, "d", anew or {"d": None})


def _timer(run: "Run", owner: Token, s: Subscription) -> None:
    element = events.element_of(run, owner, s)
    timer = element.events[s.event].timer
    if timer is None or timer.kind == "cycle" or not computed(timer.value):
        return
    with _as_of(run, s.at):
        due = _due(run, owner, timer)
    if due == s.due:
        return
    was = s.due
    run.put(s, "due", due)
    told = {"e": "timer.rearmed", "timer": s.id, "el": s.element, "owner": owner.id, "due": due, "was": was}
    run.record(events.inside_of(run, owner, element), owner, {**told, "shard": run.shard_id(owner)})


def _due(run: "Run", owner: Token, timer: Timer) -> str:
    value = scopes.value(run, timer.value, owner)
    try:
        return timers.utc(timers.schedule(timer.kind, value, run.now)[0])
    except ValueError as error:
        raise Fault("bad_timer", f"{error}") from None


def _spent(run: "Run", scope: Token) -> list[tuple[Element, int, Timer]]:
    """Timers of event sub-processes of a scope that have fired and may fire again: start event, index, timer."""
    if scope.host is not None or events.listener(scope) is not None:
        return []
    starts = events.starts(run, scope)
    over = {start.scope for start in starts if start.interrupting}
    if any(child.element in over for child in scope.children.values()):
        return []  # one that interrupts has taken over
    armed = {(s.element, s.event) for s in scope.subscriptions.values()}
    return [
        (start, index, event.timer)
        for start in starts
        if not (start.interrupting or start.parallel_multiple)
        for index, event in enumerate(start.events)
        if event.timer is not None and event.timer.kind == "date" and (start.id, index) not in armed
        if computed(event.timer.value) and not of_clock(event.timer.value)
    ]
