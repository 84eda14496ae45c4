"""Every row of the conformance table, one test a row; and that the rows say what they must say."""

import pathlib
import re
from typing import Any

import pytest

from conformance import dmn_rows, feel_rows
from conformance.rows import HERE, Row, rows
from engine import dmn

ROWS = rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_feature_behaves_as_the_standard_says(row: Row) -> None:
    if row.reason:
        with pytest.raises(Exception):  # noqa: B017 - a row that runs must lose its reason
            row.run()
    else:
        row.run()


def test_no_feature_is_shown_twice() -> None:
    features = [row.feature for row in ROWS]
    assert sorted(features) == sorted(set(features))


def test_every_row_names_its_section() -> None:
    assert [row.id for row in ROWS if not re.fullmatch(r"((BPMN|DMN) )?(table )?\d+(\.\d+)+[^|]*", row.section)] == []


def test_every_row_expects_something() -> None:
    assert [row.id for row in ROWS if not row.expects] == []


def test_every_file_is_a_row() -> None:
    files = {file for folder in ("models", "feel", "decisions") for file in (HERE / folder).iterdir()}
    assert {file for file in files if file.is_file()} - {row.file for row in ROWS} == set()


def test_there_are_rows_of_all_three_kinds() -> None:
    kinds = [row.id.partition("/")[0] for row in ROWS]
    assert kinds.count("bpmn") >= 94 and kinds.count("feel") and kinds.count("dmn")


@pytest.mark.parametrize(
    "row",
    [
        {"cases": [["1 + 1", "3"]]},
        {"cases": [["1 + 1", '"2"']]},
        {"cases": [["[1, [2]]", '[1, ["2"]]']]},
        {"cases": [["true", "1"]]},
        {"cases": [['date("2020-01-01")', 'date and time("2020-01-01T00:00:00")']]},
        {"cases": [["null", 'number("no number")']]},
        {"unary": [["3", "< 3", "true"]]},
        {"fails": ["1 + 1"]},
    ],
    ids=str,
)
def test_a_wrong_claim_about_feel_is_found(row: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        feel_rows.check(row)


DECISION = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="m" name="m" namespace="m">
<decision id="size" name="Size"><decisionTable id="t" hitPolicy="UNIQUE">
  <input id="i"><inputExpression id="e"><text>amount</text></inputExpression></input>
  <output id="o"/>
  <rule id="r1"><inputEntry id="c1"><text>[0..10]</text></inputEntry>
    <outputEntry id="d1"><text>"small"</text></outputEntry></rule>
  <rule id="r2"><inputEntry id="c2"><text>&gt;= 10</text></inputEntry>
    <outputEntry id="d2"><text>"large"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('evaluate Size {amount: 5} = "small"', 'evaluate Size {amount: 5} = "large"'),
        ("evaluate size {amount: -1} = null", 'evaluate size {amount: -1} = "small"'),
        ("explains Size {amount: 50} rule 2", "explains Size {amount: 50} rule 1, 2"),
        ("explains Size {amount: -1} rule -", "explains Size {amount: 5} rule -"),
        ("stops Size {amount: 10} several_rules", "stops Size {amount: 10} limit"),
        ("stops Size {amount: 10} several_rules", "stops Size {amount: 5} several_rules"),
        ("stops Size {amount: 10} several_rules", 'evaluate Size {amount: 10} = "large"'),
    ],
)
def test_a_wrong_claim_about_a_decision_is_found(right: str, wrong: str) -> None:
    model = dmn.parse(DECISION, "m.dmn")
    dmn_rows.ask(model, right)
    with pytest.raises(AssertionError):
        dmn_rows.ask(model, wrong)


def test_a_file_that_should_have_been_refused_is_found(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "m.dmn"
    file.write_bytes(DECISION)
    with pytest.raises(AssertionError):
        dmn_rows.check(file, ["refused anything"])
    file.write_bytes(DECISION.replace(b"[0..10]", b"[0.."))
    dmn_rows.check(file, ["refused feel"])
    with pytest.raises(AssertionError):
        dmn_rows.check(file, ["refused another_reason"])
