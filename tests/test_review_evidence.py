"""What checking the journals did not see: rows that people read and that no longer say what was written down."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine.records import document_versions, files, opinion_remarks, opinions, tasks
from offices import DRAFTER

At = Callable[..., offices.Office]
REMARK = {"outcome": "khong_dong_y", "noi_dung": "Chưa rõ nguồn kinh phí thực hiện."}

FORGERIES = {
    "an answer": sa.update(tasks).where(tasks.c.element == "duyet_du_thao").values(answers={"outcome": "khong_dong_y"}),
    "a decision": sa.update(tasks).where(tasks.c.element == "duyet_du_thao").values(outcome="yeu_cau_chinh_sua"),
    "who decided": sa.update(tasks).where(tasks.c.element == "duyet_du_thao").values(ended_by=DRAFTER),
    "an opinion": sa.update(opinion_remarks).values(text="Nhất trí."),
    "an opinion's outcome": sa.update(opinions).where(opinions.c.outcome != "dong_y").values(outcome="dong_y"),
    "a response": sa.update(opinion_remarks)
    .where(opinion_remarks.c.response.is_not(None))
    .values(response_text="Khác."),
    "a file": sa.update(files).values(content=b"%PDF-forged"),
    "which file": sa.update(document_versions).values(sha256="0" * 64),
    "a missing version": sa.delete(document_versions),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forged_row_is_found(office_at: At, what: str) -> None:
    office = office_at("gop_y_noi_bo")
    office.does("cct.tdc", "gop_y_noi_bo", REMARK)
    office.at("2022-02-15").answers_remarks(DRAFTER)
    assert office.faults() == []
    with office.engine.statements().begin() as connection:
        changed: Any = connection.execute(FORGERIES[what])
    assert changed.rowcount >= 1
    assert len(office.faults()) >= 1, what
