"""`trinhky simulate`: the table, the JSON, the file of assumptions, history, and how it says no."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import offices
from kernel_models import xml
from webui.cli import main

At = Callable[..., offices.Office]
T1 = Path(__file__).parents[1] / "workflows" / "chi_thi_khcn" / "chi_thi_khcn.bpmn"


def run(*arguments: object, **env: str) -> Result:
    words = ["simulate", *arguments, "--processes", 1]
    return CliRunner().invoke(main, [str(word) for word in words], env=env, catch_exceptions=False)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "p.bpmn"
    file.write_bytes(xml('<startEvent id="s"/><userTask id="a" name="Soạn"/><endEvent id="e"/>\n~ s a e'))
    return file


def test_t1_is_told_as_a_table_with_its_assumptions() -> None:
    result = run(T1, "--cases", 40)
    assert result.exit_code == 0 and result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == "chi_thi_khcn: 40 cases, 40 finished, seed 1" and "GIẢ ĐỊNH" in lines[1]
    for word in ("days", "finished", "limit", "rework", "end", "where the time goes", "who is busy"):
        assert any(line.startswith(f"  {word}") for line in lines), word
    assert any("xay_dung_du_thao" in line and "Xây dựng dự thảo" in line for line in lines)
    assert max(len(line) for line in lines[2:]) <= 130
    assert "more (--all)" in result.stdout and "more (--all)" not in run(T1, "--cases", 2, "--all").stdout


def test_the_json_is_the_result_and_the_seed_decides_it() -> None:
    first, again, other = (run(T1, "--cases", 20, "--seed", seed, "--json").stdout for seed in (4, 4, 5))
    assert first == again != other
    assert json.loads(first)["cases"] == 20 and json.loads(first)["parameters"]["about"]


def test_without_a_file_steps_take_a_day_and_are_named(model: Path) -> None:
    result = run(model, "--cases", 3)
    assert result.exit_code == 0
    assert "Assumed, because nothing was stated: a" in result.stdout


def test_a_file_of_ones_own(model: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    given = {"people": {"r": 1}, "arrivals": "PT1H", "elements": {"a": {"duration": "PT2H", "role": "r"}}}
    file.write_text(json.dumps(given), encoding="utf-8")
    lines = run(model, "--params", file, "--cases", 30).stdout.splitlines()
    (role,) = (line.split() for line in lines if line.startswith("  r "))
    assert role[1:3] == ["1", "30"] and role[-1] == "15"


def test_cases_that_do_not_end_are_told_and_shown_in_the_exit_status(model: Path) -> None:
    (model.parent / "simulation.json").write_text('{"elements": {"a": {"outcomes": [{"never": true}]}}}')
    result = run(model, "--cases", 3)
    assert result.exit_code == 3
    assert "p: 3 cases, 0 finished, seed 1" in result.stdout and "waiting: task a" in result.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"people": {"r": 0}}', "people.r: expected a whole number from 1, found 0"),
        ('{"elements": {"b": {}}}', "elements.b: expected an element of the model, found 'b'"),
        ("[1]", "expected a JSON object"),
        ("{", "expected JSON"),
    ],
)
def test_a_faulty_file_is_refused_in_one_sentence(model: Path, text: str, said: str) -> None:
    (model.parent / "simulation.json").write_text(text)
    result = run(model)
    assert result.exit_code in (1, 2) and said in result.stderr


def test_history_comes_before_what_the_file_assumes(office_at: At) -> None:
    office = office_at(offices.STOPS[-1])
    office.finish()
    result = run(T1, "--cases", 5, "--from-history", "--json", TRINHKY_DATABASE_URL=office.engine.settings.database_url)
    assert "Learned from 1 cases of chi_thi_khcn" in result.stderr
    told = json.loads(result.stdout)
    assert told["parameters"]["elements"]["duyet_du_thao"]["duration"] == {"sample": [1.0]}
    assert "limits" in told["parameters"] and told["ends"][0]["end"] == "da_ban_hanh"
