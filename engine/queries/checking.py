"""What a model is checked against: the forms, processes, decisions and people of the store, as lint wants to be told.

Gathering reads; the check itself needs no connection and may take seconds, so that whoever calls it (`engine.door`)
first gathers, then checks. Reports are kept by the content of model and surroundings: the page, the check before a
deployment and the deployment look at the same one. Few models are searched at once, since each takes a processor for
itself and the others of the office wait for the same ones.
"""

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import BoundedSemaphore, Lock

from engine import bpmn, definitions, lint, org
from engine.errors import Conflict, DefinitionError
from engine.lint import flows, names
from engine.lint.findings import finding
from engine.queries.access import Asker

# How many states of a process are looked at, and for how long while somebody waits for a page.
STATES = 5_000
SECONDS = 5.0
KEPT = 128
# How many models are searched at once, and how long others wait for their turn: a page, and a deployment.
AT_ONCE = 2
PATIENCE = 1.0
TURN = 20.0


@dataclass(frozen=True)
class Surroundings:
    """What a model of a process leans on now; `key` names it by content."""

    environment: str
    key: str
    # id → digest
    forms: Mapping[str, str]
    facts: lint.Facts


@dataclass(frozen=True)
class Checked:
    """A model with the report on it. `definition` is None when it could not even be opened."""

    definition: bpmn.Definition | None
    report: lint.Report

    @property
    def names(self) -> dict[str, str]:
        """What elements and flows are called, to tell of findings and runs."""
        return {} if self.definition is None else lint.names_of(self.definition)


class Reports:
    """The reports of the last models that this process has checked."""

    def __init__(self, at_once: int = AT_ONCE, turn: float = TURN) -> None:
        self._kept: OrderedDict[tuple[str, ...], Checked] = OrderedDict()
        self._lock = Lock()
        self._slots = BoundedSemaphore(at_once)
        self._turn = turn

    def check(self, process_id: str, xml: bytes, around: Surroundings, seconds: float | None = None) -> Checked:
        """The report on a model; what cannot be opened has the reasons as its findings. `seconds`: how long somebody
        may be kept waiting; the report then says how far it came. Raises Conflict("busy") when nobody set a time and
        its turn did not come."""
        key = (process_id, definitions.digest_of(xml), around.key)
        hasty = (*key, str(seconds))
        asked = (key,) if seconds is None else (key, hasty)
        if (known := self._known(*asked)) is not None:
            return known
        if not self._slots.acquire(timeout=self._turn if seconds is None else min(seconds, PATIENCE)):
            if seconds is None:
                raise Conflict("busy", "Expected a turn to check the model, but others were being checked; try again.")
            return _hurried(process_id, xml, around)
        try:
            # Who had the slot before may have looked at the same model.
            found = self._known(*asked) or _check(process_id, xml, around, STATES, seconds)
        finally:
            self._slots.release()
        whole = seconds is None or found.report.complete or found.report.states >= STATES
        with self._lock:
            self._kept[key if whole else hasty] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def _known(self, *keys: tuple[str, ...]) -> Checked | None:
        with self._lock:
            for key in keys:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
        return None


def _hurried(process_id: str, xml: bytes, around: Surroundings) -> Checked:
    """The report without the runs: there are others to be looked at. It says so, and is not kept."""
    found = _check(process_id, xml, around, 0, None)
    if found.definition is None:
        return found
    message = "Explored no states: other models were being checked; try again."
    told = finding("time_reached", None, message, states=0, seconds=0, case="busy")
    return replace(found, report=replace(found.report, findings=[*found.report.findings, told], complete=False))


def _check(process_id: str, xml: bytes, around: Surroundings, states: int, seconds: float | None) -> Checked:
    try:
        definition = bpmn.compile(xml, file=f"{process_id}.bpmn", strict=False)
    except DefinitionError as error:
        problems = [finding("model", p.element, p.message, code=p.code, **p.params) for p in error.problems]
        return Checked(None, lint.Report(problems, 0, False))
    report = lint.examine(definition, replace(around.facts, source=xml), states=states, seconds=seconds)
    if definition.process_id != process_id:
        message = f"Expected the process id {process_id!r}, found {definition.process_id!r}."
        wrong = finding("model", None, message, code="process_id", expected=process_id, found=definition.process_id)
        report = replace(report, findings=[wrong, *report.findings])
    return Checked(definition, report)


def surroundings(tx: Asker, process_id: str) -> Surroundings:
    """What a model of this process leans on now."""
    environment = tx.environment_facts
    found = environment.forms_for(process_id)
    holders = org.holder_counts(tx.conn, tx.tenant, tx.today)
    facts = lint.Facts(
        forms={form_id: tx.models.form(tx.conn, tx.tenant, digest) for form_id, digest in found.items()},
        processes=frozenset(environment.processes) | {process_id},
        decisions=frozenset(environment.decisions),
        holders=holders,
    )
    called = {
        caller: tx.models.bundle(tx.conn, tx.tenant, digest).definition
        for caller, digest in environment.processes.items()
        if caller != process_id
    }
    facts = replace(facts, given=given(called, facts))
    return Surroundings(environment.hash, f"{environment.hash} {json.dumps(holders, sort_keys=True)}", found, facts)


def given(models: Mapping[str, bpmn.Definition], facts: lint.Facts) -> dict[str, set[str]]:
    """The names that each called process is given by those that call it."""
    found: dict[str, set[str]] = {}
    for d in models.values():
        for e in d.elements.values():
            if e.call is None or not isinstance(e.call.process, str):
                continue
            passed = found.setdefault(e.call.process, set())
            passed |= {m.target.partition(".")[0] for m in e.inputs}
            if e.call.pass_parent:
                passed |= names.written([d.elements[n] for n in flows.inside(d, e.process)], facts) or set()
                passed |= {*facts.variables}
    return found
