"""What the installation does by itself: timers, jobs, the business clock, checking of journals, demo data."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import (
    bpmn,
    clock,
    consultations,
    deadlines,
    documents,
    gates,
    identity,
    jobs,
    journal,
    notices,
    numbering,
    org,
    queries,
    tasks,
)
from engine.commands import models, people, plans
from engine.commands import stimulus as stimuli
from engine.commands.advance import advance, locked_case
from engine.commands.models import SYSTEM
from engine.commands.transaction import Tx
from engine.errors import Conflict, Forbidden, Invalid, NotFound, Reason
from engine.queries import papers as writing
from engine.records import (
    cases,
    document_versions,
    incidents,
    meta,
    opinion_remarks,
    opinions,
    seals,
    shards,
    units,
    waivers,
)
from engine.records import documents as document_rows
from engine.records import journal as journal_rows
from engine.records import tasks as task_rows


def due_timers(tx: Tx, limit: int) -> list[Any]:
    """Armed timers that are due in business time."""
    return jobs.due_timers(tx.conn, tx.tenant, tx.now, limit)


def due_jobs(tx: Tx, limit: int) -> list[Any]:
    """Queued jobs whose time has come in system time."""
    return jobs.due_jobs(tx.conn, tx.tenant, tx.system_now, limit)


def fire_timer(tx: Tx, timer: Any) -> bool:
    """Fire one due timer; False when somebody else did already."""
    case = locked_case(tx, timer.case_id, SYSTEM)
    if not jobs.claim_timer(tx.conn, tx.tenant, timer.case_id, timer.token, timer.due_at):
        return False
    if case.status != "running":
        return True
    given = {"do": "fire", "timer": timer.token, "shard": timer.shard}
    try:
        advance(tx, case, given, actor=SYSTEM, kind="timer.fired", facts={"element": timer.element})
    except Conflict as gone:
        # The case no longer waits for it; the row was left behind and is now spent.
        if gone.code != "already_completed":
            raise
    return True


def do_job(tx: Tx, job: Any) -> bool:
    """Do one job and complete it in the process; False when somebody else did already.

    Raises NotFound when no handler is registered for its kind.
    """
    case = locked_case(tx, job.case_id, SYSTEM)
    if not jobs.finish(tx.conn, tx.tenant, job):
        return False
    if case.status != "running":
        return True
    handler = jobs.HANDLERS.get(job.kind)
    if handler is None:
        raise NotFound("job_kind", f"Expected a handler for jobs of kind {job.kind}, there is none.")
    result = handler(tx, job, case)
    given = {"do": "complete", "task": job.token, "shard": job.shard, "vars": result}
    advance(tx, case, given, actor=SYSTEM, kind="job.completed", facts={"element": job.element, "job": job.kind})
    return True


def fail_job(tx: Tx, job: Any, error: str) -> None:
    """Note a failed attempt; after the last one the case has an incident that an operator retries."""
    case = locked_case(tx, job.case_id, SYSTEM)
    if not jobs.fail(tx.conn, tx.tenant, job, error, tx.system_now) or case.status != "running":
        return
    given = {"do": "incident", "task": job.token, "shard": job.shard, "code": "job_failed", "message": error[:500]}
    try:
        advance(tx, case, given, actor=SYSTEM, kind="incident.raised", facts={"element": job.element, "job": job.kind})
    except Conflict as gone:
        # The case no longer waits for the job, so there is nobody to tell; the row is spent.
        if gone.code != "already_completed":
            raise


def retry(tx: Tx, actor: str, incident_id: str) -> None:
    """Try again what an incident stopped. Raises NotFound, Forbidden("role"), Conflict("resolved")."""
    i = incidents.c
    row = tx.conn.execute(sa.select(incidents).where(i.tenant_id == tx.tenant, i.id == incident_id)).first()
    if row is None:
        raise NotFound("incident", f"Expected an incident with id {incident_id}, found none.")
    case = locked_case(tx, row.case_id, actor)
    if actor != SYSTEM and not org.actor_of(actor, case).repairs:
        raise Forbidden("role", f"Expected {actor} to be an administrator.")
    if row.resolved_at is not None:
        raise Conflict("resolved", "Expected an open incident, but it is resolved already.")
    # A job that was given up stays as it ended: the kernel wants it done anew, with attempts of its own.
    given = {"do": "retry", "token": row.token, "shard": row.shard}
    advance(tx, case, given, actor=actor, kind="incident.resolved", facts={"element": row.element})


def move_clock(tx: Tx, until: datetime) -> None:
    """Move business time forward to an instant; the move is the offset of the store from then on.

    Raises Invalid("until") when the instant lies before now: timers that fired cannot be taken back.
    """
    if until < tx.now:
        raise Invalid({"until": [Reason("in_the_past", f"expected an instant after {clock.iso(tx.now)}")]})
    offset = (until - tx.system_now).total_seconds()
    tx.conn.execute(sa.update(meta).where(meta.c.tenant_id == tx.tenant).values(clock_offset=offset))


def seal(tx: Tx) -> bool:
    """Gather the heads of all cases into the day's seal, chained to the one before; False when today has one.

    A rewrite of a whole chain keeps the chain right but not the seal; seals are small enough to be kept elsewhere.
    """
    s, c = seals.c, cases.c
    # Not `tx.today`: the first tick of a process has not read the business clock yet.
    today = clock.local_date(tx.now)
    last = tx.conn.execute(
        sa.select(s.day, s.hash).where(s.tenant_id == tx.tenant).order_by(s.day.desc()).limit(1)
    ).first()
    if last is not None and last.day >= today:
        return False
    heads = tx.conn.execute(
        sa.select(c.id, c.head_seq, c.head_hash).where(c.tenant_id == tx.tenant).order_by(c.id)
    ).all()
    text = journal.canonical({h.id: [h.head_seq, h.head_hash] for h in heads})
    digest = journal.digest(text)
    prev = last.hash if last else journal.GENESIS
    row = {"tenant_id": tx.tenant, "day": today, "cases": len(heads), "heads": text, "digest": digest, "prev": prev}
    tx.conn.execute(sa.insert(seals), {**row, "hash": _seal_hash(prev, today, len(heads), digest)})
    return True


# Heads looked up in one statement: databases limit how many values one may carry.
SEALED_AT_ONCE = 500


def _seal_hash(prev: str, day: date, count: int, digest: str) -> str:
    return journal.digest("\n".join((prev, day.isoformat(), str(count), digest)))


def seal_faults(tx: Tx) -> list[str]:
    """What is wrong with the daily seals: a sentence each. A seal must follow the one before it, and every head that
    it holds must still stand in its case's journal: a case whose whole chain was written anew is found here."""
    faults: list[str] = []
    prev = journal.GENESIS
    s, j = seals.c, journal_rows.c
    for row in tx.conn.execute(sa.select(seals).where(s.tenant_id == tx.tenant).order_by(s.day)):
        written = row.prev == prev and row.digest == journal.digest(row.heads)
        if not written or row.hash != _seal_hash(row.prev, row.day, row.cases, row.digest):
            faults.append(f"the seal of {row.day.isoformat()} is not what was written")
        prev = row.hash
        heads: dict[str, list[Any]] = json.loads(row.heads)
        wanted = [(case_id, head[0]) for case_id, head in heads.items()]
        kept = {}
        for start in range(0, len(wanted), SEALED_AT_ONCE):
            some = sa.tuple_(j.case_id, j.seq).in_(wanted[start : start + SEALED_AT_ONCE])
            statement = sa.select(j.case_id, j.seq, j.hash).where(j.tenant_id == tx.tenant, some)
            kept.update({(entry.case_id, entry.seq): entry.hash for entry in tx.conn.execute(statement)})
        for case_id, (seq, hash_) in heads.items():
            if kept.get((case_id, seq)) != hash_:
                faults.append(f"entry {seq} of case {case_id} is not the one sealed on {row.day.isoformat()}")
    return faults


