"""T3, the press award: opened mid-way with two results, works as data, juries, a vote, what goes back."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import consistency
import offices
import stores
import told
from engine import Conflict, Invalid, bpmn
from engine.records import consultations, journal, opinions
from webui import demo
from webui.stories import t3
from webui.stories.many import completes, holding

STEPS = json.loads((Path(__file__).parents[1] / "fixtures" / "t3_steps.json").read_text("utf-8"))
MODEL = Path(__file__).parents[2] / "workflows" / "giai_bao_chi" / "giai_bao_chi.bpmn"
DEFINITION = bpmn.compile(MODEL.read_bytes(), file=MODEL.name)
Play = Callable[..., offices.Office]


@pytest.fixture
def played(all_stores: stores.Stores) -> Iterator[Play]:
    """The story up to an instant (not included), on a store of its own; the store must be whole afterwards."""
    opened = []

    def play(until: str = "2023") -> offices.Office:
        core = offices.open_engine(all_stores.fresh("sqlite", "demo"))
        offices.wind(core, demo.STARTS)
        office = offices.Office(core)
        opened.append(office)
        for when, act in t3.STORY:
            if when >= until:
                break
            office.at(when)
            act(office)
        return office

    yield play
    for office in opened:
        assert consistency.faults(office.engine) == []
        office.engine.close()
        all_stores.drop(office.engine.settings.database_url)


def papers(office: offices.Office) -> dict[str, Any]:
    return {document.artefact: document for document in office.case().documents}


@pytest.mark.parametrize("step", STEPS, ids=lambda s: s["step"])
def test_each_step_of_t3_is_one_element_with_exactly_its_covers(step: dict[str, Any]) -> None:
    found = [e for e in DEFINITION.elements.values() if e.properties.get("step") == step["step"]]
    assert len(found) == 1
    assert found[0].properties.get("covers", "").split() == step["covers"]
    if step["lane"] != "—":
        assert found[0].lane in re.split(r"\W+", step["lane"])


def test_t3_imported_with_r1_r2_complete(played: Play) -> None:
    office = played("2022-01-28 09:00")
    documents = papers(office)
    plan, letter = documents["ke_hoach_to_chuc_giai"], documents["cong_van_don_doc_btc"]
    assert (plan.symbol, plan.dated) == ("14/KH-KHCN", date(2022, 1, 19))
    assert (letter.symbol, letter.dated) == ("63/BTC-KHCN", date(2022, 1, 18))
    assert office.milestones()["Kế hoạch tổ chức"] == "done 19/01"
    assert office.milestones()["Vận động hưởng ứng"] == "done 18/01"
    # The three strands stand open for the one who was assigned in January.
    assert office.waits() == {
        "du_thao_phuong_thuc": [t3.DRAFTER],
        "mo_tiep_nhan": [t3.DRAFTER],
        "phoi_hop_tuyen_truyen": [t3.DRAFTER],
    }
    # The journal says when it was done, and that it was entered on 28/01.
    entered = office.read(sa.select(journal.c.payload).where(journal.c.kind == "task.entered"))
    facts = [json.loads(row.payload) for row in entered]
    assert [fact["element"] for fact in facts][-1] == "ky"
    assert {fact["entered_by"] for fact in facts} == {t3.SECRETARY}
    assert {fact["entered_at"][:10] for fact in facts} == {"2022-01-28"}


def test_t3_is_not_imported_without_the_papers_of_its_results(played: Play) -> None:
    office = played("2022-01-28 08:40")
    office.at("2022-01-28 08:40")
    focus = next(f for f in office.engine.queries.focus_tasks(t3.SECRETARY) if f.code == "T3")
    without = [replace(step, evidence=()) for step in t3.DONE]
    started = datetime.fromisoformat("2022-01-10T08:00:00+07:00")
    with offices.refused(office, Invalid, "invalid") as refusal:
        office.engine.opening.start_midway(t3.SECRETARY, focus.id, started, without)
    assert offices.problems(refusal.value) == {"done": ["evidence_missing"]}


def test_the_award_is_finished_in_the_month_of_the_plan(played: Play) -> None:
    office = played()
    case = office.case()
    assert (case.state, case.progress) == ("completed", "hoan_thanh_dung_han")
    assert office.waits() == {}
    assert case.result == ("01/BC-KHCN", date(2022, 5, 26))
    made = papers(office)
    plan = json.loads((MODEL.parents[1] / "demo" / "plan-2022.json").read_text("utf-8"))
    task = next(t for t in plan["focus_tasks"] if t["code"] == "T3")
    assert [r["id"] for r in task["results"] if r["artefact"] not in made] == []
    assert {step.state for step in case.steps} == {"done"}
    assert all(state.startswith("done") for state in office.milestones().values())
    # Each broadcast has its own confirmation, the film is one.
    assert len([a for a in made if a.startswith("xac_nhan_phat_song-")]) == 2
    assert len(made["phong_su"].versions) == 1
    assert office.everybody_told("qua_han") == set()
    assert len(office.acted()) >= 12
    office.at("2022-12-30")
    assert {month: told.standing(office, "T3", told.month_end(month)).status for month in t3.MONTHLY} == t3.MONTHLY


def test_the_second_broadcast_is_waited_for(played: Play) -> None:
    office = played("2022-02-17 16:00")
    office.at("2022-02-16 17:00")
    assert "xac_nhan_phat_song" not in office.waits()
    office.at("2022-02-17 08:00")
    assert office.due(t3.DRAFTER, "xac_nhan_phat_song") == "today 17/02"
    film = {"ngay_phat": "2022-02-17", "kenh": "Thời sự tối", "thoi_luong": 12}
    with pytest.raises(Invalid) as refusal:
        office.does(t3.DRAFTER, "xac_nhan_phat_song", film)
    assert offices.problems(refusal.value) == {"thoi_luong": ["max"]}
    office.does(t3.DRAFTER, "xac_nhan_phat_song", {**film, "thoi_luong": 10})
    assert office.due(t3.DRAFTER, "xac_nhan_phat_song").endswith("24/02")
    view = office.task(t3.DRAFTER, "xac_nhan_phat_song")
    with pytest.raises(Conflict) as closed:
        office.engine.cases.complete(view.id, t3.DRAFTER, {**film, "thoi_luong": 7}, view.version)
    assert closed.value.code == "gate_closed"


def test_a_silent_member_of_the_board_agrees_and_the_head_sends_the_method_back(played: Play) -> None:
    office = played("2022-02-21 15:00")
    rounds = office.read(sa.select(consultations.c.id).where(consultations.c.element == "y_kien_btc"))
    said = office.read(sa.select(opinions.c.outcome).where(opinions.c.consultation_id == rounds[0].id))
    assert sorted(row.outcome for row in said) == [*["dong_y"] * 3, "dong_y_co_y_kien", "khong_tra_loi"]
    assert office.waits()["du_thao_phuong_thuc"] == [t3.DRAFTER]
    assert office.history("thong_nhat_phuong_thuc") == [("completed", "yeu_cau_chinh_sua", 1)]


def test_entries_are_taken_until_the_last_day_and_not_after(played: Play) -> None:
    office = played("2022-03-21 09:30")
    assert len(office.variables()["entries"]) == 8
    assert [entry["so"] for entry in office.variables()["entries"]] == list(range(1, 9))
    office.at("2022-03-18 23:59")
    assert office.waits() == {"tiep_nhan_tac_pham": ["clerk"]}
    office.at("2022-03-19 00:00")
    assert sorted(state for state, _, _ in office.history("tiep_nhan_tac_pham")) == ["cancelled", *["completed"] * 8]
    assert "tiep_nhan_tac_pham" not in office.waits()
    # One task for each entry, and it says which.
    names = [view.name for view in holding(office, t3.DRAFTER, "kiem_tra_hop_le")]
    assert len(names) == 8
    assert f"Kiểm tra hồ sơ tác phẩm: {t3.INCOMPLETE}" in names


def test_a_work_returned_for_supplement_is_checked_again_and_another_genre_is_rejected(played: Play) -> None:
    office = played("2022-03-24 10:00")
    assert office.waits()["yeu_cau_bo_sung"] == [t3.DRAFTER]
    works = office.variables()["sorted_works"]
    assert [work["ten"] for work in works["incomplete"]] == [t3.INCOMPLETE]
    assert [work["the_loai"] for work in works["rejected"]] == ["khac"]
    told = {"ngay_bao": "2022-03-21", "phan_thieu": "Bản xác nhận của cơ quan báo chí."}
    office.does(t3.DRAFTER, "yeu_cau_bo_sung", {**told, "ket_qua": "da_bo_sung"})
    assert [view.name for view in holding(office, t3.DRAFTER, "kiem_tra_hop_le")] == [
        f"Kiểm tra hồ sơ tác phẩm: {t3.INCOMPLETE}"
    ]
    t3.checks(office)
    assert len(office.variables()["sorted_works"]["valid"]) == 7


def test_a_work_that_is_not_supplemented_is_rejected(played: Play) -> None:
    office = played("2022-03-24 10:00")
    told = {"ngay_bao": "2022-03-21", "phan_thieu": "Bản xác nhận của cơ quan báo chí."}
    office.does(t3.DRAFTER, "yeu_cau_bo_sung", {**told, "ket_qua": "khong_bo_sung"})
    works = office.variables()["sorted_works"]
    assert t3.INCOMPLETE in [work["ten"] for work in works["rejected"]]
    assert len(works["valid"]) == 6
    assert "thong_bao_loai" in office.waits()


def test_each_judge_scores_each_work_and_a_doubted_one_is_verified_and_judged_again(played: Play) -> None:
    office = played("2022-04-12 14:00")
    assert len(holding(office, "gk.sk.1", "cham_so_khao")) == 7
    assert len(office.waits()["cham_so_khao"]) == 21
    for when, act in t3.STORY:
        if "2022-04-12" <= when < "2022-04-18":
            office.at(when)
            act(office)
    assert office.waits() == {"xac_minh_tac_pham": [t3.DRAFTER]}
    assert office.task(t3.DRAFTER, "xac_minh_tac_pham").name.endswith(t3.DOUBTED)
    assert len(office.variables()["passed"]) == 5
    office.does(
        t3.DRAFTER,
        "xac_minh_tac_pham",
        {"noi_dung_xac_minh": "Toà soạn không xác nhận tác giả.", "ket_qua": "khong_xac_thuc"},
    )
    # What is not authentic is out; the others go on.
    assert t3.DOUBTED not in [work["ten"] for work in office.variables()["passed"]]
    assert len(office.waits()["cham_chung_khao"]) == 15


def test_the_mean_of_the_final_scores_is_computed_highest_first(played: Play) -> None:
    office = played("2022-04-26 09:00")
    for judge, bonus in zip(t3.FINAL, (0, 1, 5), strict=True):
        for n, view in enumerate(holding(office, judge, "cham_chung_khao")):
            completes(office, judge, view, {"diem": 70 + n + bonus})
    totals = office.variables()["totals"]
    assert [work["diem"] for work in totals] == [77, 76, 75, 74, 73, 72]


def test_without_a_majority_the_list_goes_back_and_a_tie_is_the_chairs(played: Play) -> None:
    office = played("2022-04-29 10:00")
    against = {"outcome": "khong_tan_thanh", "ly_do": "Cơ cấu giải chưa hợp lý, cần cân nhắc."}
    for person in t3.MEMBERS[:3]:
        office.does(person, "btc_xet_giai", against)
    for person in (t3.CHAIR, t3.MEMBERS[3]):
        office.does(person, "btc_xet_giai", t3.FOR)
    assert office.waits() == {"tong_hop_diem": [t3.DRAFTER]}
    four = {**t3.PRIZES, "voters": [t3.CHAIR, *t3.MEMBERS[:3]]}
    office.does(t3.DRAFTER, "tong_hop_diem", four)
    for person in t3.MEMBERS[:2]:
        office.does(person, "btc_xet_giai", against)
    for person in (t3.CHAIR, t3.MEMBERS[2]):
        office.does(person, "btc_xet_giai", t3.FOR)
    assert office.waits() == {"ky": ["award_board_head"]}


def test_who_does_not_vote_in_time_has_no_vote(played: Play) -> None:
    office = played("2022-04-29 10:00")
    for person in t3.MEMBERS[:2]:
        office.does(person, "btc_xet_giai", t3.FOR)
    # Three working days after 28/04, over 30/04 to 03/05: the last is 05/05.
    office.at("2022-05-05 23:59")
    assert "btc_xet_giai" in office.waits()
    office.at("2022-05-06 00:00")
    assert office.waits() == {"tong_hop_diem": [t3.DRAFTER]}
