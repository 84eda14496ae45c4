"""The command `trinhky`: trying models out, loading the demo, deploying, checking journals; and how it says no."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

import offices
from engine.records import cases, journal
from webui.cli import main

ROOT = Path(__file__).parents[1]
WORKFLOWS, ANSWERS = ROOT / "workflows", ROOT / "tests" / "scenarios" / "answers"
T1 = WORKFLOWS / "chi_thi_khcn" / "chi_thi_khcn.bpmn"
MONTHS = (ANSWERS / "case.json").read_text(encoding="utf-8")

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Runs the command in this process: run("play", …, TRINHKY_DATABASE_URL=…)."""

    def run(*arguments: object, **env: str) -> Result:
        return CliRunner().invoke(main, [str(word) for word in arguments], env=env, catch_exceptions=False)

    return run


def on(url: str) -> dict[str, str]:
    return {"TRINHKY_DATABASE_URL": url}


# --- play ---------------------------------------------------------------------------------------------------------


def play(run: Run, answers: str, *more: object) -> tuple[Result, list[dict[str, Any]]]:
    result = run("play", T1, "--vars", MONTHS, "--answers", ANSWERS / f"{answers}.json", "--json", *more)
    return result, [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("answers", "how", "visits"),
    [
        ("happy", "completed", {"chi_dao": 1, "hoan_thien_ho_so": 1, "phat_hanh": 1}),
        ("returned_twice", "completed", {"chi_dao": 3, "hoan_thien_ho_so": 3, "phat_hanh": 1}),
        ("two_silent", "completed", {"hoan_thien_du_thao_2": 1, "phat_hanh": 1}),
        ("refused", "terminated", {"chi_dao": 1, "phat_hanh": 0}),
    ],
)
def test_t1_is_played_to_its_end(run: Run, answers: str, how: str, visits: dict[str, int]) -> None:
    result, events = play(run, answers)
    assert result.exit_code == 0
    ended = [event for event in events if event["e"] == "instance.ended"]
    assert [event["how"] for event in ended] == [how]
    entered = [event["el"] for event in events if event["e"] == "element.entered"]
    assert {element: entered.count(element) for element in visits} == visits
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)


def test_two_silent_members_are_waited_for_until_their_time_is_over(run: Run) -> None:
    _, events = play(run, "two_silent")
    names = [event["e"] for event in events if event.get("el") == "hoi_dong_gop_y" and event["e"].startswith("task.")]
    assert (names.count("task.opened"), names.count("task.completed")) == (7, 5)
    (fired,) = [event for event in events if event["e"] == "timer.fired"]
    assert any(event["e"] == "shards.dropped" and event["at"] == fired["at"] for event in events)


def test_play_prints_one_event_a_line_for_people(run: Run) -> None:
    result = run("play", T1, "--vars", MONTHS, "--answers", ANSWERS / "happy.json")
    lines = result.stdout.splitlines()
    assert len(lines) == len(play(run, "happy")[1])
    assert any("instance.ended" in line and "how=completed" in line for line in lines)


def test_play_says_when_nothing_moves_any_more(run: Run, tmp_path: Path) -> None:
    half = json.loads((ANSWERS / "happy.json").read_text(encoding="utf-8"))
    del half["chi_dao"]
    file = tmp_path / "half.json"
    file.write_text(json.dumps(half), encoding="utf-8")
    result = run("play", T1, "--vars", MONTHS, "--answers", file)
    assert result.exit_code == 3
    assert "waits" in result.stderr


def test_play_stops_at_an_instant(run: Run) -> None:
    result, events = play(run, "two_silent", "--until", "2022-02-01T00:00")
    assert result.exit_code == 3
    assert max(event["at"] for event in events) < "2022-01-31T17:00:00Z"


@pytest.mark.parametrize("text", ["{", "[1]", '"x"'])
def test_variables_that_are_no_object_are_words_of_the_command_line_gone_wrong(run: Run, text: str) -> None:
    result = run("play", T1, "--vars", text)
    assert result.exit_code == 2
    assert "--vars" in result.stderr


def test_a_model_that_cannot_be_read_is_refused_with_all_its_problems(run: Run, tmp_path: Path) -> None:
    shutil.copytree(WORKFLOWS / "chi_thi_khcn", tmp_path / "t")
    broken = tmp_path / "t" / "chi_thi_khcn.bpmn"
    text = broken.read_text(encoding="utf-8")
    broken.write_text(text.replace('targetRef="tinh_trang"', 'targetRef="x1"').replace("=resubmit", "=1 +"), "utf-8")
    result = run("play", broken)
    assert result.exit_code == 1
    assert len([line for line in result.stderr.splitlines() if "chi_thi_khcn.bpmn [" in line]) >= 2
    broken.write_text(text.replace("<bpmn:definitions", "<!DOCTYPE x>\n<bpmn:definitions", 1), "utf-8")
    result = run("play", broken)
    assert (result.exit_code, "doctype" in result.stderr) == (1, True)