def case_ids(tx: Tx, case_id: str | None = None) -> list[str]:
    """The ids of all cases, or of the one named (by id or code). Raises NotFound."""
    found = sa.select(cases.c.id).where(cases.c.tenant_id == tx.tenant).order_by(cases.c.id)
    if case_id is not None:
        found = found.where(sa.or_(cases.c.id == case_id, cases.c.code == case_id))
    ids = list(tx.conn.execute(found).scalars())
    if case_id is not None and not ids:
        raise NotFound("case", f"Expected a case {case_id}, found none.")
    return ids


def verify_case(tx: Tx, case_id: str) -> dict[str, Any]:
    """Check one case: its journal's chain, that replaying the journal gives the stored state byte for byte, and that
    answers, opinions and documents are what was written down when they were given."""
    case = tx.conn.execute(sa.select(cases).where(cases.c.tenant_id == tx.tenant, cases.c.id == case_id)).one()
    j = journal_rows.c
    entries = tx.conn.execute(
        sa.select(journal_rows).where(j.tenant_id == tx.tenant, j.case_id == case_id).order_by(j.seq)
    ).all()
    faults = journal.faults(case_id, journal.Head(case.head_seq, case.head_hash), entries)
    if not faults:
        faults = _replay_faults(tx, case, entries) + _row_faults(tx, case_id, entries)
    return {"case": case_id, "code": case.code, "entries": len(entries), "faults": faults}


