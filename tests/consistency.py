"""Whether a store is whole: rows, kernel states and journals tell one story, and nothing in it is half done.

Every check compares two things that one transaction writes together; a transaction that was split shows in one of them.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from engine import Engine, bpmn
from engine.records import (
    cases,
    document_versions,
    documents,
    files,
    incidents,
    jobs,
    journal,
    metadata,
    numbers,
    opinions,
    shards,
    tasks,
    timers,
)

COMPLETIONS = ("task.completed", "task.entered", "gate.decided", "opinion.given")


def whole_after(office_at: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """For a fixture: gives `office_at`, and checks the stores of all offices that were opened when the test is done."""
    opened = []

    def at(*arguments: Any, **options: Any) -> Any:
        opened.append(office_at(*arguments, **options))
        return opened[-1]

    yield at
    for office in opened:
        found = faults(office.engine)
        assert found == [], f"the test left a store that is not whole: {found}"


def faults(core: Engine) -> list[str]:
    """Everything that does not fit together, as sentences; empty for a store that is whole."""
    found = [f"{f['code']}: {fault}" for f in core.operations.verify() for fault in f["faults"]]
    with core.statements().connect() as connection:
        rows = {table.name: list(connection.execute(sa.select(table))) for table in metadata.sorted_tables}
    for case in rows[cases.name]:
        of_case = {name: [r for r in found_rows if _belongs(r, case.id)] for name, found_rows in rows.items()}
        kinds = core.read(_kinds, {case.definition, *(task.definition for task in of_case[tasks.name])})
        checks = (_kernel(case, kinds, of_case), _history(case, of_case), _documents(of_case, rows))
        found += [f"{case.code}: {fault}" for check in checks for fault in check]
    found += list(_numbers(rows))
    return found


def _kinds(tx: Any, definitions: set[str]) -> dict[tuple[str, str], str]:
    """Definition and element → its type, in the case's process, those it has called so far and those it calls now."""
    digests = definitions | ({*tx.environment_facts.processes.values()} if tx.now else set())
    models = [tx.models.bundle(tx.conn, tx.tenant, digest).definition for digest in digests]
    return {(model.hash, element.id): element.type for model in models for element in model.elements.values()}


def _belongs(row: Any, case_id: str) -> bool:
    return getattr(row, "case_id", None) == case_id


def _same(what: str, stored: Any, expected: Any) -> Iterator[str]:
    if Counter(stored) != Counter(expected):
        extra = sorted((Counter(stored) - Counter(expected)).elements())
        lost = sorted((Counter(expected) - Counter(stored)).elements())
        yield f"{what}: rows too many {extra}, rows missing {lost}"


def _kernel(case: Any, kinds: dict[tuple[str, str], str], rows: dict[str, list[Any]]) -> Iterator[str]:
    """What the kernel waits for is what the rows wait for."""
    parts = {row.id: row.state for row in rows[shards.name]}
    armed = [timer.token for timer in rows[timers.name] if timer.state == "armed"]
    if case.status != "running":
        yield from _same("open tasks of an ended case", _open(rows), [])
        yield from _same("armed timers of an ended case", armed, [])
        yield from _same("shards of an ended case", parts, [])
        return
    people, work = [], []
    for token in bpmn.view(case.state, parts):
        kind = kinds[_process(token, case, parts), token["element"]] if token["kind"] == "token" else ""
        if kind == "userTask":
            people.append(token["token"])
        elif kind in ("serviceTask", "sendTask"):
            work.append(token["token"])
    yield from _same("open tasks", _open(rows), people)
    queued = [job.token for job in rows[jobs.name] if job.state == "queued"]
    stopped = {job.token for job in rows[jobs.name] if job.state == "failed"} if _stopped(rows) else set()
    yield from _same("jobs", [*queued, *stopped], work)
    waiting = [w["sub"] for w in bpmn.waiting(case.state, parts) if w["kind"] == "timer"]
    yield from _same("armed timers", armed, waiting)


