"""Lint never fails on anything that opens leniently, whatever is broken in it, and every finding can be told."""

import random
import time

import pytest

from engine import bpmn, errors, lint
from kernel_models import xml
from properties.test_broken_models import CORPUS, damage
from test_lint_planted import AROUND, FACTS, SOUND
from webui.wording import problems

MODELS = [*CORPUS, xml(SOUND, around=AROUND)]


def look(data: bytes, states: int, seconds: float) -> str:
    """What became of a damaged model."""
    try:
        definition = bpmn.compile(data, strict=False)
    except errors.DefinitionError:
        return "not opened"
    facts = lint.Facts(FACTS.forms, FACTS.processes, FACTS.decisions, FACTS.holders, source=data)
    before = time.process_time()
    report = lint.examine(definition, facts, states=states, seconds=seconds)
    assert time.process_time() - before < seconds + 5
    for found in report.findings:
        assert lint.RULES[found.rule] == found.severity and found.message
        assert problems.say(found.rule, found.params, found.message, "vi") not in ("", found.rule)
        assert problems.run_words(found.trace, lint.names_of(definition), "vi") is not None
        assert found.record()["rule"] == found.rule
    return "explored" if report.states else "looked at"


@pytest.mark.parametrize("part", range(5))
def test_damaged_models_are_looked_at_without_failing(part: int) -> None:
    chance = random.Random(3000 + part)
    fates = {look(damage(MODELS[n % len(MODELS)], chance), 30, 1.0) for n in range(part, 500, 5)}
    assert fates >= {"looked at", "explored"}


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_three_thousand_damaged_models_are_looked_at_without_failing() -> None:
    chance = random.Random(2023)
    for n in range(3_000):
        look(damage(MODELS[n % len(MODELS)], chance), 300, 2.0)


def test_findings_of_damaged_runs_are_explored_leniently_too() -> None:
    """Models with problems of reading are not explored; what is left of them is looked at all the same."""
    definition = bpmn.compile(xml(SOUND.replace("~ limit stop", ""), around=AROUND), strict=False)
    report = lint.examine(definition, FACTS)
    assert report.states > 1 and "boundary_without_flow" in {f.rule for f in report.findings}