def replay(tx: Tx, entries: Sequence[Any]) -> tuple[str, dict[str, str]]:
    """The kernel's state and shards after the stimuli of journal entries. Raises NotFound for an erased payload."""
    state = ""
    parts: dict[str, str] = {}
    for entry in entries:
        if entry.payload is None:
            raise NotFound("payload", f"Expected the payload of entry {entry.seq}, but it was erased.")
        payload = json.loads(entry.payload)
        given = payload.get("stimulus")
        if given is None:
            continue
        bundle = tx.models.bundle(tx.conn, tx.tenant, payload["definition"])
        env = tx.models.kernel_env(tx.conn, tx.tenant, payload["environment"])

        def load(ids: list[str] | None, host: str | None, parts: dict[str, str] = parts) -> dict[str, str]:
            if ids is not None:
                return {key: parts[key] for key in ids if key in parts}
            return {key: text for key, text in parts.items() if key.startswith(f"{host}.")}

        outcome, _ = stimuli.run(bundle.definition, env, state, load, given, entry.at)
        state = outcome.state
        for event in outcome.step.events:
            if event["e"] == "shards.dropped":
                parts = {k: v for k, v in parts.items() if not k.startswith(f"{event['host']}.")}
        for key, text in outcome.shards.items():
            if text is None:
                parts.pop(key, None)
            else:
                parts[key] = text
    return state, parts


def _replay_faults(tx: Tx, case: Any, entries: Sequence[Any]) -> list[str]:
    try:
        state, parts = replay(tx, entries)
    except NotFound as missing:
        return [missing.message]
    except Exception as error:  # the journal may be forged or damaged in any way: that is a finding
        return [f"the journal cannot be replayed: {type(error).__name__}: {error}"]
    stored = {
        row.id: row.state
        for row in tx.conn.execute(
            sa.select(shards.c.id, shards.c.state).where(shards.c.tenant_id == tx.tenant, shards.c.case_id == case.id)
        )
    }
    faults = []
    if state != case.state:
        faults.append("the stored state is not what the journal leads to")
    if parts != stored:
        faults.append("the stored shards are not what the journal leads to")
    return faults


