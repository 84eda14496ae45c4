"""The journal as evidence: a change in it or in what it leads to is found; replaying gives the same bytes."""

import json
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import journal as journals
from engine.commands import operations
from engine.records import cases, journal, process_versions, resources, seals, shards
from webui import demo

At = Callable[..., offices.Office]
MOMENT = datetime(2022, 2, 14, 2, 0, tzinfo=UTC)


@pytest.fixture
def office(office_at: At) -> offices.Office:
    """T1 while the council is asked: entries of every kind, a call, shards, one opinion given."""
    found = office_at("hoi_dong_gop_y")
    found.does("hd.khcn.1", "hoi_dong_gop_y", demo.AGREES)
    assert found.faults() == []
    return found


def tamper(office: offices.Office, statement: Any) -> None:
    with office.engine.statements().begin() as connection:
        changed = connection.execute(statement)
        assert statement.is_insert or changed.rowcount == 1


def entries(office: offices.Office) -> list[Any]:
    return office.read(sa.select(journal).where(journal.c.case_id == office.case_id).order_by(journal.c.seq))


def entry(office: offices.Office, seq: int) -> Any:
    return sa.and_(journal.c.case_id == office.case_id, journal.c.seq == seq)


def other(text: str, at: int) -> str:
    """The text with one character changed."""
    return text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1 :]


# --- the chain ----------------------------------------------------------------------------------------------------


def test_a_changed_byte_in_any_payload_is_found_and_its_entry_named(office: offices.Office) -> None:
    chance = random.Random(20220128)
    rows = entries(office)
    assert len(rows) > 20
    for row in rows:
        changed = other(row.payload, chance.randrange(len(row.payload)))
        tamper(office, sa.update(journal).where(entry(office, row.seq)).values(payload=changed))
        assert office.faults() == [f"entry {row.seq}: the payload is not what was written"]
        tamper(office, sa.update(journal).where(entry(office, row.seq)).values(payload=row.payload))
    assert office.faults() == []


@pytest.mark.parametrize(
    ("column", "value"),
    [("actor", "cv.qlkh.2"), ("kind", "task.claimed"), ("at", MOMENT), ("digest", "0" * 64), ("hash", "1" * 64)],
)
def test_a_changed_fact_of_an_entry_is_found(office: offices.Office, column: str, value: Any) -> None:
    tamper(office, sa.update(journal).where(entry(office, 7)).values({column: value}))
    assert "entry 7: its facts are not what was written" in office.faults()


def test_a_changed_link_of_an_entry_is_found(office: offices.Office) -> None:
    tamper(office, sa.update(journal).where(entry(office, 7)).values(prev="2" * 64))
    assert "entry 7 does not follow the one before it" in office.faults()


@pytest.mark.parametrize("seq", [1, 9])
def test_a_deleted_entry_is_found(office: offices.Office, seq: int) -> None:
    tamper(office, sa.delete(journal).where(entry(office, seq)))
    found = office.faults()
    assert found[0] == f"entry {seq} is missing (found {seq + 1})"
    assert f"entry {seq + 1} does not follow the one before it" in found


def test_a_deleted_last_entry_is_found(office: offices.Office) -> None:
    last = entries(office)[-1].seq
    tamper(office, sa.delete(journal).where(entry(office, last)))
    chain, sealed = office.faults()
    assert chain == f"the chain ends at entry {last - 1}, the case says {last}"
    assert sealed.startswith(f"entry {last} of case")


def test_two_entries_that_changed_places_are_found(office: offices.Office) -> None:
    for old, new in ((5, 1000), (6, 5), (1000, 6)):
        tamper(office, sa.update(journal).where(entry(office, old)).values(seq=new))
    assert "entry 5: its facts are not what was written" in office.faults()


def test_an_entry_that_somebody_added_is_found(office: offices.Office) -> None:
    head = office.read(sa.select(cases.c.head_seq, cases.c.head_hash).where(cases.c.id == office.case_id))[0]
    with office.engine.statements().begin() as connection:
        old = journals.Head(head.head_seq, head.head_hash)
        _, new = journals.follow(1, office.case_id, old, MOMENT, "gd.so", "task.completed", {})
        connection.execute(journals.INSERT, new)
    assert office.faults() == [f"the chain ends at entry {head.head_seq + 1}, the case says {head.head_seq}"]