def _process(token: dict[str, Any], case: Any, parts: dict[str, str]) -> str:
    """The definition that a token's element belongs to; a shard's is that of the host of its outermost part."""
    if "process" in token or not token["shard"]:
        return str(token.get("process") or case.definition)
    host = ".".join(token["shard"].split(".")[:-1])
    around = next(t for t in bpmn.view(case.state, parts) if t["token"] == host)
    return _process(around, case, parts)


def _open(rows: dict[str, list[Any]]) -> list[str]:
    return [task.token for task in rows[tasks.name] if task.state in ("ready", "claimed")]


def _stopped(rows: dict[str, list[Any]]) -> bool:
    return any(incident.resolved_at is None for incident in rows[incidents.name])


def _history(case: Any, rows: dict[str, list[Any]]) -> Iterator[str]:
    """Each finished task has its one entry, each answer its one opinion, and the other way round."""
    entries = [(row.kind, json.loads(row.payload)) for row in rows[journal.name] if row.payload]
    told = [payload["task"] for kind, payload in entries if kind in COMPLETIONS]
    done = [task.id for task in rows[tasks.name] if task.state == "completed"]
    yield from _same("finished tasks", done, told)
    late = {payload["opinion"] for kind, payload in entries if kind == "opinion.late"}  # after the task was withdrawn
    answered = [o.task_id for o in rows[opinions.name] if o.answered_at and o.id not in late]
    asked = [task.id for task in rows[tasks.name] if task.kind == "opinion" and task.state == "completed"]
    yield from _same("opinions", answered, asked)
    fired = [timer.token for timer in rows[timers.name] if timer.state == "fired"]
    stimuli = [payload.get("stimulus", {}) for _, payload in entries]
    yield from _same("fired timers", fired, [s["timer"] for s in stimuli if s.get("do") == "fire"])
    if len(rows[journal.name]) != case.head_seq:
        yield f"the journal has {len(rows[journal.name])} entries, the case says {case.head_seq}"


def _documents(rows: dict[str, list[Any]], everywhere: dict[str, list[Any]]) -> Iterator[str]:
    """Each version has its bytes and its entry; what is issued has its number."""
    stored = {file.sha256 for file in everywhere[files.name]}
    for version in rows[document_versions.name]:
        if version.sha256 not in stored:
            yield f"{version.filename}: the bytes are missing"
    entries = [json.loads(r.payload) for r in rows[journal.name] if r.kind == "document.added" and r.payload]
    named = {document.id: document.artefact for document in rows[documents.name]}
    attached = [(named[v.document_id], v.number, v.sha256) for v in rows[document_versions.name] if v.task_id]
    yield from _same("attached versions", attached, [(e["artefact"], e["number"], e["sha256"]) for e in entries])
    # What was entered as done before the case was opened came with the number that it had.
    entered = {json.loads(r.payload)["task"] for r in rows[journal.name] if r.kind == "task.entered" and r.payload}
    before = {v.document_id for v in rows[document_versions.name] if v.task_id in entered}
    issued = [d.number for d in rows[documents.name] if d.number and d.id not in before]
    given = [n for n in rows[numbers.name] if n.register != "ho_so" and not n.asked_for.startswith("entered:")]
    # A document that came back and was signed again has a new number; the one before stays in the register alone.
    latest = {n.register: max(m.number for m in given if m.register == n.register) for n in given}
    standing = [n.symbol for n in given if n.symbol in issued or n.number == latest[n.register]]
    yield from _same("issued documents", issued, standing)


def _numbers(rows: dict[str, list[Any]]) -> Iterator[str]:
    """Numbers run from one without a gap, each for one thing."""
    by_register: dict[tuple[str, int], list[int]] = {}
    for number in rows[numbers.name]:
        by_register.setdefault((number.register, number.year), []).append(number.number)
    # A number from before the book was kept begins its register: it goes on after that.
    told = {(n.register, n.year) for n in rows[numbers.name] if n.asked_for.startswith("entered:")}
    for (register, year), given in by_register.items():
        first = min(given) if (register, year) in told else 1
        if sorted(given) != list(range(first, first + len(given))):
            yield f"register {register} of {year} has the numbers {sorted(given)}"
    yield from _same(
        "cases", [n.case_id for n in rows[numbers.name] if n.register == "ho_so"], [c.id for c in rows[cases.name]]
    )
