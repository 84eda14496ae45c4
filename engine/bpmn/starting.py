"""How an instance begins: at start events without a trigger, or where something has happened (BPMN 10.5.2, 13.2)."""

import datetime as dt
from typing import Any

from engine import errors
from engine.bpmn import events, messages
from engine.bpmn.definition import Definition
from engine.bpmn.faults import Fault
from engine.bpmn.run import Env, Run
from engine.bpmn.state import Part, Token


def where(d: Definition, at: str | None) -> tuple[list[str], bool]:
    """The elements at which to begin, and whether what they wait for has happened; Conflict when that is not clear. An
    element of another process of the file makes that the process of the instance."""
    container = d.containers.get(d.process_id)
    if container is None:
        raise errors.Conflict("no_process", "The definition has no process to start.")
    if at is None:
        if container.starts:
            return list(container.starts), False
        triggered = [n for n in container.nodes if d.elements[n].type == "startEvent"]
        if len(triggered) != 1:
            message = "Expected to be told at which of the start events to start."
            raise errors.Conflict("no_start", message, starts=triggered)
        return triggered, False
    element = d.elements.get(at)
    if element is None or element.scope not in d.processes:
        raise errors.Conflict("unknown_element", f"The process has no element {at!r}.", element=at)
    return [at], element.type in ("startEvent", "receiveTask", "intermediateCatchEvent")


def triggers(d: Definition, now: dt.datetime, env: Env) -> list[dict[str, Any]]:
    """What starts instances of the main process from outside: messages, signals, and timers with the instant at which
    they are due."""
    found: list[dict[str, Any]] = []
    container = d.containers.get(d.process_id)
    if container is None:
        return found
    main = Part("")
    main.tokens[0] = root = Token(main, 0, "", variables={})
    run = Run(d, env, now, main)
    for element in messages.entries(d, d.process_id):
        for index, event in enumerate(element.events):
            try:
                s = events.subscribe(run, root, element, index, event)
            except Fault as fault:
                raise errors.Conflict(fault.code, fault.message, element=element.id) from None
            if s is None or s.kind == "c":
                continue
            row: dict[str, Any] = {"el": element.id, "kind": {"t": "timer", "m": "message", "s": "signal"}[s.kind]}
            if s.kind == "t":
                row |= {"due": s.due, "interval": s.interval, "repeats": s.repeats}
            else:
                row["name"] = s.name
            found.append(row)
    return found
