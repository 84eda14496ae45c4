"""What a fresh reading found of the whole domain: rights by new ways, numbers, rows that no journal knows."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

import offices
import stores
from engine import Forbidden, NotFound
from engine.records import opinions
from offices import refused
from test_approvals import mend
from webui import demo
from webui.stories import t3

At = Callable[..., offices.Office]


@pytest.fixture
def award(all_stores: stores.Stores) -> Iterator[offices.Office]:
    """The press award on the day before the judges fill their sheets in."""
    core = offices.open_engine(all_stores.fresh("sqlite", "demo"))
    offices.wind(core, demo.STARTS)
    office = offices.Office(core)
    for when, act in t3.STORY:
        if when >= "2022-04-12 14:00":
            break
        office.at(when)
        act(office)
    yield office
    core.close()
    all_stores.drop(core.settings.database_url)


def test_a_judge_is_no_drafter(award: offices.Office) -> None:
    """A sheet is given to a judge by name; whoever holds the drafter's work by name has the drafter's rights."""
    judge = "gk.sk.1"
    assert judge in award.waits()["cham_so_khao"]
    opinion = award.read(sa.select(opinions).where(opinions.c.outcome == "dong_y_co_y_kien"))[0]
    with refused(award, Forbidden, "not_drafter"):
        award.engine.consulting.respond(judge, opinion.id, "tiep_thu")
    with refused(award, NotFound, "case"):
        award.engine.queries.collated(judge, award.case_id)
    with refused(award, Forbidden, "not_drafter"):
        mend(award, "danh_sach_du_thi", "Danh sách của giám khảo.", person=judge)
    assert award.engine.queries.case(judge, award.case_id).consultations == []
