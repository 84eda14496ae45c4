"""A step that stopped for a technical reason: who is told, who sees it, who tries it again, what is left of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import offices
from engine import jobs

ADMIN = "qtht"


@pytest.fixture
def stopped(site: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The site where the number could not be given: its job has no handler for a while."""
    monkeypatch.delitem(jobs.HANDLERS, "trinhky:number")
    here = site("ky")
    here.office.decides(offices.VICE_CHAIR, "ky", "dong_y")
    for _ in range(12):
        here.office.engine.clock.advance(timedelta(hours=2))
        here.office.engine.operations.settle()
    assert [incident.element for incident in here.office.case().incidents] == ["cap_so"]
    monkeypatch.undo()
    return here


def action(here: Any) -> str:
    (incident,) = here.office.case().incidents
    return f"/ho-so/{here.office.case_id}/su-co/{incident.id}/chay-lai"


def test_the_administrator_is_told_and_tries_again_on_the_cases_page(stopped: Any) -> None:
    admin, address = stopped.person(ADMIN), action(stopped)
    case = f"/ho-so/{stopped.office.case_id}"
    assert "Trục trặc kỹ thuật ở: Cấp số từ sổ" in admin.sees("/thong-bao").text
    assert case in admin.sees("/ho-so").links()
    page = admin.sees(case)
    assert "Chạy lại" in page.text and "there is none" in page.text and "“Cấp số từ sổ” gặp" in page.text
    answer = admin.sends(page, address)
    assert (answer.status, answer.to) == (303, "/ho-so"), "it runs again: none of an administrator's business"
    assert "Đã chạy lại bước bị dừng." in admin.sees("/ho-so").text
    assert stopped.office.case().incidents == []
    entry = next(row for row in stopped.office.case().journal if row.kind == "incident.resolved")
    assert entry.by == "Quản trị hệ thống"
    stopped.office.engine.operations.settle()
    assert stopped.office.waits() == {"phat_hanh": ["clerk"]}
    assert admin.sees(case).status == 404
    again = admin.sends(page, address)
    assert again.status == 409 and "Trục trặc này đã được xử lý." in again.text
    assert stopped.office.faults() == []


def test_nobody_else_is_offered_it_nor_may(stopped: Any) -> None:
    address = action(stopped)
    for person in (offices.SECRETARY, offices.DIRECTOR, offices.HEAD):
        reader = stopped.person(person)
        page = reader.sees(f"/ho-so/{stopped.office.case_id}")
        assert (
            "gặp trục trặc kỹ thuật" in page.text and "Chạy lại" not in page.text and "there is none" not in page.text
        )
        assert reader.sends(page, address).status == 403
    assert len(stopped.office.case().incidents) == 1


def test_it_is_not_done_by_a_link_or_a_foreign_form(stopped: Any) -> None:
    admin, address = stopped.person(ADMIN), action(stopped)
    assert admin.sees(address).status == 405
    admin.client.post(address, data={})
    assert len(stopped.office.case().incidents) == 1


def test_tasks_and_files_stay_closed_to_who_only_repairs(stopped: Any) -> None:
    admin = stopped.person(ADMIN)
    page = admin.sees(f"/ho-so/{stopped.office.case_id}?phan=tai-lieu")
    files = [link for link in page.links() if "/tai-lieu/" in link or "/tep/" in link]
    assert all(admin.sees(link).status == 404 for link in files)
