"""The decision tables that several processes share, DMN-02 to DMN-14: values that the domain gives, row by row.

DMN-01 and DMN-04 are in test_workflows.py, with the process that uses them.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from engine import dmn, feel

SHARED = Path(__file__).parents[1] / "workflows" / "shared"
NOW = datetime(2022, 1, 4, 1, tzinfo=UTC)


def decide(name: str, **context: Any) -> Any:
    table = dmn.parse((SHARED / f"{name}.dmn").read_bytes(), name)
    return table.decision(name).evaluate(context, feel.Env(None, NOW)).value


# --- DMN-02: in which capacity a document is signed -----------------------------------------------------------------


def signing(issuer_type: str, signer_role: str, **facts: Any) -> dict[str, Any]:
    common = {"is_personal_authority": False, "delegation_type": None, "head_absent": False, "in_field": True}
    found = decide("tham_quyen_ky", issuer_type=issuer_type, signer_role=signer_role, **{**common, **facts})
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("issuer_type", "signer", "facts", "capacity", "lines"),
    [
        ("thu_truong", "thu_truong", {}, "", ["{nguoi_dung_dau}"]),
        ("thu_truong", "cap_pho", {}, "KT.", ["KT. {nguoi_dung_dau}", "{chuc_vu}"]),
        ("thu_truong", "quyen", {}, "Q.", ["Q. {nguoi_dung_dau}"]),
        ("thu_truong", "pho_phu_trach", {"head_absent": True}, "KT.", ["KT. {nguoi_dung_dau}", "{chuc_vu}"]),
        ("tap_the", "thu_truong", {}, "TM.", ["TM. {co_quan}", "{nguoi_dung_dau}"]),
        ("tap_the", "cap_pho", {}, "TM. KT.", ["TM. {co_quan}", "KT. {nguoi_dung_dau}", "{chuc_vu}"]),
        ("tap_the", "cap_pho", {"is_personal_authority": True}, "KT.", ["KT. {nguoi_dung_dau}", "{chuc_vu}"]),
        ("thu_truong", "truong_don_vi", {"delegation_type": "thua_lenh"}, "TL.", ["TL. {nguoi_dung_dau}", "{chuc_vu}"]),
        (
            "thu_truong",
            "truong_don_vi",
            {"delegation_type": "thua_uy_quyen"},
            "TUQ.",
            ["TUQ. {nguoi_dung_dau}", "{chuc_vu}"],
        ),
    ],
)
def test_who_signs_in_which_capacity(
    issuer_type: str, signer: str, facts: dict[str, Any], capacity: str, lines: list[str]
) -> None:
    found = signing(issuer_type, signer, **facts)
    assert (found["allowed"], found["capacity"], found["prefix_lines"]) == (True, capacity, lines)
    written = signer in ("quyen", "pho_phu_trach", "truong_don_vi")
    assert found["requires_written_delegation"] is written


@pytest.mark.parametrize(
    ("signer", "facts", "reason"),
    [
        ("cap_pho", {"in_field": False}, "ngoai_linh_vuc"),
        ("truong_don_vi", {"delegation_type": "thua_uy_quyen", "in_field": False}, "ngoai_linh_vuc"),
        ("truong_don_vi", {}, "khong_duoc_giao"),
        ("chuyen_vien", {"delegation_type": "thua_lenh"}, "khong_duoc_giao"),
        ("pho_phu_trach", {"head_absent": False}, "khong_duoc_giao"),
    ],
)
def test_who_may_not_sign_is_told_why(signer: str, facts: dict[str, Any], reason: str) -> None:
    found = signing("thu_truong", signer, **facts)
    assert (found["allowed"], found["reason"], found["prefix_lines"]) == (False, reason, [])


def test_a_head_needs_no_field() -> None:
    assert signing("thu_truong", "thu_truong", in_field=False)["allowed"] is True


# --- DMN-03: statutory limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regime", "step", "number", "unit", "anchor", "direction", "minimum", "certainty"),
    [
        ("L2015_2020", "dang_tai_de_nghi", 30, "ngay", "ngay_dang", "sau", True, "M-hi"),
        ("L2015_2020", "tra_loi_gop_y", 10, "ngay", "ngay_nhan", "sau", False, "M-med"),
        ("L2015_2020", "tham_dinh_de_nghi", 15, "ngay", "du_ho_so", "sau", False, "M-med"),
        ("L2015_2020", "dang_tai_du_thao", 30, "ngay", "ngay_dang", "sau", True, "M-hi"),
        ("L2015_2020", "gui_tham_dinh_truoc_hop", 20, "ngay", "phien_hop_ubnd", "truoc", False, "F"),
        ("L2015_2020", "tham_dinh_du_thao", 15, "ngay", "du_ho_so", "sau", False, "F"),
        ("L2015_2020", "gui_ban_hdnd", 15, "ngay", "khai_mac_ky_hop", "truoc", False, "M-med"),
        ("L2015_2020", "bc_tham_tra_ban", 10, "ngay", "khai_mac_ky_hop", "truoc", False, "M-lo"),
        ("L2015_2020", "gui_dai_bieu", 7, "ngay", "khai_mac_ky_hop", "truoc", False, "M-lo"),
        ("L2015_2020", "gui_cong_bao", 3, "ngay", "cong_bo", "sau", False, "F"),
        ("L2015_2020", "dang_cong_bao", 7, "ngay", "ngay_nhan", "sau", False, "F"),
        ("L2015_2020", "hieu_luc", 10, "ngay", "thong_qua", "sau", True, "M-hi"),
        ("L2015", "tham_dinh_du_thao", 10, "ngay", "du_ho_so", "sau", False, "M-med"),
        ("L2015", "dang_tai_du_thao", 30, "ngay", "ngay_dang", "sau", True, "A"),
        ("L2025", "dang_tai_nq_hdnd", 20, "ngay", "ngay_dang", "sau", True, "M-lo"),
        ("L2025_87", "dang_tai_qd_ct_ubnd", 10, "ngay", "ngay_dang", "sau", True, "F"),
        ("L2025_87", "tham_dinh", 15, "ngay", "du_ho_so", "sau", False, "M-lo"),
        ("L2025", "tra_loi_gop_y", 10, "ngay", "ngay_nhan", "sau", False, "A"),
        ("L2025_87", "gui_ban_hdnd", 15, "ngay", "khai_mac_ky_hop", "truoc", False, "A"),
        ("ND30", "phat_hanh", 1, "ngay_lam_viec", "ngay_ky", "sau", False, "M-hi"),
        ("NOI_BO", "xin_y_kien_noi_bo", 5, "ngay_lam_viec", "ngay_gui", "sau", False, "A"),
        ("NOI_BO", "xin_y_kien_ngoai", 10, "ngay_lam_viec", "ngay_gui", "sau", False, "A"),
        ("NOI_BO", "xin_y_kien_vp_ubnd", 5, "ngay_lam_viec", "ngay_gui", "sau", False, "A"),
    ],
)
def test_a_statutory_limit_has_number_unit_anchor_and_certainty(
    regime: str, step: str, number: int, unit: str, anchor: str, direction: str, minimum: bool, certainty: str
) -> None:
    found = decide("thoi_han_luat_dinh", legal_regime=regime, step=step)
    told = (found["number"], found["unit"], found["anchor"], found["direction"], found["minimum"], found["certainty"])
    assert told == (number, unit, anchor, direction, minimum, certainty)
    assert found["skipped"] is False
    assert found["source"]


def test_the_proposal_stage_is_skipped_since_2025() -> None:
    found = decide("thoi_han_luat_dinh", legal_regime="L2025", step="de_nghi")
    assert (found["skipped"], found["number"]) == (True, None)


def test_an_unknown_limit_is_nothing_rather_than_a_guess() -> None:
    assert decide("thoi_han_luat_dinh", legal_regime="L2025", step="dang_tai_de_nghi") is None


# --- DMN-05, DMN-09: which law, and what it asks for ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("regime", "clause", "special", "stage", "report"),
    [
        ("L2015", 1, False, False, False),
        ("L2015", 2, False, True, True),
        ("L2015", 4, True, True, True),
        ("L2015_2020", 1, False, False, False),
        ("L2015_2020", 2, False, False, True),
        ("L2015_2020", 3, True, False, True),
        ("L2015_2020", 4, False, True, True),
        ("L2025", 4, True, False, True),
        ("L2025_87", 3, False, False, False),
    ],
)
def test_whether_a_resolution_needs_its_proposal(
    regime: str, clause: int, special: bool, stage: bool, report: bool
) -> None:
    found = decide("can_buoc_de_nghi", legal_regime=regime, dieu27_khoan=clause, special_measures=special)
    assert found == {"need_policy_stage": stage, "need_impact_report": report}


@pytest.mark.parametrize(
    ("started", "regime"),
    [
        ("2020-12-31", "L2015"),
        ("2021-01-01", "L2015_2020"),
        ("2025-03-31", "L2015_2020"),
        ("2025-04-01", "L2025"),
        ("2025-06-30", "L2025"),
        ("2025-07-01", "L2025_87"),
    ],
)
def test_the_day_a_case_began_decides_the_law(started: str, regime: str) -> None:
    assert decide("che_do_phap_ly", started_on=started, override=None) == {"regime": regime, "overridden": False}


def test_a_regime_chosen_by_hand_stands_above_the_day() -> None:
    found = decide("che_do_phap_ly", started_on="2025-05-01", override="L2015_2020")
    assert found == {"regime": "L2015_2020", "overridden": True}


def test_a_day_that_is_none_gives_no_regime() -> None:
    assert decide("che_do_phap_ly", started_on="sau Tết", override=None) is None


# --- DMN-06: who is asked -------------------------------------------------------------------------------------------

NOTHING = dict.fromkeys(("is_qppl", "has_budget", "has_staff", "has_tthc", "has_ip", "has_science"), False)


def asked(**facts: bool) -> list[str]:
    found = decide("doi_tuong_lay_y_kien", doc_kind="quyet_dinh", **{**NOTHING, **facts})
    return [row["recipient"] for row in found or []]


def test_what_a_document_is_about_decides_who_is_asked() -> None:
    assert asked() == []
    assert asked(has_budget=True) == ["so_tai_chinh"]
    assert asked(has_staff=True, has_tthc=True) == ["so_noi_vu", "vp_ubnd"]
    assert asked(is_qppl=True) == ["so_tu_phap", "mttq_tinh"]
    assert asked(has_science=True) == ["hd_khcn"]
    assert asked(has_ip=True) == [
        "so_vhttdl",
        "so_nnptnt",
        "so_tttt",
        "so_cong_thuong",
        "cong_an_tinh",
        "cuc_qltt",
        "ubnd_huyen",
    ]


# --- DMN-07, DMN-08, DMN-11, DMN-14 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("percent", "left", "overdue", "past", "level"),
    [
        (49, 10, 0, False, 0),
        (50, 5, 0, False, 1),
        (80, 2, 0, False, 2),
        (100, 0, 1, False, 3),
        (100, 0, 2, False, 3),
        (100, 0, 3, False, 4),
        (100, 0, 5, False, 5),
        (10, 20, 0, True, 5),
    ],
)
def test_the_later_it_is_the_higher_it_is_told(percent: int, left: int, overdue: int, past: bool, level: int) -> None:
    facts = {"percent_elapsed": percent, "working_days_left": left, "overdue_days": overdue, "past_latest": past}
    everybody = ["nguoi_xu_ly", "truong_don_vi", "van_phong_so", "pgd_phu_trach", "giam_doc"]
    assert decide("nhac_viec_leo_thang", **facts) == {"level": level, "notify": everybody[:level]}


@pytest.mark.parametrize(
    ("conclusion", "step", "explain", "again"),
    [
        ("du_dieu_kien", "trinh", False, False),
        ("du_sau_chinh_sua", "tiep_thu_giai_trinh", True, False),
        ("chua_du", "hoan_thien_tham_dinh_lai", True, True),
    ],
)
def test_what_follows_an_appraisal(conclusion: str, step: str, explain: bool, again: bool) -> None:
    found = decide("ket_luan_tham_dinh", conclusion=conclusion)
    assert found == {"next_step": step, "must_explain": explain, "new_round": again}


def test_urgent_work_has_less_time_and_louder_notices() -> None:
    rows = [decide("do_khan", urgency=word) for word in ("thuong", "khan", "thuong_khan", "hoa_toc")]
    factors = [row["sla_factor"] for row in rows]
    assert factors == sorted(factors, reverse=True) and factors[0] == 1 and factors[-1] > 0
    assert [row["immediate"] for row in rows] == [False, False, True, True]
    assert rows[0]["channels"] == ["ung_dung"]


@pytest.mark.parametrize(
    ("body", "tie"), [("ubnd_tinh", "phia_chu_toa"), ("hdnd_tinh", "khong_thong_qua"), ("hd_khcn", "phia_chu_toa")]
)
def test_more_than_half_of_all_members_decide(body: str, tie: str) -> None:
    found = decide("quorum", body=body)
    assert (found["counted_from"], float(found["more_than"]), found["tie"]) == ("tat_ca", 0.5, tie)


# --- DMN-10: reporting periods --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "month", "first", "last", "due"),
    [
        ("thang", 1, date(2021, 12, 15), date(2022, 1, 14), date(2022, 1, 20)),
        ("thang", 9, date(2022, 8, 15), date(2022, 9, 14), date(2022, 9, 20)),
        ("quy", 3, date(2021, 12, 15), date(2022, 3, 14), date(2022, 3, 20)),
        ("6_thang", 6, date(2021, 12, 15), date(2022, 6, 14), date(2022, 6, 20)),
        ("9_thang", 9, date(2021, 12, 15), date(2022, 9, 14), date(2022, 9, 20)),
        ("nam", 12, date(2021, 12, 15), date(2022, 12, 14), date(2022, 12, 20)),
    ],
)
def test_a_period_has_its_window_and_its_day(period: str, month: int, first: date, last: date, due: date) -> None:
    (found,) = decide("ky_bao_cao", period=period, year=2022, month=month)
    assert (found["window_from"], found["window_to"], found["due"]) == (first, last, due)
    assert found["recipients"] == ["so_noi_vu", "so_khdt", "vp_ubnd"]
    assert found["window_to"] < found["unit_due"] < found["due"]


# --- DMN-12, DMN-13 -------------------------------------------------------------------------------------------------


def test_nobody_is_ranked_by_thresholds_that_nobody_knows() -> None:
    for score in (0, 80, 100):
        assert decide("xep_hang_iso", score=score) == {"rank": None, "thresholds_missing": True}


def entry(**facts: Any) -> list[str]:
    common = {
        "submitted_on": "2022-03-15",
        "deadline": "2022-03-15",
        "author_eligible": True,
        "genre": "bao_in",
        "about_science": True,
        "dossier_complete": True,
    }
    return [row["reason"] for row in decide("tinh_hop_le_tac_pham", **{**common, **facts}) or []]


def test_an_entry_is_told_every_reason_why_it_is_not_valid() -> None:
    assert entry() == []
    assert entry(submitted_on="2022-03-16") == ["nop_qua_han"]
    assert entry(genre="anh", about_science=False) == ["the_loai_khong_nhan", "noi_dung_khong_ve_khcn"]
    assert entry(author_eligible=False, dossier_complete=False) == ["tac_gia_khong_thuoc_doi_tuong", "thieu_ho_so"]


# --- all of them ----------------------------------------------------------------------------------------------------


def test_all_fourteen_tables_are_there_and_each_names_its_number() -> None:
    texts = [file.read_text(encoding="utf-8") for file in SHARED.glob("*.dmn")]
    numbers = sorted(text.split("<description>DMN-")[1][:2] for text in texts)
    assert numbers == [f"{n:02}" for n in range(1, 15)]