def _row_faults(tx: Tx, case_id: str, entries: Sequence[Any]) -> list[str]:
    """Where the rows that people read do not say what the journal says. Erased payloads say nothing."""
    done = {row.id: row for row in _rows_of(tx, task_rows, case_id)}
    said = _Said(_rows_of(tx, opinions, case_id), _rows_of(tx, opinion_remarks, case_id))
    named = {row.id: row.artefact for row in _rows_of(tx, document_rows, case_id)}
    kept = {
        (named.get(row.document_id), row.number): (row.sha256, row.added_by)
        for row in _rows_of(tx, document_versions, case_id)
    }
    faults = []
    for entry in entries:
        facts = json.loads(entry.payload) if entry.payload is not None else {}
        if "answers" in facts:
            answers, task = facts["answers"], done.get(facts["task"])
            told = (answers, answers.get("outcome"), answers.get("reason"), entry.actor, facts.get("recorded"))
            if task is None or (task.answers, task.outcome, task.reason, task.ended_by, task.recorded) != told:
                faults.append(f"entry {entry.seq}: the task {facts['task']} does not say what was answered")
            elif not _decided_as(task, facts):
                faults.append(f"entry {entry.seq}: the task {facts['task']} does not say on what, or as whom")
        elif entry.kind in ("document.added", "document.revised") and facts:
            digest, by = kept.get((facts["artefact"], facts["number"]), (None, None))
            if (digest, by) != (facts["sha256"], entry.actor) or not documents.intact(tx.conn, tx.tenant, digest):
                faults.append(f"entry {entry.seq}: the document {facts['filename']} is not what was added")
        faults += said.faults(entry, facts)
    faults += said.responses()
    if all(entry.payload is not None for entry in entries):  # what was erased cannot be missed
        journalled = [(entry, json.loads(entry.payload)) for entry in entries]
        faults += said.unheard_of() + _waiver_faults(_rows_of(tx, waivers, case_id), journalled)
        faults += _case_faults(tx, case_id, journalled)
    return faults


def _decided_as(task: Any, facts: Mapping[str, Any]) -> bool:
    """Whether a task's row says which versions it decided on, in which capacity, and for whom, as its entry does."""
    same = (task.seen or None) == (facts.get("seen") or None) and (task.capacity or None) == facts.get("capacity")
    return same and task.on_behalf_of == facts.get("on_behalf_of")


def _waiver_faults(rows: Sequence[Any], told: Sequence[tuple[Any, Mapping[str, Any]]]) -> list[str]:
    """What was waived must be what was written last of each document."""
    written = {f["artefact"]: (f["reason"], e.actor) for e, f in told if e.kind == "document.waived"}
    if {row.artefact: (row.reason, row.by) for row in rows} == written:
        return []
    return ["what was waived is not what was written"]


def _case_faults(tx: Tx, case_id: str, told: Sequence[tuple[Any, Mapping[str, Any]]]) -> list[str]:
    """The months of a case must be those it was opened with, and changed to by its entries since; its drafter the one
    that its process knows."""
    names = ("planned_start", "planned_finish", "committed_finish", "latest_finish")
    months: dict[str, Any] = {}
    for entry, facts in told:
        if entry.kind == "case.started":
            months = {name: facts["stimulus"]["vars"].get(name) for name in names}
        elif entry.kind == "case.dates_changed":
            months |= facts["to"]
    row = tx.conn.execute(sa.select(cases).where(cases.c.tenant_id == tx.tenant, cases.c.id == case_id)).one()
    wrong = [name for name, month in months.items() if month is not None and row._mapping[name] != month]
    drafter = bpmn.variables(row.state).get("drafter") if row.status == "running" else None
    wrong += ["drafter"] if drafter and drafter != row.drafter else []
    return [f"the case's {name} is not what was written" for name in wrong]


