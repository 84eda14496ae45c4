"""BPMN by feature: each model in `models/` opens in any modeler and says in its documentation which feature it shows,
in which section of the standard, and what must happen; this runs what it says.

A script is a list of lines: `start [variable=json…]` or `begin <event>` begins a new instance; `do`, `fire`, `message`,
`signal`, `error`, `fail`, `retry`, `withdraw` act on it (`a#2` is the second child at a); `waits` lists exactly the
elements at which tasks and jobs are open ("-" for none), `stands` also joins; `has`, `incident`, `due`, `groups`,
`notimer`, `nomessage`, `ended` look.
"""

import json
import pathlib
from typing import Any

import pytest
from lxml import etree

from engine import bpmn
from kernel_models import BPMN, Case, environment

MODELS = sorted((pathlib.Path(__file__).parent / "models").glob("*.bpmn"))


def read(file: pathlib.Path) -> tuple[dict[str, str], list[str]]:
    """What the model says of itself: feature and section, and the script."""
    node = etree.parse(str(file)).find(f".//{{{BPMN}}}process/{{{BPMN}}}documentation")
    assert node is not None and node.text
    head, _, script = node.text.strip().partition("\n\n")
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    return facts, [line for line in script.splitlines() if line.strip()]


def pairs(words: list[str]) -> dict[str, Any]:
    return {name: json.loads(value) for name, _, value in (w.partition("=") for w in words)}


class Script:
    """One model, driven line by line."""

    def __init__(self, file: pathlib.Path) -> None:
        self.definition = bpmn.compile(file.read_bytes(), file=file.name)
        self.case: Any = None

    def run(self, line: str) -> None:
        word, *rest = line.split(" ")
        getattr(self, f"_{word}")(rest)

    def entity(self, name: str) -> str:
        element, _, index = name.partition("#")
        found: str = self.case.task(element, int(index) if index else None)
        return found

    def _start(self, rest: list[str]) -> None:
        self.case = Case(self.definition, environment(), **pairs(rest))

    def _begin(self, rest: list[str]) -> None:
        self.case = Case(self.definition, environment(), begin=rest[0])

    def _do(self, rest: list[str]) -> None:
        given = pairs([w for w in rest if "=" in w])
        for name in (w for w in rest if "=" not in w):
            self.case.complete(self.entity(name), given)

    def _fire(self, rest: list[str]) -> None:
        self.case.ring(rest[0])

    def _message(self, rest: list[str]) -> None:
        self.case.deliver("message", rest[0], key=rest[1] if len(rest) > 1 else None)

    def _nomessage(self, rest: list[str]) -> None:
        with pytest.raises(bpmn.Stale):
            self._message(rest)

    def _signal(self, rest: list[str]) -> None:
        self.case.deliver("signal", rest[0])

    def _error(self, rest: list[str]) -> None:
        self.case.throw_error(self.entity(rest[0]), rest[1])

    def _fail(self, rest: list[str]) -> None:
        self.case.incident(self.entity(rest[0]), "outside", "no connection")

    def _retry(self, rest: list[str]) -> None:
        for incident in list(self.case.incidents):
            self.case.retry(incident)

    def _withdraw(self, rest: list[str]) -> None:
        self.case.cancel_task(self.entity(rest[0]))

    def _waits(self, rest: list[str]) -> None:
        assert self.case.waiting() == sorted(w for w in rest if w != "-")

    def _stands(self, rest: list[str]) -> None:
        assert sorted(r["element"] for r in self.case.view()) == sorted(rest)

    def _has(self, rest: list[str]) -> None:
        for name, value in pairs(rest).items():
            assert self.case.variables[name] == value

    def _incident(self, rest: list[str]) -> None:
        assert [[i["code"], i["el"]] for i in self.case.incidents.values()] == [rest]

    def _due(self, rest: list[str]) -> None:
        assert [[t["el"], t["due"]] for t in self.case.timers.values()] == [rest]

    def _notimer(self, rest: list[str]) -> None:
        assert not self.case.timers

    def _groups(self, rest: list[str]) -> None:
        assert self.case.tasks[self.entity(rest[0])]["groups"] == rest[1:]

    def _ended(self, rest: list[str]) -> None:
        assert self.case.ended == rest[0]
        assert not (self.case.tasks or self.case.jobs or self.case.timers or self.case.messages or self.case.shards)


@pytest.mark.parametrize("file", MODELS, ids=lambda f: f.stem)
def test_the_feature_behaves_as_the_standard_says(file: pathlib.Path) -> None:
    _, lines = read(file)
    script = Script(file)
    looks = ("waits", "has", "ended", "incident", "groups", "due", "stands")
    assert any(line.startswith(looks) for line in lines), "a model that expects nothing shows nothing"
    for number, line in enumerate(lines, 1):
        try:
            script.run(line)
        except AssertionError as error:
            raise AssertionError(f"line {number} `{line}`: {error}") from error


def test_every_model_names_its_feature_and_its_section_and_no_feature_is_shown_twice() -> None:
    facts = [read(file)[0] for file in MODELS]
    assert all(f["feature"] and f["section"] for f in facts)
    assert len({f["feature"] for f in facts}) == len(facts) >= 90
