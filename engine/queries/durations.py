"""What the journals of a process say about how long its steps take and what comes of them: the base of a simulation.

From the newest cases that the reader may see: for each element the times from opening to completing, in working time,
one by one, and what was answered, the first time and afterwards. A task that was withdrawn while its case went on (an
opinion that never came) counts as one that nobody does. Payloads that were erased are passed over, and counted.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import clock
from engine.bpmn.worktime import WorkingTime
from engine.bpmn.world import seconds
from engine.errors import Forbidden, NotFound
from engine.queries.access import Asker, visible
from engine.records import cases, journal

# So many of the newest cases are read, and so many times and different answers of an element are kept.
CASES, TIMES, ANSWERS = 300, 1_000, 50
SYSTEM = "system"  # the command line


@dataclass(frozen=True, slots=True)
class History:
    """What was found, and the parameters of a simulation that repeat it."""

    process_id: str
    cases: int
    tasks: int
    withdrawn: int
    erased: int  # journal entries without a payload
    parameters: dict[str, Any]


@dataclass(slots=True)
class _Step:
    hours: list[float] = field(default_factory=list)
    first: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)


def durations(tx: Asker, person: str, process_id: str, limit: int = CASES) -> History:
    """How long the steps of a process took, and what came of them. Raises Forbidden("role") for who is neither analyst
    nor secretariat, and NotFound when there is no case of the process to learn from."""
    c, j = cases.c, journal.c
    wanted = sa.and_(c.tenant_id == tx.tenant, c.process_id == process_id)
    if person != SYSTEM:
        actor = tx.actor(person)
        if not actor.models and "van_phong_tong_hop" not in actor.roles:
            raise Forbidden("role", "Expected an analyst or the secretariat.")
        wanted = sa.and_(wanted, visible(actor))
    newest = tx.conn.execute(
        sa.select(c.id, c.started_at).where(wanted).order_by(c.started_at.desc(), c.id).limit(limit)
    ).all()
    if not newest:
        raise NotFound("case", f"Expected a case of the process {process_id} to learn from, found none.")
    reader = Reader(WorkingTime(tx.environment_facts.calendar, seconds(newest[-1].started_at)))
    for case in reversed(newest):
        entries = tx.conn.execute(
            sa.select(j.at, j.payload).where(j.tenant_id == tx.tenant, j.case_id == case.id).order_by(j.seq)
        )
        reader.read(entries)
    about = f"{len(newest)} cases of {process_id}, {reader.tasks} tasks, as of {clock.iso(tx.now)}"
    parameters = {
        "about": about,
        "start": clock.iso(newest[0].started_at),
        "variables": reader.variables,
        "elements": reader.elements(),
    }
    return History(process_id, len(newest), reader.tasks, reader.withdrawn, reader.erased, parameters)


class Reader:
    """Goes through the journals, case by case, the oldest first."""

    def __init__(self, work: WorkingTime) -> None:
        self.work = work
        self.steps: dict[str, _Step] = {}
        self.variables: dict[str, Any] = {}  # those that the newest case started with
        self.tasks = self.withdrawn = self.erased = 0

    def read(self, entries: Iterable[Any]) -> None:
        open_: dict[str, tuple[str, datetime, int]] = {}  # task → element, since when, which visit
        visits: dict[str, set[str]] = {}
        for at, payload in entries:
            if payload is None:
                self.erased += 1
                continue
            told = json.loads(payload)
            given = told.get("stimulus") or {}
            events = told.get("events") or ()
            if given.get("do") == "start":
                self.variables = given.get("vars") or {}
            ended = any(event["e"] == "instance.ended" for event in events)
            for event in events:
                match event["e"]:
                    case "task.opened":
                        seen = visits.setdefault(event["el"], set())
                        seen.add(event.get("host") or event["task"])
                        open_[event["task"]] = (event["el"], at, len(seen))
                    case "task.completed" if event["task"] in open_:
                        answer = given.get("vars") if given.get("task") == event["task"] else {}
                        self._done(*open_.pop(event["task"]), at, answer or {})
                    case "task.cancelled" if event["task"] in open_:
                        self._gone(*open_.pop(event["task"]), ended=ended)
                    case "shards.dropped":
                        prefix = f"{event['host']}."
                        for task in [t for t in open_ if t.startswith(prefix)]:
                            self._gone(*open_.pop(task), ended=ended)

    def _done(self, element: str, since: datetime, visit: int, at: datetime, answer: dict[str, Any]) -> None:
        step = self.steps.setdefault(element, _Step())
        step.hours.append(round(self.work.between(seconds(since), seconds(at)) / 3600, 3))
        option = {"variables": answer} if answer else {}
        (step.first if visit == 1 else step.again)[json.dumps(option, sort_keys=True, ensure_ascii=False)] += 1
        self.tasks += 1

    def _gone(self, element: str, since: datetime, visit: int, *, ended: bool) -> None:
        if not ended:
            step = self.steps.setdefault(element, _Step())
            (step.first if visit == 1 else step.again)['{"never": true}'] += 1
            self.withdrawn += 1

    def elements(self) -> dict[str, Any]:
        """The steps as a simulation takes them."""
        found: dict[str, Any] = {}
        for name, step in sorted(self.steps.items()):
            one: dict[str, Any] = {}
            if step.hours:
                one["duration"] = {"sample": step.hours[-TIMES:]}
            one["outcomes"] = _options(step.first or step.again)
            if step.again:
                one["again"] = {"outcomes": _options(step.again)}
            found[name] = one
        return found


def _options(seen: Counter[str]) -> list[dict[str, Any]]:
    """The answers with how often each was given, as weights; the most frequent ones."""
    common = sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:ANSWERS]
    return [{"weight": number, **json.loads(text)} for text, number in common]
