"""The DMN Technology Compatibility Kit, level 2: every case of every model must give the published result.

The kit is other people's data and is not part of this repository; it is read where the reference suites lie beside it.
"""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from engine import dmn, feel

KIT = Path(__file__).resolve().parents[3] / "shared" / "dmn-tck"
TESTS = sorted(KIT.glob("*/*-test-*.xml")) if KIT.is_dir() else []
SPACE = "{http://www.omg.org/spec/DMN/20160719/testcase}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def cases():
    for path in TESTS:
        for case in etree.parse(path).getroot().iter(f"{SPACE}testCase"):
            yield pytest.param(path, case, id=f"{path.parent.name}/{case.get('id')}")


def read(node):
    """The value of an `inputNode`, `component`, `item` or `expected`."""
    inner = node.find(f"{SPACE}list")
    if inner is not None:
        return None if inner.get(f"{XSI}nil") == "true" else [read(each) for each in inner.iter(f"{SPACE}item")]
    components = node.findall(f"{SPACE}component")
    if components:
        return {each.get("name"): read(each) for each in components}
    value = node.find(f"{SPACE}value")
    if value is None or value.get(f"{XSI}nil") == "true":
        return None
    text, kind = value.text or "", (value.get(f"{XSI}type") or "xsd:string").split(":")[-1]
    match kind:
        case "string":
            return text
        case "boolean":
            return text == "true"
        case "decimal" | "double" | "integer":
            return Decimal(text)
        case "date":
            return dt.date.fromisoformat(text)
    return feel.compile_expression(f'@"{text}"').evaluate({})


def same(found, expected):
    """Equal, numbers to eight digits after the point as the kit's own runners compare them."""
    if isinstance(expected, Decimal):
        return isinstance(found, Decimal) and abs(found - expected) < Decimal("1e-8")
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(same(found[k], v) for k, v in expected.items())
        )
    return type(found) is type(expected) and found == expected


@pytest.mark.skipif(not TESTS, reason=f"The DMN TCK is not here: expected its folders in {KIT}.")
@pytest.mark.parametrize(("path", "case"), list(cases()))
def test_a_case_of_the_kit_gives_the_published_result(path, case):
    model = path.parent / case.getroottree().getroot().findtext(f"{SPACE}modelName")
    decisions = dmn.parse(model.read_bytes(), model.name)
    context = {each.get("name"): read(each) for each in case.findall(f"{SPACE}inputNode")}
    for node in case.findall(f"{SPACE}resultNode"):
        try:
            found = decisions.decision(node.get("name")).evaluate(context).value
        except dmn.DecisionError:
            found = None
        expected = read(node.find(f"{SPACE}expected"))
        assert same(found, expected), f"{node.get('name')}: expected {expected!r}, found {found!r}"