class _Said:
    """Opinions and their remarks, to be held against the journal's entries in order."""

    def __init__(self, rows: Sequence[Any], remarks: Sequence[Any]) -> None:
        self.by_task = {row.task_id: row for row in rows if row.task_id is not None}
        self.by_id = {row.id: row for row in rows}
        self.remarks = {row.id: row for row in remarks}
        self.of: dict[str, list[tuple[str | None, str]]] = {}
        for row in sorted(remarks, key=lambda row: row.number):
            self.of.setdefault(row.opinion_id, []).append((row.clause, row.text))
        self.told: dict[str, tuple[int, str, str | None, str]] = {}
        # opinions that an entry says were given, and those that it says were taken off the round
        self.given: set[str] = set()
        self.withdrawn: set[str] = set()

    def faults(self, entry: Any, facts: Mapping[str, Any]) -> list[str]:
        """What an entry says of opinions that their rows do not."""
        right = True
        match entry.kind:
            case "opinion.given" if facts:
                row = self.by_task.get(facts["task"])
                self.given |= {row.id} if row is not None else set()
                right = row is None or (not row.late and self._is(row, facts["answers"], facts, entry.actor))
            case "opinion.late" if facts:
                row = self.by_id.get(facts["opinion"])
                self.given.add(facts["opinion"])
                right = row is not None and row.late == facts["late"] and row.silence is not None
                right = right and self._is(row, facts["given"], facts, entry.actor)
            case "opinion.withdrawn" if facts:
                row = self.by_id.get(facts["opinion"])
                self.withdrawn.add(facts["opinion"])
                right = row is not None and (row.withdrawn_reason, row.withdrawn_by) == (facts["reason"], entry.actor)
            case "recipients.added" if facts:
                added = {
                    row.participant
                    for row in self.by_id.values()
                    if (row.consultation_id, row.added_reason) == (facts["consultation"], facts["reason"])
                }
                right = set(facts["participants"]) <= added
            case "portal.remarks" if facts:
                for one in facts["remarks"]:
                    self.given.add(one["opinion"])
                    row = self.by_id.get(one["opinion"])
                    kept = self.of.get(one["opinion"])
                    right = right and row is not None and row.participant == one["who"]
                    right = right and kept == [(one["clause"], one["text"])]
            case "opinion.responded" if facts:
                text = facts["text"] or None
                self.told |= {r: (entry.seq, facts["response"], text, entry.actor) for r in facts["remarks"]}
        return [] if right else [f"entry {entry.seq}: the opinion is not what was given"]

    def _is(self, row: Any, answers: Mapping[str, Any], facts: Mapping[str, Any], actor: str) -> bool:
        remarks = [(remark.clause, remark.text) for remark in consultations.said(answers)]
        told = (answers.get("outcome"), facts.get("recorded"), actor, remarks)
        return (row.outcome, row.recorded, row.answered_by, self.of.get(row.id, [])) == told

    def unheard_of(self) -> list[str]:
        """What rows say of opinions that no entry knows: an answer, a remark, a withdrawal."""
        found = []
        for row in self.by_id.values():
            answered = row.answered_at is not None or bool(self.of.get(row.id))
            if (answered and row.id not in self.given) or (row.withdrawn_at and row.id not in self.withdrawn):
                found.append(f"the opinion {row.id} is in no entry of the journal")
        return found

    def responses(self) -> list[str]:
        """Which responses to remarks are not what was written last."""
        found = []
        for remark_id, (seq, *told) in self.told.items():
            row = self.remarks.get(remark_id)
            if row is None or [row.response, row.response_text, row.responded_by] != told:
                found.append(f"entry {seq}: the response to an opinion is not what was written")
        found += [
            "a response to an opinion is in no entry of the journal"
            for row in self.remarks.values()
            if row.response is not None and row.id not in self.told
        ]
        return list(dict.fromkeys(found))


def _rows_of(tx: Tx, table: sa.Table, case_id: str) -> Sequence[Any]:
    return tx.conn.execute(sa.select(table).where(table.c.tenant_id == tx.tenant, table.c.case_id == case_id)).all()


def load_demo(tx: Tx, folder: Path, starts: datetime, password: str) -> list[tuple[str, int]]:
    """Fill an empty store with the demo organisation, its accounts, the working calendar, the 2022 plan and all
    workflow folders; the business clock starts at `starts`. On a filled store it only deploys what is new.

    Returns (process id, version) of what was deployed. Raises DefinitionError.
    """
    demo = folder / "demo"
    known = tx.conn.execute(sa.select(meta.c.one).where(meta.c.tenant_id == tx.tenant)).first()
    if known is None:
        offset = (starts - tx.system_now).total_seconds()
        tx.conn.execute(sa.insert(meta), {"tenant_id": tx.tenant, "one": 1, "clock_offset": offset, "environment": ""})
    data = {name: json.loads((demo / f"{name}.json").read_text(encoding="utf-8")) for name in ORGANISATION}
    people.load_organisation(tx, {**data, "password": password})
    if known is None:
        deadlines.fill_calendar(tx.conn, tx.tenant, range(2021, 2028))
    models.refresh_calendar(tx)
    plans.load(tx, json.loads((demo / "plan-2022.json").read_text(encoding="utf-8")))
    folders = [p for p in sorted(folder.iterdir()) if p.is_dir() and (any(p.glob("*.bpmn")) or any(p.glob("*.dmn")))]
    return models.deploy(tx, SYSTEM, folders, states=SHIPPED_STATES)


