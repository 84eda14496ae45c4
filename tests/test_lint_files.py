"""The workflow folders pass lint, and the command says so."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine import bpmn, forms, lint
from kernel_models import xml
from webui.cli import main

ROOT = Path(__file__).parents[1] / "workflows"
T1 = ROOT / "chi_thi_khcn" / "chi_thi_khcn.bpmn"
MODELS = sorted(ROOT.glob("*/*.bpmn"))


@pytest.fixture(scope="module")
def reports() -> dict[Path, lint.Report]:
    return lint.paths([ROOT], people=ROOT / "demo")


# Three strands side by side through a whole year: more states than are explored; those that are, are sound.
TOO_LARGE = {"iso_9001"}


def test_every_workflow_is_sound_and_without_errors(reports: dict[Path, lint.Report]) -> None:
    assert sorted(reports) == MODELS
    for path, report in reports.items():
        assert [str(f) for f in report.errors] == [], path
        assert (report.complete or path.stem in TOO_LARGE) and report.states > 1, path


def test_the_only_warnings_are_gates_that_one_person_decides(reports: dict[Path, lint.Report]) -> None:
    warned = {(path.stem, f.rule) for path, report in reports.items() for f in report.findings}
    assert {rule for name, rule in warned if (name, rule) != ("iso_9001", "cap_reached")} <= {"gate_without_deputy"}
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


def test_the_same_in_vietnamese(tmp_path: Path) -> None:
    code, out = run(str(T1), "--people", str(ROOT / "demo"), "--lang", "vi")
    assert code == 0
    assert out.startswith(f"{T1}: Đã xét 249 trạng thái, không thấy lỗi.\n")
    assert "  cảnh báo [ky_trinh]: Chỉ một người quyết định được ở «Giám đốc duyệt, ký báo cáo»" in out


STUCK = """<startEvent id="s" name="Nhận việc"/><userTask id="a" name="Soạn dự thảo"/>
<exclusiveGateway id="x" name="Đủ?"/>
<userTask id="b" name="Bổ sung"/><parallelGateway id="j"/><endEvent id="e"/>
~ s a x
~ x b if k
~ x j default
~ b j e
"""


def test_a_run_is_told_in_words_and_numbered(tmp_path: Path) -> None:
    model = tmp_path / "p.bpmn"
    model.write_bytes(xml(STUCK))
    code, out = run(str(model), "--lang", "vi")
    assert code == 1
    assert "lỗi [j]: Hồ sơ có thể kẹt mãi ở cổng song song j" in out
    assert "      1. Bắt đầu «P»\n      2. Hoàn thành «Soạn dự thảo»\n      3. chọn «j»\n" in out
    assert "      2. Complete “Soạn dự thảo”\n" in run(str(model))[1]


def test_json_has_keys_that_stay(tmp_path: Path) -> None:
    model = tmp_path / "p.bpmn"
    model.write_bytes(xml(STUCK))
    code, out = run(str(model), "--json", "--lang", "vi")
    (told,) = json.loads(out).values()
    assert code == 1 and told.keys() == {"findings", "states", "complete"}
    found = next(f for f in told["findings"] if f["rule"] == "deadlock")
    assert found.keys() == {"rule", "severity", "element", "message", "params", "trace", "words", "run"}
    assert found["run"] == ["Bắt đầu «P»", "Hoàn thành «Soạn dự thảo»", "chọn «j»"]
    assert found["words"].startswith("Hồ sơ có thể kẹt mãi") and found["message"].startswith("A token can wait")


def test_time_and_states_can_be_limited(tmp_path: Path) -> None:
    code, out = run(str(T1), "--seconds", "0")
    assert code == 0 and "(time_reached)" in out and "(not all of them)" in out
    assert "(cap_reached)" in run(str(T1), "--states", "9")[1]
    assert "explored 0 states" in run(str(T1), "--states", "0")[1]


def test_nothing_to_check_is_not_a_success(tmp_path: Path) -> None:
    code, out = run(str(tmp_path))
    assert code == 2 and "Expected at least one .bpmn file." in out


def test_faulty_forms_and_decisions_beside_a_model_are_told_with_their_file(tmp_path: Path) -> None:
    (tmp_path / "q" / "forms").mkdir(parents=True)
    (tmp_path / "q" / "p.bpmn").write_bytes(xml(STUCK))
    (tmp_path / "q" / "forms" / "f.form").write_text("{}")
    (tmp_path / "q" / "t.dmn").write_text("<x/>")
    code, out = run(str(tmp_path), "--lang", "vi")
    assert code == 1
    assert "f.form: " in out and "t.dmn: Tệp không phải DMN." in out and "(deadlock)" in out


TEN_FAULTS = Path(__file__).parent / "fixtures" / "ten_faults.bpmn"


def test_ten_planted_faults_are_ten_errors_at_ten_elements() -> None:
    source = TEN_FAULTS.read_bytes()
    known = {path.stem: forms.parse(path.read_bytes(), path.name) for path in ROOT.glob("*/forms/*.form")}
    lanes = json.loads((ROOT / "demo" / "lanes.json").read_text("utf-8"))["lanes"]
    facts = lint.Facts(
        known, {"ca_sign_and_issue"}, {"dinh_tuyen_van_ban"}, {x["lane"]: 2 for x in lanes}, source=source
    )
    errors = [f for f in lint.check(bpmn.compile(source, strict=False), facts) if f.severity == "error"]
    planted = {e for e in re.findall(r'id="(loi_[a-z_]+)"', source.decode())}
    assert len(errors) == 10 == len({f.rule for f in errors})
    assert {f.element for f in errors} <= planted


def test_the_same_model_gives_the_same_text_whatever_the_hashes_are() -> None:
    said = set()
    for seed in ("1", "2"):
        around = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-m", "webui.cli", "lint", "--json", str(TEN_FAULTS), str(T1)]
        said.add(subprocess.run(command, env=around, capture_output=True, check=False, cwd=ROOT.parent).stdout)
    assert len(said) == 1 and b"deadlock" in said.pop()
