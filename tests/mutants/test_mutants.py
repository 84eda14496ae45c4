"""Planted bugs: what is made, that it is really planted, and that rows and tests notice."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.rows import rows
from mutants import campaign, planting
from mutants.operators import Mutant, located, mutants, planted

ROOT = planting.ROOT
MANY = 200  # bugs at least, in a sample


def made(tmp_path: Path, text: str) -> list[Mutant]:
    (tmp_path / "module.py").write_text(text)
    return mutants(tmp_path, "module.py")


def told(tmp_path: Path, text: str) -> set[str]:
    return {bug.told() for bug in made(tmp_path, text)}


def run(*words: str, seconds: float = 250) -> subprocess.CompletedProcess[str]:
    """The tool in a process of its own: this one knows the engine already."""
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    command = [sys.executable, "-m", "mutants", *words]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=seconds)


def test_a_condition_has_its_bugs(tmp_path: Path) -> None:
    assert told(tmp_path, "def f(a, b):\n    if a < 1 and b:\n        return a\n    else:\n        return b\n") == {
        "`if a < 1 and b:` became `if not (a < 1 and b):`",
        "`if a < 1 and b:`: else dropped",
        "`if a < 1 and b:`: never entered",
        "`a < 1 and b` became `a < 1 or b`",
        "`a < 1 and b` became `b`",
        "`a < 1 and b` became `a < 1`",
        "`a < 1` became `a <= 1`",
        "`a < 1` became `a >= 1`",
        "`1` became `2`",
        "`1` became `0`",
        "`return a` became `return None`",
        "`return b` became `return None`",
    }


def test_statements_and_calls_have_their_bugs(tmp_path: Path) -> None:
    text = "def f(x):\n    x.put(2.5, x)\n    for y in x:\n        x.last = y\n        break\n"
    assert told(tmp_path, text) == {
        "`x.put(2.5, x)`: removed",
        "`x.put(2.5, x)` became `x.put(x, 2.5)`",
        "`for y in x:`: no turn",
        "`for y in x:`: first turn only",
        "`for y in x:`: first turn left out",
        "`x.last = y`: removed",
        "`break` became `continue`",
    }


@pytest.mark.parametrize(
    "text",
    [
        '"""Not 1 < 2."""\n',
        "def f(x: 'A | B' = None) -> 'list[1]':\n    pass\n",
        "class A:\n    def __repr__(self):\n        return str(1 < 2)\n",
        "def f(x):\n    raise ValueError(f'{1 + x}') from x[1]\n",
        "def f(run):\n    run.note('code', 'message', 1)\n",
        "Alias = int | str\n",
        "def f(x):\n    assert x > 1\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    x = 1\n",
    ],
)
def test_what_nobody_can_notice_is_not_planted(tmp_path: Path, text: str) -> None:
    assert {bug.told() for bug in made(tmp_path, text)} <= {"`raise ValueError(f'{1 + x}') from x[1]`: removed"}


def test_every_bug_has_a_name_of_its_own_and_changes_the_module() -> None:
    found = mutants(ROOT, "engine/bpmn/joins.py")
    assert len({bug.key for bug in found}) == len(found) > 200
    right = ast.unparse(ast.parse((ROOT / "engine/bpmn/joins.py").read_text(encoding="utf-8")))
    for bug in found[::10]:
        tree = planted(ROOT, bug)
        assert tree is not None and ast.unparse(tree) != right, bug
        compile(tree, "joins.py", "exec")


def test_a_bug_is_found_again_after_an_edit_elsewhere(tmp_path: Path) -> None:
    bug = made(tmp_path, "def f(x):\n    return x + 1\n")[0]
    (tmp_path / "module.py").write_text("def g(x):\n    return x + 1\n\n\ndef f(x):\n    return x + 1\n")
    again = located(tmp_path, bug)
    assert again is not None and again.line == bug.line + 4
    (tmp_path / "module.py").write_text("def f(x):\n    return x + 2\n")
    assert located(tmp_path, bug) is None


def test_every_row_has_a_bug_that_kills_it_and_no_other_row_is_listed() -> None:
    assert campaign.load().keys() == {row.id for row in rows() if not row.reason}, "run `make conformance`"


def test_a_dozen_rows_die_of_their_bugs() -> None:
    found = run("replay", "--count", "12")
    assert found.returncode == 0 and "12 replayed" in found.stdout, found.stdout + found.stderr


def test_a_bug_that_a_row_survives_is_told(tmp_path: Path) -> None:
    """The replay itself can fail: the bugs of two rows that have nothing to do with each other are exchanged."""
    text = (
        "import sys\nfrom mutants import campaign, planting\nplanting.warm(tests=False)\n"
        "kills = campaign.load()\nrow = 'bpmn/exclusive_gateway'\n"
        "wrong = campaign.replay({row: kills['bpmn/complex_n_of_m']})\n"
        "sys.exit(0 if len(wrong) == 1 and row in wrong[0] else 1)\n"
    )
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    subprocess.run([sys.executable, "-c", text], cwd=ROOT, env=env, check=True, timeout=100)


def test_every_survivor_has_its_reason() -> None:
    text = campaign.SURVIVORS.read_text(encoding="utf-8")
    listed = [line for line in text.splitlines() if line.startswith("- ")]
    assert campaign.TO_DO not in text
    assert len(campaign.reasons()) == len(listed)
    assert [line for line in listed if "*Equivalent*: " not in line and "*Not caught*: " not in line] == []


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_all_rows_die_of_their_bugs() -> None:
    found = run("replay", seconds=7000)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_nine_of_ten_planted_bugs_are_caught_and_the_others_are_listed() -> None:
    found = run("sample", seconds=4 * 3600)
    assert found.returncode == 0, found.stdout[-5000:] + found.stderr
    last = next(line for line in reversed(found.stdout.splitlines()) if " planted, " in line)
    count, caught = (int(word) for word in last.split() if word.isdigit())
    assert count >= MANY and caught >= 0.9 * count