ORGANISATION = ("organisation", "people", "lanes")
# The product's own processes are explored as far as any other by its tests; loading the demo need not do it again.
SHIPPED_STATES = 300


def _by_letter(tx: Tx, case: Any, silent: Mapping[str, list[str]], told: frozenset[str]) -> None:
    """Tell the drafter whom only a letter reaches: bodies in which nobody has an account. Once a day."""
    known = identity.with_accounts(tx.conn, tx.tenant, {person for persons in silent.values() for person in persons})
    reached = known | told
    without = [holder for holder, persons in silent.items() if reached.isdisjoint(persons)]
    names = [queries.participant_name(tx, holder) for holder in without]
    if not names or not case.drafter:
        return
    morning = deadlines.end_of_day(tx.today - deadlines.ONE_DAY)
    if notices.told_since(tx.conn, tx.tenant, [case.drafter], "remind_by_letter", case.case_id, morning):
        return
    params = {"title": case.title, "who": ", ".join(names), "count": len(names)}
    notices.tell(tx.conn, tx.tenant, [case.drafter], "remind_by_letter", params, tx.now, case.case_id)


@jobs.handler("trinhky:number")
def give_number(tx: Tx, job: Any, case: Any) -> dict[str, Any]:
    """Give the signed document its number and date (NĐ 30/2020/NĐ-CP): result variables `doc_number` and `doc_date`.

    The variable `number_pattern` ("{n}/CT-UBND"), without its number, names the register; in it {dv} is the drafting
    unit and {loai} the code of the variable `doc_kind`. What the calling step `signs`
    is issued as what it `produces`: the signed version, byte for byte, under a number; a letter that is issued as
    nothing else gets the number itself. A document that came with its number (a case opened mid-way) keeps it.
    """
    properties = _job_properties(tx, job, case)
    signed = gates.words(properties.get("signs"))
    issued = gates.words(properties.get("produces"))
    entered = documents.entered_number(tx.conn, tx.tenant, case.case_id, (*issued, *signed, "")[0])
    if entered is not None:
        return {"doc_number": entered.number, "doc_date": entered.dated.isoformat() if entered.dated else None}
    given = job.payload["variables"]
    kind = writing.KINDS.get(given.get("doc_kind") or "", ("", ""))[1]
    pattern = (given.get("number_pattern") or "{n}/VB").replace("{loai}-", f"{kind}-" if kind else "")
    symbol = numbering.take_number(
        tx.conn,
        tx.tenant,
        register=numbering.register_of(pattern),
        day=tx.today,
        pattern=pattern,
        asked_for=f"job:{job.id}",
        case_id=job.case_id,
        now=tx.now,
        unit=_drafting_unit(tx, case),
    )
    if signed and issued:
        title = gates.named(tx.environment_facts.artefacts, issued[0])
        documents.issue(tx.conn, tx.tenant, case.case_id, signed[0], issued[0], title, symbol, tx.today, tx.now)
    elif signed:
        documents.give_number(tx.conn, tx.tenant, case.case_id, signed[0], symbol, tx.today)
    return {"doc_number": symbol, "doc_date": tx.today.isoformat()}


def _drafting_unit(tx: Tx, case: Any) -> str:
    """The unit that drafts a case, as numbers of letters write it: QLKH."""
    u = units.c
    short = sa.select(u.short_name).where(u.tenant_id == tx.tenant, u.id == case.lead_unit)
    return writing.abbreviated(tx.conn.execute(short).scalar() or "").removeprefix("P.")


def _job_properties(tx: Tx, job: Any, case: Any) -> Mapping[str, str]:
    """The properties that count for a job: its element's if that `inherits` some, else the calling element's."""
    main = tx.models.bundle(tx.conn, tx.tenant, case.case_definition).definition
    caller = main.elements.get(job.call or "")
    process = job.payload.get("process")
    here = tx.models.bundle(tx.conn, tx.tenant, process).definition if process else main
    own = here.elements[job.element].properties
    if caller is None or "inherits" in own:
        return gates.effective(own, caller.properties if caller else None)
    return caller.properties


