"""The schedule of a model in a file, with the processes and decisions beside it: no store needed."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from engine import bpmn, deadlines, dmn, feel, schedule
from engine.errors import EngineError
from engine.tryout import env_beside

MONTHS = ("planned_start", "planned_finish", "committed_finish", "latest_finish")


def schedule_model(
    model: Path, start: date | None = None, finish: date | None = None, variables: Mapping[str, Any] | None = None
) -> schedule.Schedule:
    """When the steps of a model can be done from `start` on, and must be done to end by `finish`; at least one of the
    two is needed. `variables` are those that a case would begin with; `simulation.json` beside the model says how long
    steps take that no limit bounds. Raises DefinitionError, ValueError without a day."""
    first = start or finish
    if first is None:
        raise ValueError("expected a start or a finish")
    definition = bpmn.compile(model.read_bytes(), file=model.name)
    env = env_beside(model)
    days = deadlines.public_holidays(range(first.year - 1, (finish or first).year + 3))
    calendar = deadlines.Calendar({day.day: day.special for day in days})
    beside = model.parent / "simulation.json"
    parameters = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    begins, ends = f"{first:%Y-%m}", f"{finish or first:%Y-%m}"
    given = dict(zip(MONTHS, (begins, ends, ends, ends), strict=True)) | dict(variables or {})

    def called(name: str) -> bpmn.Definition | None:
        try:
            return env.definition(env.process(name))
        except (KeyError, EngineError):
            return None

    def decide(name: str, values: Mapping[str, Any]) -> Any:
        try:
            return env.decision(name).evaluate(dict(values), feel.Env(calendar)).value
        except (KeyError, dmn.DecisionError, feel.FeelError):
            return None

    steps = schedule.steps_of(definition, calendar, given, first, called=called, decide=decide, parameters=parameters)
    return schedule.plan(steps, calendar, start, finish)