def test_a_chain_written_anew_from_a_changed_entry_on_leads_to_another_state(office: offices.Office) -> None:
    """Somebody who can recompute every hash still has to explain the state: the stimulus was another."""
    rows = entries(office)
    head = journals.Head(0, journals.GENESIS)
    with office.engine.statements().begin() as connection:
        connection.execute(sa.delete(journal))
        for row in rows:
            payload = json.loads(row.payload.replace("cv.qlkh.1", "cv.qlkh.2"))
            head, new = journals.follow(1, office.case_id, head, row.at, row.actor, row.kind, payload)
            connection.execute(journals.INSERT, new)
        connection.execute(sa.update(cases).values(head_seq=head.seq, head_hash=head.hash))
    state, answers, sealed = office.faults()
    assert "is not the one sealed on" in sealed
    assert state == "the stored state is not what the journal leads to"
    assert "does not say what was answered" in answers


def test_a_chain_written_anew_without_an_entry_cannot_be_replayed_and_says_where(office: offices.Office) -> None:
    rows = [row for row in entries(office) if row.seq != 3]
    head = journals.Head(0, journals.GENESIS)
    with office.engine.statements().begin() as connection:
        connection.execute(sa.delete(journal))
        for row in rows:
            payload = json.loads(row.payload)
            head, new = journals.follow(1, office.case_id, head, row.at, row.actor, row.kind, payload)
            connection.execute(journals.INSERT, new)
        connection.execute(sa.update(cases).values(head_seq=head.seq, head_hash=head.hash))
    assert any("cannot be replayed" in fault for fault in office.faults())


# --- what it leads to ---------------------------------------------------------------------------------------------


def test_a_changed_state_is_found(office: offices.Office) -> None:
    state = office.state().replace('"drafter":"cv.qlkh.1"', '"drafter":"cv.qlkh.3"')
    assert state != office.state()
    tamper(office, sa.update(cases).values(state=state))
    assert "the stored state is not what the journal leads to" in office.faults()


def test_a_space_in_the_state_is_found(office: offices.Office) -> None:
    tamper(office, sa.update(cases).values(state=office.state() + " "))
    assert "the stored state is not what the journal leads to" in office.faults()


def test_a_changed_a_deleted_and_an_added_shard_are_found(office: offices.Office) -> None:
    assert len(office.shards()) == 6
    name, text = sorted(office.shards().items())[2]
    here = sa.and_(shards.c.case_id == office.case_id, shards.c.id == name)
    lost = "the stored shards are not what the journal leads to"
    tamper(office, sa.update(shards).where(here).values(state=text.replace("hd.khcn.", "hd.khcn.9")))
    assert office.faults() == [lost]
    tamper(office, sa.delete(shards).where(here))
    assert office.faults() == [lost]
    row = {"tenant_id": 1, "case_id": office.case_id, "state": text}
    tamper(office, sa.insert(shards).values(**row, id=name))
    assert office.faults() == []
    tamper(office, sa.insert(shards).values(**row, id=f"{name}9"))
    assert office.faults() == [lost]


def test_replaying_gives_state_and_shards_byte_for_byte_at_every_stop(office_at: At) -> None:
    for stop in offices.STOPS[1:]:
        office = office_at(stop)
        state, parts = office.engine.read(operations.replay, entries(office))
        assert state == office.state()
        assert parts == office.shards()


def test_replaying_does_not_look_at_the_clock_of_now(office: offices.Office) -> None:
    then = entries(office)
    before = office.engine.read(operations.replay, then)
    office.at("2022-09-01")
    assert office.engine.read(operations.replay, then) == before
    assert office.faults() == []


# --- erasing ------------------------------------------------------------------------------------------------------


def test_an_erased_payload_leaves_the_chain_whole_and_the_replay_says_so(office: offices.Office) -> None:
    tamper(office, sa.update(journal).where(entry(office, 9)).values(payload=None))
    head = office.read(sa.select(cases.c.head_seq, cases.c.head_hash).where(cases.c.id == office.case_id))[0]
    assert journals.faults(office.case_id, journals.Head(*head), entries(office)) == []
    assert office.faults() == ["Expected the payload of entry 9, but it was erased."]
    # The case's page still shows who did what and when.
    assert [row.seq for row in office.case().journal][-9] == 9
    assert office.engine.queries.diagram("cv.tonghop.1", office.case_id).startswith("<svg")


def test_an_erased_payload_does_not_hide_a_change_elsewhere(office: offices.Office) -> None:
    tamper(office, sa.update(journal).where(entry(office, 9)).values(payload=None))
    tamper(office, sa.update(journal).where(entry(office, 4)).values(actor="cv.qlkh.2"))
    assert office.faults() == ["entry 4: its facts are not what was written"]


# --- seals --------------------------------------------------------------------------------------------------------


