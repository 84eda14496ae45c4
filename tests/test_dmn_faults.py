"""DMN: broken models. Whatever is done to a model, it is read, or refused with its problems; nothing else is raised."""

import copy
import random
from pathlib import Path

import pytest
from lxml import etree

from engine import dmn
from engine.errors import DefinitionError

FOLDER = Path(__file__).parent / "conformance" / "decisions"
IMPORTED = {file.name: file.read_bytes() for file in (FOLDER / "imported").glob("*.dmn")}
TEXTS = [
    "",
    "-",
    "1 +",
    "?",
    "null",
    "not(1)",
    "x.y.z",
    "[1..",
    "a(b: 1)",
    "{",
    "\x41" * 300,
    '"',
    "for i in 1..9 return i",
    "1e999",
]
VALUES = [
    "",
    "x",
    "#",
    "#nowhere",
    "true",
    "number",
    "tNone",
    "COLLECT",
    "C+",
    "UNIQUE",
    "urn:x#y",
    "\U0001f600",
    "a.b",
    "0",
]


def break_one(root, chance):
    """One change of the kinds that editors, people and accidents make."""
    elements = list(root.iter("{*}*"))
    one, other = chance.choice(elements), chance.choice(elements)
    kind = chance.randrange(7)
    if kind == 0 and one.getparent() is not None:
        one.getparent().remove(one)
    elif kind == 1 and one.attrib:
        del one.attrib[chance.choice(list(one.attrib))]
    elif kind == 2 and one.attrib:
        one.set(chance.choice(list(one.attrib)), chance.choice(VALUES))
    elif kind == 3:
        one.text = chance.choice(TEXTS)
    elif kind == 4 and one is not root:
        other.append(copy.deepcopy(one))
    elif kind == 5:
        one.tag = other.tag
    else:
        one.set(chance.choice(["typeRef", "isCollection", "hitPolicy", "id", "name", "href"]), chance.choice(VALUES))


def attack(seed, count):
    chance = random.Random(seed)
    files = sorted(FOLDER.glob("*.dmn"))
    refused = 0
    for _ in range(count):
        file = chance.choice(files)
        root = etree.fromstring(file.read_bytes())
        for _ in range(chance.randint(1, 4)):
            break_one(root, chance)
        xml = etree.tostring(root)
        try:
            dmn.parse(xml, file.name, imports=IMPORTED)
        except DefinitionError as error:
            assert error.problems
            refused += 1
        try:
            found = dmn.parse(xml, file.name, strict=False, imports=IMPORTED)
        except DefinitionError:
            continue
        for one in [*found.decisions, *found.services, *found.knowledge][:6]:
            try:
                one.evaluate({"x": 1, "n": 2, "who": {"name": "An"}}, detail=chance.random() < 0.5)
            except dmn.DecisionError as error:
                assert error.code
    return refused


def test_a_broken_model_is_read_or_refused():
    assert 20 < attack(1, 150) < 150


@pytest.mark.soak
def test_many_broken_models_are_read_or_refused():
    for seed in range(20):
        attack(seed, 300)
