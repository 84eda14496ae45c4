"""The workflow folders pass lint, and the command says so."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine import lint
from webui.cli import main

ROOT = Path(__file__).parents[1] / "workflows"
T1 = ROOT / "chi_thi_khcn" / "chi_thi_khcn.bpmn"
MODELS = sorted(ROOT.glob("*/*.bpmn"))


@pytest.fixture(scope="module")
def reports() -> dict[Path, lint.Report]:
    return lint.paths([ROOT], people=ROOT / "demo")


def test_every_workflow_is_sound_and_without_errors(reports: dict[Path, lint.Report]) -> None:
    assert sorted(reports) == MODELS
    for path, report in reports.items():
        assert [str(f) for f in report.errors] == [], path
        assert report.complete and report.states > 1, path


def test_the_only_warnings_are_gates_that_one_person_decides(reports: dict[Path, lint.Report]) -> None:
    warned = {(path.stem, f.rule) for path, report in reports.items() for f in report.findings}
    assert {rule for _, rule in warned} <= {"gate_without_deputy"}
    assert {f.element for f in reports[T1].findings} >= {"ky_trinh", "chi_dao"}


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["lint", *arguments])
    return result.exit_code, result.output


def test_the_command_lists_findings_and_states() -> None:
    code, out = run(str(T1), "--people", str(ROOT / "demo"))
    assert code == 0
    assert out.startswith(f"{T1}: explored ") and "no fault found\n" in out
    assert "warning [ky_trinh]: " in out and "(gate_without_deputy)" in out


def test_a_fault_makes_the_command_fail_and_shows_its_run(tmp_path: Path) -> None:
    folder = tmp_path / "chi_thi_khcn"
    shutil.copytree(T1.parent, folder)
    shutil.copytree(ROOT / "shared", tmp_path / "shared")
    model = folder / T1.name
    text = model.read_text("utf-8")
    assert text.count('<bpmn:parallelGateway id="gop_chuan_bi">') == 1
    head, tail = text.split('<bpmn:parallelGateway id="gop_chuan_bi">')
    tail = tail.replace("</bpmn:parallelGateway>", "</bpmn:exclusiveGateway>", 1)
    model.write_text(f'{head}<bpmn:exclusiveGateway id="gop_chuan_bi">{tail}', "utf-8")
    code, out = run(str(folder), "--json", "--states", "300")
    assert code == 1
    (told,) = json.loads(out).values()
    doubled = [f for f in told["findings"] if f["rule"] == "doubled"]
    assert [f["element"] for f in doubled] == ["chon_hinh_thuc"]
    assert [a["do"] for a in doubled[0]["trace"]] == ["start", "complete", "complete", "complete"]
    assert told["states"] >= 300 and not told["complete"]


def test_a_file_that_is_not_bpmn_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "x.bpmn").write_text("<definitions/>")
    code, out = run(str(tmp_path))
    assert code == 1 and "(model)" in out