@jobs.handler("trinhky:publish")
def publish(tx: Tx, job: Any, case: Any) -> dict[str, Any]:
    """Tell those who watch the case that its document was issued."""
    return notify(tx, job, case)


@jobs.handler("trinhky:opinions")
def count_opinions(tx: Tx, job: Any, case: Any) -> dict[str, Any]:
    """What the latest round of the elements in header `element` came to: result variables `opinions`
    ([{"nguoi": who was asked, "ket_qua": outcome or null}], in the order of asking), `asked` and `answered`.

    The kernel cannot say: a round that its time closes leaves no outputs. Who was taken off the round is not counted.
    """
    elements = gates.words(job.payload["headers"].get("element"))
    o, t = opinions.c, task_rows.c
    mine = sa.and_(o.tenant_id == tx.tenant, o.case_id == case.case_id, t.element.in_(elements))
    joined = sa.and_(t.tenant_id == o.tenant_id, t.id == o.task_id)
    latest = (
        sa.select(o.consultation_id)
        .join(task_rows, joined)
        .where(mine, t.call.is_not_distinct_from(job.call))
        .order_by(o.asked_at.desc(), o.consultation_id.desc())
        .limit(1)
    )
    here = sa.and_(o.tenant_id == tx.tenant, o.consultation_id == latest.scalar_subquery(), o.withdrawn_at.is_(None))
    rows = tx.conn.execute(sa.select(o.participant, o.outcome, o.answered_at).where(here).order_by(o.sort)).all()
    return {
        "opinions": [{"nguoi": row.participant, "ket_qua": row.outcome} for row in rows],
        "asked": len(rows),
        "answered": sum(row.answered_at is not None for row in rows),
    }


@jobs.handler("trinhky:notify")
def notify(tx: Tx, job: Any, case: Any) -> dict[str, Any]:
    """Tell people something: those of the lanes in header `lanes`, and those who still hold tasks of the elements in
    header `open_tasks` (both space separated), of each task at most once a day. Header `template` is the notice's
    kind. Of tasks of a called process those of this call. Who has no account cannot be told here: the drafter is, that
    they are to be reminded by letter."""
    headers: Mapping[str, str] = job.payload["headers"]
    unit_lanes = tx.environment_facts.unit_lanes
    persons: list[str] = []
    for lane in (headers.get("lanes") or "").split():
        if lane == "drafter":
            persons += [case.drafter] if case.drafter else []
            continue
        key = f"{lane}@{case.lead_unit}" if lane in unit_lanes else lane
        persons += [row.id for row in org.holders(tx.conn, tx.tenant, key, tx.today)]
    kind = headers.get("template") or "notice"
    params = {"case": case.code, "title": case.title, "element": job.element}
    notices.tell(tx.conn, tx.tenant, persons, kind, params, tx.now, case.case_id)
    elements = (headers.get("open_tasks") or "").split()
    if elements:
        open_now = tasks.holding(tx.conn, tx.tenant, case.case_id, elements, job.call)
        _remind(tx, case, open_now, frozenset(persons), kind, params)
    return {}


def _remind(tx: Tx, case: Any, open_now: list[Any], told: frozenset[str], kind: str, params: Mapping[str, Any]) -> None:
    """Remind those who hold open tasks, each of a task once a day: two reminders of a short round may fall on one."""
    holders: dict[str, list[str]] = {}
    for task in open_now:
        found = org.holders(tx.conn, tx.tenant, task.holder, tx.today)
        holders[task.id] = [row.id for row in found if row.id not in told]
    _by_letter(tx, case, {task.holder: holders[task.id] for task in open_now if task.holder}, told)
    everybody = {person for persons in holders.values() for person in persons}
    morning = deadlines.end_of_day(tx.today - deadlines.ONE_DAY)
    before = notices.told_since(tx.conn, tx.tenant, everybody, kind, case.case_id, morning)
    for task_id, persons in holders.items():
        new = [person for person in persons if (person, task_id) not in before]
        notices.tell(tx.conn, tx.tenant, new, kind, params, tx.now, case.case_id, task_id)
