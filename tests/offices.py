"""The department at work in tests: T1 on time as a list of acts, and an office opened at any of its stops.

Engines here have a system clock that stands still; business time moves only when the office lets it. What the office
itself can do is the demo's (`webui.demo.Office`); here it is also asked what it shows.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import kernel_models
import stores
from engine import Engine, EngineError, FixedClock, Invalid, Settings, bpmn
from engine.records import cases, focus_tasks, meta, metadata, notices, shards, start_timers, tasks
from webui import demo

# The machine's time in tests; business time is what the store's offset makes of it.
SYSTEM = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
SECRETARY, HEAD, DRAFTER, CLERK = "cv.tonghop.1", "tp.qlkh", demo.DRAFTER, "vt.so"
LEADER, DIRECTOR, VICE_CHAIR, PROVINCE = "pgd.so.1", "gd.so", "pct.ubnd", "cv.vpubnd"
REASON = "Cần làm rõ trách nhiệm của các cơ quan."


def settings(url: str, **values: Any) -> Settings:
    """The settings of a test's store: passwords hashed as cheaply as argon2 allows."""
    return Settings(database_url=url, argon2_time=1, argon2_memory_kib=64, **values)


def open_engine(url: str, system: datetime = SYSTEM, **values: Any) -> Engine:
    """An engine whose system clock stands still at `system`."""
    return Engine(settings(url, **values), FixedClock(system))


def wind(core: Engine, moment: datetime) -> None:
    """Set business time, also back: for stores that were made by the machine's clock."""
    offset = (moment - core.clock.system_now()).total_seconds()
    with core.statements().begin() as connection:
        connection.execute(sa.update(meta).values(clock_offset=offset))


class Office(demo.Office):
    """The demo's office, and what a test asks it."""

    def read(self, statement: Any) -> list[Any]:
        """Rows of the store, as they stand."""
        with self.engine.statements().connect() as connection:
            return list(connection.execute(statement))

    def waits(self) -> dict[str, list[str]]:
        """What the case waits for: element → who holds its open tasks (a person, or a candidate key)."""
        found = defaultdict(list)
        t = tasks.c
        holder = sa.func.coalesce(t.assignee, t.candidate).label("holder")
        open_tasks = sa.and_(t.case_id == self.case_id, t.state.in_(("ready", "claimed")))
        for row in self.read(sa.select(t.element, holder).where(open_tasks)):
            found[row.element].append(row.holder)
        return {element: sorted(holders) for element, holders in sorted(found.items())}

    def due(self, person: str, element: str) -> str:
        """A task's due state and day as its page says: "today 28/01"."""
        due = self.task(person, element).due
        return f"{due.state} {due.day:%d/%m}"

    def case(self, person: str = SECRETARY) -> Any:
        """The case's page."""
        return self.engine.queries.case(person, self.case_id)

    def state(self) -> str:
        """The kernel's main state of the case, as stored."""
        return str(self.read(sa.select(cases.c.state).where(cases.c.id == self.case_id))[0].state)

    def variables(self) -> dict[str, Any]:
        """The process's variables."""
        return dict(bpmn.variables(self.state()))

    def shards(self) -> dict[str, str]:
        """The stored shards of the case."""
        return {r.id: r.state for r in self.read(sa.select(shards).where(shards.c.case_id == self.case_id))}

    def milestones(self) -> dict[str, str]:
        """Milestone → its state and day: "done 28/01", "current 28/02", "coming"."""
        return {m.name: f"{m.state} {m.day:%d/%m}" if m.day else m.state for m in self.case().milestones}

    def told(self, person: str, kind: str) -> list[str]:
        """When somebody was given notices of a kind, in office time."""
        n = notices.c
        found = sa.select(n.created_at).where(n.person_id == person, n.kind == kind).order_by(n.created_at)
        return [f"{row.created_at + timedelta(hours=7):%d/%m %H:%M}" for row in self.read(found)]

    def everybody_told(self, kind: str) -> set[str]:
        """Who was given a notice of a kind."""
        return {row.person_id for row in self.read(sa.select(notices.c.person_id).where(notices.c.kind == kind))}

    def history(self, element: str) -> list[tuple[str, str | None, int]]:
        """The closed tasks of an element in order: (state, outcome, round)."""
        t = tasks.c
        closed = sa.and_(t.case_id == self.case_id, t.element == element, t.state.in_(("completed", "cancelled")))
        rows = self.read(sa.select(t.state, t.outcome, t.round).where(closed).order_by(t.created_at, t.id))
        return [(row.state, row.outcome, row.round) for row in rows]

    def acted(self) -> set[str]:
        """Who has completed a task of the case, or opened it."""
        t = tasks.c
        done = self.read(sa.select(t.ended_by).where(t.case_id == self.case_id, t.state == "completed"))
        opened = self.read(sa.select(cases.c.started_by).where(cases.c.id == self.case_id))
        return {row[0] for row in done + opened}

    def faults(self) -> list[str]:
        """What checking and replaying all journals finds."""
        return [fault for finding in self.engine.operations.verify() for fault in finding["faults"]]

    def until(self, stop: str, **instead: Callable[["Office"], Any]) -> "Office":
        """Go on as planned up to a stop (not done yet). `instead` replaces acts by their stop."""
        for when, name, act in self._left():
            if name == stop:
                return self
            self.at(when)
            instead.get(name, act)(self)
        raise AssertionError(f"expected {stop} among the stops to come")

    def hurry(self, stop: str) -> "Office":
        """Do what is planned up to a stop right now."""
        for _, name, act in self._left():
            if name == stop:
                return self
            act(self)
        raise AssertionError(f"expected {stop} among the stops to come")

    def finish(self, **instead: Callable[["Office"], Any]) -> "Office":
        """Go on as planned to the end."""
        for when, name, act in self._left():
            self.at(when)
            instead.get(name, act)(self)
        return self

    def _left(self) -> list["Act"]:
        now = self.engine.queries.chrome(SECRETARY).now + timedelta(hours=7)
        return [act for act in ON_TIME if datetime.fromisoformat(act[0]).replace(tzinfo=UTC) > now]


