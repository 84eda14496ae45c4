"""`docs/conformance.md` says what a run of the rows says now."""

from dataclasses import replace

import pytest

from conformance import page, tck
from conformance.rows import rows
from mutants import campaign

ROWS = rows()
WRITTEN = page.PAGE.read_text(encoding="utf-8")
KIT_THERE = tck.KIT.is_dir()


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    return page.results(ROWS)


def differs(chosen: tuple, found: dict[str, str]) -> bool:
    """Whether the written page is another one than that of these rows and results."""
    now = page.render(chosen, found, campaign.load(), page.kit() if KIT_THERE else "")
    return page.comparable(now, KIT_THERE) != page.comparable(WRITTEN, KIT_THERE)


def test_the_page_is_that_of_the_rows(found: dict[str, str]) -> None:
    assert not differs(ROWS, found), "run `make conformance` and commit docs/conformance.md"


def test_a_row_that_the_page_misses_would_be_found(found: dict[str, str]) -> None:
    more = replace(ROWS[3], id="bpmn/more", feature="More")
    assert differs((*ROWS, more), {**found, "bpmn/more": page.FULL})


def test_a_row_that_is_not_there_any_more_would_be_found(found: dict[str, str]) -> None:
    assert differs(ROWS[1:], found)


def test_a_row_that_fails_is_not_told_as_full(found: dict[str, str]) -> None:
    def fail() -> None:
        raise AssertionError("not so")

    row = replace(ROWS[0], act=fail)
    result = page.results((row,))
    assert page.FULL not in result[row.id] and "not so" in result[row.id]
    assert differs(ROWS, {**found, **result})


def test_a_reason_that_is_not_true_any_more_is_told() -> None:
    row = replace(ROWS[0], reason="not there yet")
    assert "holds" in page.results((row,))[row.id]


def test_every_row_is_full_or_has_its_reason_and_a_bug(found: dict[str, str]) -> None:
    assert {name: said for name, said in found.items() if "**" in said} == {}
    assert page.NO_BUG not in WRITTEN
