"""The DMN Technology Compatibility Kit, level 2, as far as it lies beside the project: its cases, and running them.

The kit is other people's data and is not part of this repository.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from engine import dmn, feel

KIT = Path(__file__).resolve().parents[3] / "shared" / "dmn-tck"
SPACE = "{http://www.omg.org/spec/DMN/20160719/testcase}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
MODELS = 28  # of which the whole of level 2 consists


@dataclass(frozen=True, slots=True)
class KitCase:
    model: Path
    node: Any

    @property
    def id(self) -> str:
        return f"{self.model.parent.name}/{self.node.get('id')}"

    def run(self) -> None:
        """AssertionError when a result is not the published one."""
        decisions = dmn.parse(self.model.read_bytes(), self.model.name)
        context = {each.get("name"): read(each) for each in self.node.findall(f"{SPACE}inputNode")}
        for node in self.node.findall(f"{SPACE}resultNode"):
            try:
                found = decisions.decision(node.get("name")).evaluate(context).value
            except dmn.DecisionError:
                found = None
            expected = read(node.find(f"{SPACE}expected"))
            if not same(found, expected):
                raise AssertionError(f"{node.get('name')}: expected {expected!r}, found {found!r}")


def cases() -> Iterator[KitCase]:
    """All cases of all models; none where the kit is not there."""
    for path in sorted(KIT.glob("*/*-test-*.xml")):
        root = etree.parse(str(path)).getroot()
        for case in root.iter(f"{SPACE}testCase"):
            yield KitCase(path.parent / root.findtext(f"{SPACE}modelName"), case)


def read(node: Any) -> Any:
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


def same(found: Any, expected: Any) -> bool:
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
    return type(found) is type(expected) and bool(found == expected)
