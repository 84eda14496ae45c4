"""The BPMN kernel: a definition, the text of a state and a stimulus go in; the next state and what happened come out.

Pure: no database, no clock, no randomness, no threads; `now` and the outside world (`Env`) are arguments, and the same
input gives the same bytes. `model` reads BPMN, `definition` holds it, `state` is the JSON, `run` moves tokens,
`behaviours` says what each element does, `stimuli` are the calls below. `docs/kernel.md` has the semantics with the
sections of the standard.
"""

from engine.bpmn.definition import Definition, Element, Flow
from engine.bpmn.faults import NeedShards, Stale
from engine.bpmn.model import compile, parse_xml
from engine.bpmn.run import Env, Outcome, Step
from engine.bpmn.starting import triggers
from engine.bpmn.stimuli import (
    activate,
    cancel,
    cancel_task,
    complete,
    deliver,
    ended,
    extend,
    fire,
    incident,
    move,
    retime,
    retry,
    set_variables,
    start,
    throw_error,
    throw_escalation,
    variables,
    view,
    waiting,
)

fail_job = throw_error

__all__ = [
    "Definition",
    "Element",
    "Env",
    "Flow",
    "NeedShards",
    "Outcome",
    "Stale",
    "Step",
    "activate",
    "cancel",
    "cancel_task",
    "compile",
    "complete",
    "deliver",
    "ended",
    "extend",
    "fail_job",
    "fire",
    "incident",
    "move",
    "parse_xml",
    "retime",
    "retry",
    "set_variables",
    "start",
    "throw_error",
    "throw_escalation",
    "triggers",
    "variables",
    "view",
    "waiting",
]
