"""Every row of the conformance table, one test a row; and that the rows say what they must say."""

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
    assert files - {row.file for row in ROWS} == set()


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


@pytest.mark.parametrize(
    "line",
    [
        'evaluate Size {amount: 5} = "large"',
        "explains Size {amount: 5} rule 2",
        "explains Size {amount: 5} rule -",
        'evaluate Size {amount: 10} = "large"',
        "stops Size {amount: 10} limit",
        "stops Size {amount: 5} several_rules",
    ],
)
def test_a_wrong_claim_about_a_decision_is_found(line: str) -> None:
    file = HERE / "decisions" / "unique.dmn"
    with pytest.raises(AssertionError):
        dmn_rows.ask(dmn.parse(file.read_bytes(), file.name), line)


def test_a_file_that_should_have_been_refused_is_found() -> None:
    with pytest.raises(AssertionError):
        dmn_rows.check(HERE / "decisions" / "unique.dmn", ["refused anything"])