def test_the_heads_are_sealed_once_a_day_each_seal_chained_to_the_last(office: offices.Office) -> None:
    def found() -> list[Any]:
        return office.read(sa.select(seals).order_by(seals.c.day))

    assert [row.day.isoformat() for row in found()] == ["2022-01-28", "2022-02-14"]
    assert office.engine.write(operations.seal) is False
    office.at("2022-02-15")
    assert office.engine.write(operations.seal) is True
    old, new = found()[-2:]
    assert (new.prev, new.day.isoformat(), new.cases) == (old.hash, "2022-02-15", 1)
    head = office.read(sa.select(cases.c.id, cases.c.head_seq, cases.c.head_hash))[0]
    assert new.digest == journals.digest(f'{{"{head.id}":[{head.head_seq},"{head.head_hash}"]}}')


def test_a_chain_written_anew_from_end_to_end_is_found_by_the_seals(office: offices.Office) -> None:
    assert office.faults() == []
    rows, prev = entries(office), journals.GENESIS
    for row in rows:
        actor = "cvp.so" if row.seq == 1 else row.actor
        made = journals.link(prev, row.case_id, row.seq, row.at, actor, row.kind, row.digest)
        tamper(office, sa.update(journal).where(entry(office, row.seq)).values(actor=actor, prev=prev, hash=made))
        prev = made
    tamper(office, sa.update(cases).values(head_hash=prev))
    found = office.engine.operations.verify()
    assert [finding["code"] for finding in found if finding["faults"]] == ["seals"]
    assert "is not the one sealed on" in found[-1]["faults"][0]


def test_a_seal_written_anew_is_found(office: offices.Office) -> None:
    last = office.read(sa.select(seals).order_by(seals.c.day))[-1]
    tamper(office, sa.update(seals).where(seals.c.day == last.day).values(heads="{}"))
    faults = office.engine.operations.verify()[-1]["faults"]
    assert faults == [f"the seal of {last.day.isoformat()} is not what was written"]


def test_every_command_writes_an_entry_and_names_who_did_it(office_at: At) -> None:
    office = office_at("phan_cong")
    office.until("duyet_du_thao")
    # What is due on the day it was given is told to the head at once (DMN-07).
    told = [(row.kind, row.actor) for row in entries(office) if row.kind != "task.escalated"]
    assert told == [
        ("case.started", "cv.tonghop.1"),
        ("task.completed", "tp.qlkh"),
        ("task.completed", "cv.qlkh.1"),
        ("task.completed", "cv.qlkh.1"),
        ("task.completed", "cv.qlkh.1"),
        ("task.completed", "tp.qlkh"),
        ("document.added", "cv.qlkh.1"),
        ("task.completed", "cv.qlkh.1"),
    ]


# --- what the journal refers to -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["bpmn", "dmn", "calendar"])
def test_a_model_table_or_calendar_that_was_changed_in_the_store_is_found(office: offices.Office, kind: str) -> None:
    """Entries name what they ran under by its hash; other bytes under that hash would replay another story."""
    with office.engine.statements().begin() as connection:
        for row in connection.execute(sa.select(resources).where(resources.c.kind == kind)).all():
            here = sa.update(resources).where(resources.c.hash == row.hash)
            connection.execute(here.values(content=row.content.replace(b"2022", b"2021").replace(b"ubnd", b"ubnx")))
    fresh = offices.open_engine(office.engine.settings.database_url)
    (finding,) = [f for f in fresh.operations.verify() if f["code"].startswith("HS-")]
    assert "changed in the store" in finding["faults"][0]
    fresh.close()


def test_a_version_that_was_given_another_form_is_found(office: offices.Office) -> None:
    with office.engine.statements().begin() as connection:
        for row in connection.execute(sa.select(process_versions)).all():
            files = {**row.files, "forms": dict.fromkeys(row.files["forms"], "0" * 64)}
            here = sa.and_(process_versions.c.process_id == row.process_id, process_versions.c.version == row.version)
            connection.execute(sa.update(process_versions).where(here).values(files=files))
    fresh = offices.open_engine(office.engine.settings.database_url)
    (finding,) = [f for f in fresh.operations.verify() if f["code"].startswith("HS-")]
    assert "changed in the store" in finding["faults"][0]
    fresh.close()


def test_checking_while_people_work_finds_nothing(office: offices.Office) -> None:
    """Between two statements of the check somebody completes a task; the check sees all of it or nothing."""
    view = office.task("hd.khcn.2", "hoi_dong_gop_y")
    moment: list[threading.Thread] = []

    def works() -> None:
        office.engine.cases.complete(view.id, "hd.khcn.2", demo.AGREES, view.version)

    def before(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "FROM journal" in statement and not moment:
            moment.append(threading.Thread(target=works))
            moment[0].start()
            moment[0].join(30)

    sa.event.listen(office.engine.statements(), "before_cursor_execute", before)
    found = office.faults()
    sa.event.remove(office.engine.statements(), "before_cursor_execute", before)
    assert moment
    assert found == []
    assert office.history("hoi_dong_gop_y") == [("completed", "dong_y", 1)] * 2
    assert office.faults() == []
