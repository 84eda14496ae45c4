"""What a round of opinions makes of silence: what its model says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import consultations
from engine.records import opinions

At = Callable[..., offices.Office]
ROUND = """
<startEvent id="bat_dau"/>
<userTask id="hoi" name="Góp ý">[each ["cv.qlkh.2", "cv.qlkh.3"] as nguoi]
  <ext><zeebe:assignmentDefinition assignee="=nguoi"/>
  <zeebe:properties><zeebe:property name="consultation" value="internal"/>{asking}</zeebe:properties></ext></userTask>
<boundaryEvent id="het_han" attachedToRef="hoi">[timer Duration P5D]
  <ext><zeebe:properties>{closing}</zeebe:properties></ext></boundaryEvent>
<userTask id="tong_hop" name="Tổng hợp"><ext><zeebe:assignmentDefinition assignee="cv.qlkh.1"/></ext></userTask>
<endEvent id="xong"/>
~ bat_dau hoi tong_hop xong
~ het_han tong_hop
"""


def closed_round(office: offices.Office, folder: Path, **properties: str) -> tuple[Any, list[str]]:
    """A round that nobody answered, as its page shows it, and what is stored for those who were asked."""
    told = {name: f'<zeebe:property name="{name}" value="{value}"/>' for name, value in properties.items()}
    body = ROUND.format(asking=told.get("deemed_consent", ""), closing=told.get("silence", ""))
    offices.with_small_process(office, folder, body)
    office.opens(offices.SECRETARY, "T2")
    (before,) = office.case().consultations
    assert [o.state for o in before.opinions] == ["waiting", "waiting"]
    office.at("2022-02-07")
    (after,) = office.case().consultations
    assert after.closed and before.deemed_consent == after.deemed_consent
    assert office.faults() == []
    mine = opinions.c.case_id == office.case_id
    return after, [row.outcome for row in office.read(sa.select(opinions.c.outcome).where(mine))]


def test_silence_counts_as_agreement_unless_the_model_says_not(office_at: At, tmp_path: Path) -> None:
    round_, stored = closed_round(office_at(), tmp_path)
    assert (round_.deemed_consent, [o.state for o in round_.opinions]) == (True, ["deemed", "deemed"])
    assert stored == ["khong_tra_loi", "khong_tra_loi"]


def test_who_is_silent_where_silence_is_no_consent_has_not_answered(office_at: At, tmp_path: Path) -> None:
    round_, stored = closed_round(office_at(), tmp_path, deemed_consent="false")
    assert (round_.deemed_consent, round_.deemed_from) == (False, None)
    assert [o.state for o in round_.opinions] == ["silent", "silent"]
    assert stored == ["khong_tra_loi", "khong_tra_loi"]


def test_the_closing_timer_names_what_is_written_down(office_at: At, tmp_path: Path) -> None:
    round_, stored = closed_round(office_at(), tmp_path, silence="dong_y")
    assert stored == ["dong_y", "dong_y"]
    assert [o.state for o in round_.opinions] == ["deemed", "deemed"], "written down, and seen not to be said"
    assert (round_.answered, round_.counts) == (0, {"dong_y": 2})


def test_it_never_names_agreement_where_silence_is_no_consent(office_at: At, tmp_path: Path) -> None:
    round_, stored = closed_round(office_at(), tmp_path, deemed_consent="false", silence="dong_y")
    assert stored == ["khong_tra_loi", "khong_tra_loi"]
    assert round_.counts == {"khong_tra_loi": 2}


@pytest.mark.parametrize(("written", "counts"), [("false", False), (" False ", False), ("true", True), ("", True)])
def test_deemed_consent_is_read_from_the_model(written: str, counts: bool) -> None:
    assert consultations.deemed_consent({"deemed_consent": written}) is counts