Act = tuple[str, str, Callable[[Office], Any]]


def handles(element: str, person: str = DRAFTER, remarks: bool = False, **answers: Any) -> Callable[[Office], Any]:
    """Somebody does a task with the demo's answers, changed by `answers`; with `remarks` answers all remarks before."""

    def act(office: Office) -> Any:
        if remarks:
            office.answers_remarks(person)
        return office.does(person, element, {**demo.ANSWERS[element], **answers})

    return act


def decides(person: str, element: str, outcome: str = "dong_y", reason: str = "") -> Callable[[Office], Any]:
    """Somebody decides a gate."""
    return lambda office: office.decides(person, element, outcome, reason)


def all_answer(element: str, people: Mapping[str, Mapping[str, Any]]) -> Callable[[Office], Any]:
    """Everybody who is named gives an opinion."""

    def act(office: Office) -> None:
        for person, opinion in people.items():
            office.does(person, element, opinion)

    return act


def _prepares(office: Office) -> None:
    for element in ("nghien_cuu", "thu_thap", "danh_gia"):
        office.does(DRAFTER, element, demo.ANSWERS[element])


ASKED = (*demo.UNITS.values(), "pgd.so.1", "pgd.so.2")
# T1 as the plan wants it, signed on the last day of the planned month.
ON_TIME: tuple[Act, ...] = (
    ("2022-01-28 08:30", "nhan_nhiem_vu", lambda office: office.opens(SECRETARY, "T1")),
    ("2022-01-28 09:00", "phan_cong", handles("phan_cong", HEAD)),
    ("2022-01-28 10:00", "chuan_bi", _prepares),
    ("2022-01-28 11:00", "chon_hinh_thuc", handles("chon_hinh_thuc", HEAD)),
    ("2022-01-28 14:00", "xay_dung_du_thao", handles("xay_dung_du_thao")),
    ("2022-01-28 15:00", "duyet_du_thao", decides(HEAD, "duyet_du_thao")),
    ("2022-01-28 16:00", "mo_dot_xin_y_kien", handles("mo_dot_xin_y_kien")),
    ("2022-02-08 09:00", "gop_y_noi_bo", all_answer("gop_y_noi_bo", dict.fromkeys(ASKED, demo.AGREES))),
    ("2022-02-10 09:00", "hoan_thien_du_thao_1", handles("hoan_thien_du_thao_1", remarks=True)),
    ("2022-02-11 09:00", "thong_qua_du_thao_1", decides(LEADER, "thong_qua_du_thao_1")),
    ("2022-02-14 09:00", "gui_hoi_dong", handles("gui_hoi_dong", CLERK)),
    ("2022-02-21 09:00", "hoi_dong_gop_y", all_answer("hoi_dong_gop_y", dict.fromkeys(demo.COUNCIL, demo.AGREES))),
    ("2022-02-25 09:00", "hoan_thien_du_thao_2", handles("hoan_thien_du_thao_2", remarks=True)),
    ("2022-03-01 09:00", "ky_trinh", decides(DIRECTOR, "ky_trinh")),
    ("2022-03-03 09:00", "chi_dao", decides(VICE_CHAIR, "chi_dao")),
    ("2022-03-07 09:00", "hoan_thien_ho_so", handles("hoan_thien_ho_so")),
    ("2022-03-09 09:00", "kiem_tra_ho_so", decides(PROVINCE, "kiem_tra_ho_so", "du")),
    ("2022-03-31 09:00", "ky", decides(VICE_CHAIR, "ky")),
    ("2022-03-31 14:00", "phat_hanh", handles("phat_hanh", CLERK, ngay_phat_hanh="2022-03-31")),
    ("2022-03-31 15:00", "dong_nhiem_vu", handles("dong_nhiem_vu", SECRETARY)),
)
# Where tests like to begin; each is kept as a prototype, so that a test does not play what came before.
STOPS = ("nhan_nhiem_vu", "phan_cong", "chuan_bi", "duyet_du_thao", "gop_y_noi_bo", "hoi_dong_gop_y", "chi_dao", "ky")


