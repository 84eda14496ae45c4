"""Rules of the tree that no other tool checks. What ruff, mypy and import-linter can say is said in pyproject.toml."""

import ast
import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator

import pytest

from servers import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def modules(*folders: str) -> Iterator[tuple[str, str]]:
    """Path and text of every Python module under the folders."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text()


def matching(pattern: str, *folders: str) -> list[str]:
    """`path:line: text` of every line of the code under the folders that matches; comments and strings count too."""
    return [
        f"{path}:{number}: {line.strip()}"
        for path, text in modules(*folders)
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(pattern, line)
    ]


def requirements() -> list[str]:
    groups = PROJECT["dependency-groups"].values()
    return [*PROJECT["project"]["dependencies"], *(line for group in groups for line in group)]


def test_every_dependency_is_pinned_with_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for requirement in requirements():
        assert re.fullmatch(r"[A-Za-z0-9_.\[\]-]+==[0-9][^,*]*", requirement), requirement
        assert re.search(re.escape(requirement) + r'".*# \S', text), f"{requirement} stands without its reason"


def test_the_locks_hold_the_pins_of_the_project_file() -> None:
    locked = {line.split(" ")[0] for lock in LOCKS for line in lock.read_text().splitlines() if "==" in line}
    for requirement in requirements():
        name, _, version = re.sub(r"\[.*\]", "", requirement).partition("==")
        assert f"{name.lower().replace('_', '-')}=={version}" in locked, f"{requirement}: run `make lock`"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_names_hashes_and_no_registry(lock) -> None:
    text = lock.read_text()
    assert not re.search(r"https?:|--index-url|--find-links|--extra-index", text)
    for block in re.split(r"\n(?=[a-z])", text):
        assert "==" not in block or "--hash=sha256:" in block, block[:60]


def test_the_front_end_lock_names_no_registry() -> None:
    packages = json.loads((ROOT / "webui/frontend/package-lock.json").read_text())["packages"]
    assert len(packages) > 1
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_make_help_lists_every_target_one_may_call() -> None:
    out = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = set(re.findall(r"^ +make ([\w-]+)", out, re.MULTILINE))
    everyday = {"help", "run", "test", "check", "bench", "conformance", "coverage-plan", "fmt"}
    assert listed == everyday | {"soak", "screenshots", "lock", "clean"}


@pytest.mark.parametrize("script", sorted((ROOT / ".ci").iterdir()), ids=lambda path: path.name)
def test_a_ci_script_can_be_run(script) -> None:
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_a_transaction_begins_in_the_door_and_nowhere_else() -> None:
    # The kernel may begin what it likes: import-linter keeps databases away from it.
    elsewhere = [
        line
        for line in matching(r"\.begin(_nested)?\(", "engine", "webui")
        if not line.startswith(("engine/door.py", "engine/bpmn/"))
    ]
    assert elsewhere == []


def test_nobody_commits_or_rolls_back() -> None:
    assert matching(r"\.(commit|rollback)\(", "engine", "webui") == []


def test_only_the_clock_reads_the_clock() -> None:
    pattern = r"\b(datetime|date)\.(now|utcnow|today)\(|\btime\.time(_ns)?\(|\buuid[1-7]\("
    found = [line for line in matching(pattern, "engine", "webui") if not line.startswith("engine/clock.py")]
    assert found == []


def test_no_expression_is_run_as_python() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, text in modules("engine", "webui")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Name) and node.id in {"eval", "exec", "__import__"}
    ]
    assert found == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path
        for path, text in modules("engine", "webui", "migrations")
        if text and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []


def test_no_module_is_too_long_to_read() -> None:
    assert [path for path, text in modules("engine", "webui") if text.count("\n") > 600] == []


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils.py", "util.py", "helpers.py", "misc.py", "common.py", "interfaces.py"}
    assert [path for path, _ in modules("engine", "webui") if path.rpartition("/")[2] in drawers] == []


@pytest.mark.parametrize("decision", sorted((ROOT / "docs/decisions").glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_has_context_decision_and_consequences(decision) -> None:
    assert re.findall(r"^## (.*)$", decision.read_text(), re.MULTILINE)[:3] == ["Context", "Decision", "Consequences"]
