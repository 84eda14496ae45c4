"""Offices at any act of a story of the demo year: what came before is played once per run and kept as a prototype."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

import consistency
import offices
import stores
from engine.records import cases, focus_tasks
from webui import demo

At = Callable[..., offices.Office]
UTC7 = timedelta(hours=7)


def office_at(all_stores: stores.Stores, kind: str, story: Any, stops: tuple[str, ...], stop: str) -> offices.Office:
    """An office on a store of its own in which a story has gone up to the act at `stop` ("2022-06-15 09:00", not done
    yet; one of `stops`). Close its engine."""
    with all_stores.lock(f"told.{story.CODE}.{kind}"):
        if not all_stores.has(kind, _prototype(story, stops[-1])):
            _play(all_stores, kind, story, stops)
    office = offices.Office(offices.open_engine(all_stores.fresh(kind, _prototype(story, stop))))
    mine = sa.and_(cases.c.focus_task_id == focus_tasks.c.id, focus_tasks.c.code == story.CODE)
    ids = office.read(sa.select(cases.c.id).join(focus_tasks, mine))
    return replace(office, case_id=ids[0].id if ids else "")


def _prototype(story: Any, stop: str) -> str:
    return f"{story.CODE}_{re.sub(r'[^0-9]', '', stop)}".lower()


def _play(all_stores: stores.Stores, kind: str, story: Any, stops: tuple[str, ...]) -> None:
    url = all_stores.fresh(kind, "demo")
    core = offices.open_engine(url)
    offices.wind(core, demo.STARTS)
    office = offices.Office(core)
    for when, act in story.STORY:
        if when in stops:
            core.close()
            all_stores.keep(url, _prototype(story, when))
            if when == stops[-1]:
                break
        office.at(when)
        act(office)
    core.close()
    all_stores.drop(url)


def go_on(office: offices.Office, story: Any, until: str = "9", **instead: Callable[[offices.Office], Any]) -> Any:
    """Go on with the story up to an act (not done yet). `instead` replaces acts by their time, as in
    `at_2022_05_26_15_00`. Returns the office."""
    now = office.engine.queries.chrome(offices.SECRETARY).now + UTC7
    for when, act in story.STORY:
        if when >= until:
            break
        if datetime.fromisoformat(when).replace(tzinfo=UTC) > now:
            office.at(when)
            instead.get("at_" + re.sub(r"\D", "_", when), act)(office)
    return office


def whole(opened: list[offices.Office]) -> None:
    """Every store that was opened must be whole when the test is done."""
    for office in opened:
        found = consistency.faults(office.engine)
        assert found == [], f"the test left a store that is not whole: {found}"


def fixture(all_stores: stores.Stores, kind: str, story: Any, stops: tuple[str, ...]) -> Iterator[At]:
    """For a fixture: a function that opens an office at a stop; checks and removes its store afterwards."""
    opened: list[offices.Office] = []

    def at(stop: str) -> offices.Office:
        opened.append(office_at(all_stores, kind, story, stops, stop))
        return opened[-1]

    yield at
    try:
        whole(opened)
    finally:
        for office in opened:
            office.engine.close()
            all_stores.drop(office.engine.settings.database_url)


def outcome_of(office: offices.Office, element: str) -> list[str | None]:
    """The outcomes of an element's finished tasks, in order."""
    return [outcome for state, outcome, _ in office.history(element) if state == "completed"]


def symbols(office: offices.Office) -> dict[str, str | None]:
    """Artefact → its number, of all documents of the case."""
    return {document.artefact: document.symbol for document in office.case().documents}


def standing(office: offices.Office, code: str, day: str) -> Any:
    """How a focus task stands on a day."""
    rows = office.engine.queries.progress(offices.SECRETARY, 2022, datetime.fromisoformat(day).date())
    return next(row for row in rows if row.code == code)


def month_end(month: str) -> str:
    """The last day of a month ("2022-03")."""
    year, number = (int(part) for part in month.split("-"))
    following = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    return f"{following - timedelta(days=1):%Y-%m-%d}"
