"""Every document that a deployed process gives a template can be begun from it in a case, under the right agency."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import offices
import stores
from engine import papers
from engine.records import cases
from offices import SECRETARY

ROOT = Path(__file__).parents[1]
# Artefact → agency over it, number, subject line, end of the signature block: by hand, from what each task issues.
EXPECTED = {
    ("T1", "to_trinh"): ("SỞ KHOA HỌC VÀ CÔNG NGHỆ", "/TTr-KHCN", "ban hành Chỉ thị", "GIÁM ĐỐC"),
    ("T1", "ban_trinh_ky"): ("ỦY BAN NHÂN DÂN", "/CT-UBND", "nâng cao chất lượng", "PHÓ CHỦ TỊCH"),
    ("T3", "du_thao_qd_hoi_dong"): ("BAN TỔ CHỨC", "/QĐ-BTC", "thành lập Hội đồng Giám khảo", "TRƯỞNG BAN"),
    ("T4", "du_thao_1"): ("ỦY BAN NHÂN DÂN", "/KH-UBND", "Nghiên cứu, ứng dụng", "PHÓ CHỦ TỊCH"),
    ("T4", "du_thao_quyet_dinh_to"): ("SỞ KHOA HỌC", "/QĐ-KHCN", "thành lập Tổ xây dựng Kế hoạch", "GIÁM ĐỐC"),
    ("T4", "thong_bao_ket_luan"): ("ỦY BAN NHÂN DÂN", "/TB-UBND", "Kết luận phiên họp", "CHÁNH VĂN PHÒNG"),
    ("T5", "ban_trinh_ky"): ("ỦY BAN NHÂN DÂN", "/QĐ-UBND", "ban hành Quy chế phối hợp", "PHÓ CHỦ TỊCH"),
    ("T6", "du_thao_nghi_quyet"): ("HỘI ĐỒNG NHÂN DÂN", "/2022/NQ-HĐND", "Về mức hỗ trợ", "CHỦ TỊCH"),
    ("T6", "bao_cao_tham_dinh_du_thao"): ("SỞ TƯ PHÁP", "/BC-STP", "Thẩm định dự thảo", "GIÁM ĐỐC"),
}


@pytest.fixture(scope="module")
def opened(all_stores: stores.Stores) -> Iterator[tuple[offices.Office, dict[str, tuple[str, str]]]]:
    """An office where a case runs for every focus task: code → (case, process)."""
    office = offices.office_at(all_stores, "sqlite")
    found = {}
    for focus in office.engine.queries.focus_tasks(SECRETARY):
        case = office.engine.cases.start(SECRETARY, focus.id)
        ((process,),) = office.read(sa.select(cases.c.process_id).where(cases.c.id == case))
        found[focus.code] = (case, process)
    yield office, found
    office.engine.close()


@pytest.mark.parametrize("code", ["T1", "T2", "T3", "T4", "T5", "T6"])
def test_every_document_with_a_template_is_filled_in(opened: Any, code: str) -> None:
    office, started = opened
    case, process = started[code]
    told = json.loads((ROOT / "workflows" / process / "artefacts.json").read_text("utf-8"))
    written = {slug: one["template"] for slug, one in told.items() if isinstance(one, dict) and "template" in one}
    assert written
    for slug, template in written.items():
        text = papers.text(office.engine.queries.paper(SECRETARY, case, template, slug.rstrip("#")).content)
        assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text, slug
        assert "{{" not in text and "{%" not in text and "None" not in text, slug


@pytest.mark.parametrize(("code", "artefact"), EXPECTED)
def test_a_document_stands_under_its_agency_with_its_number_and_signer(opened: Any, code: str, artefact: str) -> None:
    office, started = opened
    case, process = started[code]
    told = json.loads((ROOT / "workflows" / process / "artefacts.json").read_text("utf-8"))
    facts = office.engine.queries.paper_facts(SECRETARY, case, told[artefact]["template"], artefact)
    agency, number, line, signer = EXPECTED[code, artefact]
    assert facts["co_quan"].startswith(agency)
    assert facts["so"] == f"Số:      {number}"
    assert facts["trich_yeu"].startswith(line)
    assert facts["chu_ky"].endswith(signer)
