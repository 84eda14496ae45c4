"""`trinhky plan` on a store: read in, shown, adopted; broken documents; the end of a year."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import servers
from webui.cli import main

MADE_UP = servers.ROOT / "tests" / "fixtures" / "plan_made_up.txt"


@pytest.fixture
def run(sqlite_demo_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TRINHKY_DATABASE_URL", sqlite_demo_url)
    return lambda *words: CliRunner().invoke(main, ["plan", *words])


def test_a_document_is_read_in_shown_and_adopted(run: Any) -> None:
    dry = run("import", str(MADE_UP), "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "T1  2024-02 – 2024-05 / 2024-06 / 2024-07  phong_qlkh  4 bullets, 5 entries, 5 results" in dry.output
    assert "conflict  T1  line 41, 98: dates_differ" in dry.output
    assert dry.output.endswith("Nothing was stored.\n")
    assert run("show", "--year", "2024").exit_code == 1
    stored = run("import", str(MADE_UP))
    assert "Stored as a draft: version 1 of 2024." in stored.output
    assert "version 1, draft" in run("show", "--year", "2024").output
    adopted = run("adopt", "--year", "2024", "--version", "1")
    assert adopted.output == "Version 1 of 2024 is in force; 0 cases moved along.\n"
    assert "version 1, adopted" in run("show").output


def test_a_broken_document_lists_its_problems(run: Any, tmp_path: Path) -> None:
    broken = tmp_path / "hong.txt"
    broken.write_text(MADE_UP.read_text().replace("\tTháng 2\t", "\tTháng 13\t"))
    answer = run("import", str(broken))
    assert answer.exit_code == 1
    assert "hong.txt:96: expected a month" in answer.output
    assert "1 problems; nothing was stored." in answer.output


def test_a_year_that_is_not_clear_is_not_closed(run: Any) -> None:
    answer = run("close", "2022", "--carry", "T1", "--leave", "T2=Không thực hiện trong năm")
    assert answer.exit_code == 1
    assert "T2     not_begun  -> leave" in answer.output
    assert "expected December of 2022" in answer.output
