"""Documents that people attach: what is taken, what is refused, and what a name may not smuggle in."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import Forbidden, Invalid, TooLarge
from engine.records import document_versions, files, journal
from offices import DRAFTER, HEAD, refused
from webui import demo

At = Callable[..., offices.Office]
DOCX = demo.word("Dự thảo", ["Nội dung."])
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
OLE, PDF, PNG = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 24,
    b"%PDF-1.7\n%%EOF\n",
    b"\x89PNG\r\n\x1a\n" + b"\0" * 16,
)


@pytest.fixture
def office(office_at: At) -> offices.Office:
    """The drafter is writing the draft; uploads of more than 4,000 bytes are too large here."""
    return office_at("phan_cong", upload_limit=4000).hurry("xay_dung_du_thao")


@pytest.fixture
def attach(office: offices.Office) -> Callable[..., str]:
    view = office.task(DRAFTER, "xay_dung_du_thao")

    def attach(name: str, content: bytes, artefact: str = "du_thao", media_type: str = "text/html") -> str:
        return str(office.engine.cases.attach(DRAFTER, view.id, artefact, name, media_type, content))

    return attach


WRONG = {
    "a renamed program": ("du-thao.docx", EXE, "wrong_type"),
    "a program": ("du-thao.exe", EXE, "wrong_type"),
    "a page as PDF": ("du-thao.pdf", HTML, "wrong_type"),
    "a page": ("du-thao.html", HTML, "wrong_type"),
    "a drawing with scripts": ("du-thao.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "wrong_type"),
    "a PDF as picture": ("du-thao.png", PDF, "wrong_type"),
    "a binary as text": ("du-thao.txt", b"abc\x00def", "wrong_type"),
    "a name without ending": ("duthao", DOCX, "wrong_type"),
    "an ending that is not the last": ("du-thao.docx.exe", EXE, "wrong_type"),
    "an ending turned around": ("du-thao\u202excod.exe", EXE, "wrong_type"),
    "an ending behind a NUL": ("du-thao.exe\x00.docx", EXE, "wrong_type"),
    "an empty file": ("du-thao.docx", b"", "empty_file"),
    "no name": ("", DOCX, "required"),
    "only a path": ("thu-muc/..", DOCX, "wrong_type"),
    "a name of control characters": ("\x01\x02\u2066", DOCX, "required"),
    "a very long name": ("d" * 300 + ".docx", DOCX, "too_long"),
}


def test_wrong_files_are_refused_and_leave_nothing_behind(
    office: offices.Office, attach: Callable[..., str], subtests: pytest.Subtests
) -> None:
    for what, (name, content, code) in WRONG.items():
        with subtests.test(what):
            with refused(office, Invalid, "invalid") as found:
                attach(name, content, media_type="application/pdf")
            assert offices.problems(found.value) == {"file": [code]}


def test_a_file_may_have_the_limit_and_not_a_byte_more(office: offices.Office, attach: Callable[..., str]) -> None:
    with refused(office, TooLarge, "file_too_large") as found:
        attach("a.txt", b"x" * 4001)
    assert found.value.params == {"limit": 4000}
    attach("a.txt", b"x" * 4000)


def test_a_file_is_refused_for_its_size_before_it_is_looked_at(
    office: offices.Office, attach: Callable[..., str]
) -> None:
    with refused(office, TooLarge, "file_too_large"):
        attach("a.exe", EXE * 1000)


KEPT = {
    "plain": ("du-thao.docx", DOCX, "du-thao.docx"),
    "Vietnamese": ("Dự thảo Chỉ thị.pdf", PDF, "Dự thảo Chỉ thị.pdf"),
    "capitals": ("BAO CAO.DOC", OLE, "BAO CAO.DOC"),
    "a path of Unix": ("../../etc/passwd.txt", b"root", "passwd.txt"),
    "a path of Windows": ("C:\\Users\\a\\so-lieu.png", PNG, "so-lieu.png"),
    "turned around": ("a\u202e\u2066fdp.docx", DOCX, "afdp.docx"),
    "a line break": ("a\r\nSet-Cookie: x.txt", b"text", "aSet-Cookie: x.txt"),
    "spaces around": ("  a.txt ", b"text", "a.txt"),
}


def test_a_name_is_kept_without_what_could_mislead(
    office: offices.Office, attach: Callable[..., str], subtests: pytest.Subtests
) -> None:
    for number, (what, (name, content, kept)) in enumerate(KEPT.items()):
        with subtests.test(what):
            version = attach(name, content + str(number).encode())
            assert office.engine.queries.file(DRAFTER, version).filename == kept


def test_the_type_is_ours_whatever_the_browser_says(office: offices.Office, attach: Callable[..., str]) -> None:
    for name, content, kind in [("a.docx", DOCX, demo.WORD), ("a.pdf", PDF, "application/pdf")]:
        version = attach(name, content, media_type="text/html")
        assert office.engine.queries.file(HEAD, version).media_type == kind


def test_only_what_the_step_makes_or_needs_can_be_attached(office: offices.Office, attach: Callable[..., str]) -> None:
    for artefact in ("du_thao_2", "opinions", "", "chi_thi_da_ky"):
        with refused(office, Invalid, "invalid") as found:
            attach("a.txt", b"text", artefact=artefact)
        assert offices.problems(found.value) == {"artefact": ["not_an_option"]}


def test_the_same_file_again_makes_no_version_and_no_entry(office: offices.Office, attach: Callable[..., str]) -> None:
    first = attach("a.docx", DOCX)
    before = offices.dump(office.engine)
    assert attach("a.docx", DOCX) == first
    assert attach("b.docx", DOCX) == first
    assert offices.dump(office.engine) == before


def test_versions_are_numbered_and_the_old_bytes_stay(office: offices.Office, attach: Callable[..., str]) -> None:
    ids = [attach("a.txt", content) for content in (b"one", b"two", b"one")]
    rows = office.read(sa.select(document_versions).order_by(document_versions.c.number))
    assert [(row.id, row.number) for row in rows] == [(ids[0], 1), (ids[1], 2), (ids[2], 3)]
    assert [office.engine.queries.file(DRAFTER, version).content for version in ids] == [b"one", b"two", b"one"]
    assert office.read(sa.select(sa.func.count()).select_from(files))[0][0] == 2
    told = office.read(sa.select(journal.c.kind).where(journal.c.kind == "document.added"))
    assert len(told) == 3


def test_a_finished_task_takes_no_more_files(office: offices.Office, attach: Callable[..., str]) -> None:
    offices.handles("xay_dung_du_thao")(office)
    before = offices.dump(office.engine)
    with pytest.raises(Exception, match="already completed") as found:
        attach("a.txt", b"later")
    assert found.value.code == "already_completed"
    assert offices.dump(office.engine) == before


def test_nobody_else_attaches_to_a_drafters_task(office: offices.Office) -> None:
    view: Any = office.task(DRAFTER, "xay_dung_du_thao")
    for person in ("cv.qlkh.2", HEAD):
        with refused(office, Forbidden, "not_assignee" if view.assignee else "not_candidate"):
            office.engine.cases.attach(person, view.id, "du_thao", "a.txt", "", b"text")