# --- decide -------------------------------------------------------------------------------------------------------

STATUS = WORKFLOWS / "shared" / "trang_thai_tien_do.dmn"


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2022-03-31", "hoan_thanh_dung_han"),
        ("2022-04-05", "hoan_thanh_cham_kh"),
        ("2022-05-04", "hoan_thanh_qua_han"),
    ],
)
def test_a_decision_table_says_its_result_and_which_row_decided(run: Run, day: str, status: str) -> None:
    facts = {**json.loads(MONTHS), "finished_on": day, "started": True, "stopped": False, "paused": False}
    result = run("decide", STATUS, "--vars", json.dumps({**facts, "as_of": day}))
    assert result.exit_code == 0
    assert json.loads(result.stdout.splitlines()[0])["status"] == status
    assert "row" in result.stdout
    explained = json.loads(run("decide", STATUS, "--json", "--vars", json.dumps({**facts, "as_of": day})).stdout)
    assert explained["value"]["status"] == status
    (step,) = explained["explanation"]
    assert {each["name"] for each in step["requires"]} >= {"as_of", "finished_on"}
    (table,) = step["tables"]
    assert len(table["rules"]) + len(table["others"]) > 3
    assert all(other["test"] for other in table["others"] if other["input"])


def test_a_decision_says_why_other_rows_did_not_hit_and_which_input_is_wrong(run: Run) -> None:
    routing = WORKFLOWS / "shared" / "dinh_tuyen_van_ban.dmn"
    result = run("decide", routing, "--vars", '{"doc_kind": "chi_thi", "issuer": "ubnd_tinh", "isuer": "x"}')
    assert 'row 1: Loại văn bản = "chi_thi" does not fit "nghi_quyet"' in result.stdout
    assert "isuer: Expected one of the inputs" in result.stderr
    result = run("decide", routing, "--vars", '{"doc_kind": 3}')
    assert "doc_kind: Expected a string, found number 3." in result.stderr


def test_a_faulty_file_is_tried_and_its_problems_are_told(run: Run, tmp_path: Path) -> None:
    faulty = tmp_path / "faulty.dmn"
    decisions = "".join(
        f'<decision id="{key}" name="{key}"><literalExpression><text>{text}</text></literalExpression></decision>'
        for key, text in (("right", "1 + 1"), ("wrong", "1 +"))
    )
    faulty.write_text(f'<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/">{decisions}</definitions>')
    for key, value in (("right", "2"), ("wrong", "null")):
        result = run("decide", faulty, "--decision", key)
        assert (result.exit_code, result.stdout.splitlines()[0]) == (1, value)
        assert "faulty.dmn [wrong]" in result.stderr


def test_an_unknown_decision_is_refused_with_those_that_there_are(run: Run) -> None:
    result = run("decide", STATUS, "--decision", "khong_co")
    assert result.exit_code == 1
    assert "trang_thai_tien_do" in result.stderr


# --- the store ----------------------------------------------------------------------------------------------------


def test_loading_the_demo_again_changes_nothing(run: Run, demo_url: str) -> None:
    core = offices.open_engine(demo_url)
    before = offices.dump(core)
    result = run("demo", **on(demo_url))
    assert result.exit_code == 0
    assert "deployed" not in result.stdout
    assert "gd.so" in result.stdout
    assert offices.dump(core) == before
    core.close()


