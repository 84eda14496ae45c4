"""BPMN by feature: each model in `models/` opens in any modeler and says in its documentation which feature it shows,
in which section of the standard, and what must happen; this runs what it says.

A script is a list of lines: `start [variable=json…]` or `begin <event>` begins a new instance; `do`, `fire`, `message`,
`signal`, `error`, `fail`, `retry`, `withdraw` act on it (`a#2` is the second child at a); `waits` lists exactly the
elements at which tasks and jobs are open ("-" for none), `stands` also joins; `has`, `incident`, `due`, `groups`,
`notimer`, `nomessage`, `ended` look. What stands behind an event as `name=json` comes with it. `activate` starts an
activity of an ad-hoc sub-process; `assignee` and `users` look. A model that must not be taken says
`refused <code> <element>` and nothing else.
"""

import json
import pathlib
from typing import Any

from lxml import etree

from conformance.rows import Row, expect, head, play
from engine import bpmn, errors
from kernel_models import BPMN, Case, environment

LOOKS = (
    "waits",
    "has",
    "ended",
    "incident",
    "groups",
    "due",
    "stands",
    "notimer",
    "nomessage",
    "refused",
    "assignee",
    "users",
)


def row(file: pathlib.Path) -> Row:
    node = etree.parse(str(file)).find(f".//{{{BPMN}}}process/{{{BPMN}}}documentation")
    facts, lines = head(None if node is None else node.text, file)
    return Row(
        id=f"bpmn/{file.stem}",
        file=file,
        chapter=chapter(facts["section"], file.stem),
        feature=facts["feature"],
        section=facts["section"],
        expects=sum(line.startswith(LOOKS) for line in lines),
        reason=facts.get("reason", ""),
        act=lambda: play(lines, Script(file).run),
    )


def chapter(section: str, name: str) -> str:
    """The chapter of the table, by the section of BPMN 2.0.2."""
    number = section.removeprefix("BPMN ").removeprefix("table ")
    if number.startswith(("13.5.5", "10.7")) or name.startswith("transaction"):
        return "BPMN: compensation and transactions"
    if number.startswith(("13.4", "13.3.1", "10.6")):
        return "BPMN: gateways and flows"
    if number.startswith(("13.3", "10.3", "10.30")):
        return "BPMN: activities"
    if number.startswith(("13.5", "10.5", "8.4.2")):
        return "BPMN: events"
    return "BPMN: processes and data"


def pairs(words: list[str]) -> dict[str, Any]:
    return {name: json.loads(value) for name, _, value in (w.partition("=") for w in words)}


class Script:
    """One model, driven line by line."""

    def __init__(self, file: pathlib.Path) -> None:
        self.case: Any = None
        self.problems: list[list[str | None]] = []
        try:
            self.definition = bpmn.compile(file.read_bytes(), file=file.name)
        except errors.DefinitionError as refused:
            self.problems = [[p.code, p.element] for p in refused.problems]

    def run(self, line: str) -> None:
        word, *rest = line.split(" ")
        expect(self.problems, [rest] if word == "refused" else [], "problems: ")
        getattr(self, f"_{word}")(rest)

    def entity(self, name: str) -> str:
        element, _, index = name.partition("#")
        found: str = self.case.task(element, int(index) if index else None)
        return found

    def _refused(self, rest: list[str]) -> None:
        """`run` has looked."""

    def _start(self, rest: list[str]) -> None:
        self.case = Case(self.definition, environment(), **pairs(rest))

    def _begin(self, rest: list[str]) -> None:
        self.case = Case(self.definition, environment(), begin=rest[0], **pairs(rest[1:]))

    def _do(self, rest: list[str]) -> None:
        given = pairs([w for w in rest if "=" in w])
        for name in (w for w in rest if "=" not in w):
            self.case.complete(self.entity(name), given)

    def _fire(self, rest: list[str]) -> None:
        self.case.ring(rest[0])

    def _message(self, rest: list[str]) -> None:
        key = next((w for w in rest[1:] if "=" not in w), None)
        self.case.deliver("message", rest[0], pairs([w for w in rest if "=" in w]), key=key)

    def _nomessage(self, rest: list[str]) -> None:
        try:
            self._message(rest)
        except bpmn.Stale:
            return
        raise AssertionError("somebody took it")

    def _signal(self, rest: list[str]) -> None:
        self.case.deliver("signal", rest[0], pairs(rest[1:]))

    def _error(self, rest: list[str]) -> None:
        self.case.throw_error(self.entity(rest[0]), rest[1])

    def _activate(self, rest: list[str]) -> None:
        token = next(r["token"] for r in self.case.view() if r["element"] == rest[0])
        self.case.activate(token, rest[1])

    def _fail(self, rest: list[str]) -> None:
        self.case.incident(self.entity(rest[0]), "outside", "no connection")

    def _retry(self, rest: list[str]) -> None:
        for incident in list(self.case.incidents):
            self.case.retry(incident)

    def _withdraw(self, rest: list[str]) -> None:
        self.case.cancel_task(self.entity(rest[0]))

    def _waits(self, rest: list[str]) -> None:
        expect(self.case.waiting(), sorted(w for w in rest if w != "-"))

    def _stands(self, rest: list[str]) -> None:
        expect(sorted(r["element"] for r in self.case.view()), sorted(rest))

    def _has(self, rest: list[str]) -> None:
        for name, value in pairs(rest).items():
            expect(self.case.variables[name], value, f"{name}: ")

    def _incident(self, rest: list[str]) -> None:
        expect([[i["code"], i["el"]] for i in self.case.incidents.values()], [rest])

    def _due(self, rest: list[str]) -> None:
        expect([[t["el"], t["due"]] for t in self.case.timers.values()], [rest])

    def _notimer(self, rest: list[str]) -> None:
        expect(list(self.case.timers.values()), [])

    def _groups(self, rest: list[str]) -> None:
        expect(self.case.tasks[self.entity(rest[0])]["groups"], rest[1:])

    def _assignee(self, rest: list[str]) -> None:
        expect(self.case.tasks[self.entity(rest[0])]["assignee"], rest[1])

    def _users(self, rest: list[str]) -> None:
        expect(self.case.tasks[self.entity(rest[0])]["users"], rest[1:])

    def _ended(self, rest: list[str]) -> None:
        expect(self.case.ended, rest[0])
        for what in ("tasks", "jobs", "timers", "messages", "shards"):
            expect(len(getattr(self.case, what)), 0, f"{what}: ")