def office_at(all_stores: stores.Stores, kind: str, stop: str = "nhan_nhiem_vu", **values: Any) -> Office:
    """An office on a store of its own, where T1 has gone as planned up to a stop of `STOPS`. Close its engine."""
    with all_stores.lock(f"story.{kind}"):
        if not all_stores.has(kind, f"at_{STOPS[-1]}"):
            _play(all_stores, kind)
    core = open_engine(all_stores.fresh(kind, f"at_{stop}"), **values)
    office = Office(core)
    # The reports of each month open their cases by themselves.
    ids = office.read(sa.select(cases.c.id).where(cases.c.process_id == "chi_thi_khcn"))
    return replace(office, case_id=ids[0].id if ids else "")


def _play(all_stores: stores.Stores, kind: str) -> None:
    url = all_stores.fresh(kind, "demo")
    core = open_engine(url)
    wind(core, demo.STARTS)
    with core.statements().begin() as connection:
        connection.execute(sa.delete(start_timers))  # T1 alone: reports open cases of their own each month
    office = Office(core)
    for when, name, act in ON_TIME:
        if name in STOPS:
            core.close()
            all_stores.keep(url, f"at_{name}")
            if name == STOPS[-1]:
                break
        office.at(when)
        act(office)
    core.close()
    all_stores.drop(url)


def with_small_process(office: Office, folder: Path, body: str, around: str = "") -> Office:
    """Deploy a process given as a body for `kernel_models.xml`; from then on the focus tasks T2 to T4 run it."""
    (folder / "thu").mkdir()
    xml = kernel_models.xml(body, around=around, process='id="thu" name="Thử" isExecutable="true"')
    (folder / "thu" / "thu.bpmn").write_bytes(xml)
    office.engine.models.deploy("ptqt.so", folder / "thu")
    with office.engine.statements().begin() as connection:
        some = sa.update(focus_tasks).where(focus_tasks.c.code.in_(("T2", "T3", "T4")))
        connection.execute(some.values(process_id="thu"))
    return office


def dump(core: Engine, without: tuple[str, ...] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables: what a refused command must leave as it was. Bytes stand as their digest."""
    found = {}
    with core.statements().connect() as connection:
        for table in metadata.sorted_tables:
            if table.name not in without:
                rows = connection.execute(sa.select(table).order_by(*table.primary_key.columns))
                found[table.name] = [tuple(_plain(value) for value in row) for row in rows]
    return found


def _plain(value: Any) -> Any:
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value


@contextmanager
def refused(office: Office, kind: type[EngineError], code: str, without: tuple[str, ...] = ()) -> Iterator[Any]:
    """What is done inside must be refused with this error, and leave every row as it was.

    `without` names tables that may change: a wrong password is counted. The yielded object has the error as `.value`.
    """
    before = dump(office.engine, without)
    with pytest.raises(kind) as found:
        yield found
    assert found.value.code == code, f"refused with {found.value.code}: {found.value}"
    assert dump(office.engine, without) == before, "a refused command changed rows"


def problems(error: Invalid) -> dict[str, list[str]]:
    """The fields of a refusal with their codes."""
    return {field: [reason.code for reason in reasons] for field, reasons in error.fields.items()}