def test_a_store_is_made_and_migrated_as_often_as_one_likes(run: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    for _ in range(2):
        assert run("migrate", **on(url)).exit_code == 0
    result = run("demo", **on(url))
    deployed = {line.split(",")[0].split()[-1] for line in result.stdout.splitlines() if "deployed" in line}
    assert deployed == {path.stem for path in (ROOT / "workflows").glob("*/*.bpmn")}
    assert "deployed" not in run("demo", **on(url)).stdout, "what is there already is not deployed again"


def test_the_demo_is_played_up_to_a_day(run: Run, demo_url: str) -> None:
    result = run("demo", "--as-of", "2022-03-24", **on(demo_url))
    assert result.exit_code == 0, result.output
    assert re.search(r"played \d+ acts of the year up to 2022-03-24", result.stdout)
    assert "24/03/2022 17:00" in result.stdout
    core = offices.open_engine(demo_url)
    office = offices.Office(core)
    office.case_id = office.read(sa.select(cases.c.id).where(cases.c.process_id == "chi_thi_khcn"))[0].id
    assert office.waits() == {"ky_trinh": ["dept_director"]}
    assert office.task(offices.DIRECTOR, "ky_trinh").gate.round == 2
    assert office.faults() == []
    core.close()

    # Time is not taken back, and what was played is not played again.
    assert run("demo", "--as-of", "2022-03-20", **on(demo_url)).exit_code == 1
    again = run("demo", "--as-of", "2022-03-25", **on(demo_url))
    assert (again.exit_code, "played 0 acts" in again.stdout) == (0, True)
    later = run("demo", "--advance", "3", **on(demo_url))
    assert "28/03/2022 17:00" in later.stdout


def test_the_demos_whole_story_ends_with_the_directive(run: Run, sqlite_demo_url: str) -> None:
    result = run("demo", "--as-of", "2022-04-06", **on(sqlite_demo_url))
    assert result.exit_code == 0, result.output
    core = offices.open_engine(sqlite_demo_url)
    case = core.queries.case(offices.SECRETARY, "HS-2022-001")
    assert (case.state, case.result[0]) == ("completed", "01/CT-UBND")
    core.close()
    assert run("audit", "verify", **on(sqlite_demo_url)).exit_code == 0


@pytest.mark.parametrize("day", ["tomorrow", "2022-13-01", ""])
def test_a_day_that_is_none_is_refused_in_a_sentence(run: Run, sqlite_demo_url: str, day: str) -> None:
    result = run("demo", "--as-of", day, **on(sqlite_demo_url))
    assert result.exit_code in (0, 1, 2)
    assert (result.exit_code == 0) == (day == "")
    assert "Traceback" not in result.output


# --- audit --------------------------------------------------------------------------------------------------------


def test_audit_verifies_and_finds_a_changed_byte(run: Run, office_at: Callable[..., offices.Office]) -> None:
    office = office_at("hoi_dong_gop_y")
    url = on(office.engine.settings.database_url)
    for words in (("audit", "verify"), ("audit", "verify", "--case", "HS-2022-001")):
        result = run(*words, **url)
        assert result.exit_code == 0, result.output
        assert "HS-2022-001" in result.stdout
    with office.engine.statements().begin() as connection:
        fifth = journal.c.seq == 5
        payload = connection.execute(sa.select(journal.c.payload).where(fifth)).scalar_one()
        connection.execute(sa.update(journal).where(fifth).values(payload=payload.replace("T1", "T2") + " "))
    result = run("audit", "verify", **url)
    assert result.exit_code == 1
    assert "entry 5: the payload is not what was written" in result.stdout
    assert run("audit", "verify", "--case", "HS-2022-999", **url).exit_code == 1


# --- deploy -------------------------------------------------------------------------------------------------------


def test_deploying_says_what_is_new_or_everything_that_is_wrong(run: Run, sqlite_demo_url: str, tmp_path: Path) -> None:
    for name in ("shared", "chi_thi_khcn"):
        shutil.copytree(WORKFLOWS / name, tmp_path / name)
    folder, model = tmp_path / "chi_thi_khcn", tmp_path / "chi_thi_khcn" / "chi_thi_khcn.bpmn"
    result = run("deploy", folder, tmp_path / "shared", **on(sqlite_demo_url))
    assert (result.exit_code, result.stdout) == (0, "Nothing is new.\n")
    text = model.read_text(encoding="utf-8")
    model.write_text(text.replace('formId="phieu_giao_viec"', 'formId="khong_co"'), encoding="utf-8")
    result = run("deploy", folder, tmp_path / "nowhere", **on(sqlite_demo_url))
    assert result.exit_code == 1
    assert "chi_thi_khcn.bpmn [phan_cong]" in result.stderr
    assert "nowhere" in result.stderr
    model.write_text(text.replace("Phân công người soạn thảo", "Phân công"), encoding="utf-8")
    result = run("deploy", folder, **on(sqlite_demo_url))
    assert (result.exit_code, result.stdout) == (0, "deployed chi_thi_khcn, version 2\n")


# --- the command itself -------------------------------------------------------------------------------------------


def test_every_command_explains_itself(run: Run) -> None:
    overview = run("--help").stdout
    for command in ("serve", "worker", "migrate", "demo", "deploy", "play", "decide", "audit"):
        assert f"  {command} " in overview
        assert run(command, "--help").exit_code == 0


def test_a_setting_that_does_not_exist_is_an_error(run: Run, sqlite_url: str) -> None:
    result = run("migrate", TRINHKY_DATABASE_ULR="x", **on(sqlite_url))
    assert result.exit_code == 1
    assert "TRINHKY_DATABASE_ULR" in result.stderr
    result = run("migrate", **on("mysql://nowhere"))
    assert result.exit_code == 1
    assert "mysql" in result.stderr


def test_a_store_without_the_demo_says_what_to_run(run: Run, sqlite_url: str) -> None:
    result = run("deploy", WORKFLOWS / "shared", **on(sqlite_url))
    assert result.exit_code in (0, 1)
    assert "Traceback" not in result.output
