"""Trình Ký's BPM core: people, time, documents and the processes they move through. Knows no HTTP.

This is the door. Outside this package only these names are used: `Engine` with its settings and clock, the errors it
raises, and what tries files out without a store.
"""

from engine import lint
from engine.bpmn.layout import arrange
from engine.clock import ZONE, Clock, FixedClock
from engine.commands.opening import DoneStep, Evidence
from engine.door import Engine
from engine.errors import (
    Conflict,
    DefinitionError,
    EngineError,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    Reason,
    TooLarge,
)
from engine.scheduling import schedule_model
from engine.settings import Settings
from engine.simulation import simulate, simulate_deployed
from engine.tryout import decide, play

__all__ = [
    "ZONE",
    "Clock",
    "Conflict",
    "DefinitionError",
    "DoneStep",
    "Engine",
    "EngineError",
    "Evidence",
    "FixedClock",
    "Forbidden",
    "Invalid",
    "NotFound",
    "Problem",
    "Reason",
    "Settings",
    "TooLarge",
    "arrange",
    "decide",
    "lint",
    "play",
    "schedule_model",
    "simulate",
    "simulate_deployed",
]
