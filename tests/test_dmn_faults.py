"""DMN: broken models. Whatever is done to a model, it is read, or refused with its problems; nothing else is raised."""

import contextlib
import copy
import random
import time
from pathlib import Path

import pytest
from lxml import etree

from engine import dmn
from engine.errors import DefinitionError

SPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"
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


def many(text, number):
    return "".join(text.replace("#n", str(n)).replace("#m", str(n + 1)) for n in range(number))


ONE = "<literalExpression><text>1</text></literalExpression>"
NEEDS = '<informationRequirement><required{} href="#{}"/></informationRequirement>'
ATTACKS = {
    "a context of many names": "<decision id='d' name='d'><context>"
    + many(f"<contextEntry><variable name='a #n'/>{ONE}</contextEntry>", 2000)
    + "</context></decision>",
    "many inputs of many cells": many("<inputData id='i#n' name='in #n'/>", 2000)
    + "<decision id='d' name='d'>"
    + many(NEEDS.format("Input", "i#n"), 2000)
    + f"<list>{many('<literalExpression><text>#n</text></literalExpression>', 2000)}</list></decision>",
    "a type with many components everywhere": "<itemDefinition name='t'>"
    + many("<itemComponent name='c #n'><typeRef>number</typeRef></itemComponent>", 1500)
    + "</itemDefinition>"
    + many("<inputData id='i#n' name='i#n'><variable name='i#n' typeRef='t'/></inputData>", 1500)
    + many(f"<decision id='e#n' name='e#n'>{NEEDS.format('Input', 'i#n')}{ONE}</decision>", 1500),
    "decisions that all need a large one": "<decision id='d' name='d'><context>"
    + many(f"<contextEntry><variable name='a#n'/>{ONE}</contextEntry>", 1500)
    + "</context></decision>"
    + many(f"<decision id='e#n' name='e#n'>{NEEDS.format('Decision', 'd')}{ONE}</decision>", 1500),
    "types in a chain": many("<itemDefinition name='t#n'><typeRef>t#m</typeRef></itemDefinition>", 5000)
    + "<itemDefinition name='t5000'><typeRef>number</typeRef></itemDefinition><decision id='d' name='d'>"
    + "<variable name='d' typeRef='t0'/><decisionTable hitPolicy='PRIORITY'><output/></decisionTable></decision>",
    "decisions in a chain": many(
        f"<decision id='e#n' name='e#n'>{NEEDS.format('Decision', 'e#m')}{ONE}</decision>", 5000
    )
    + f"<decision id='e5000' name='e'>{ONE}</decision>",
    "boxes in boxes": "<decision id='d' name='d'>" + "<list>" * 240 + ONE + "</list>" * 240 + "</decision>",
    "many open cells": "<decision id='d' name='d'><decisionTable><input><inputExpression><text>x</text>"
    + "</inputExpression></input><output/>"
    + many(
        "<rule><inputEntry><text>? = x + #n</text></inputEntry><outputEntry><text>#n</text></outputEntry></rule>", 4000
    )
    + "</decisionTable></decision>",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_model_made_to_cost_is_read_or_refused_in_time(name):
    start = time.process_time()
    found = dmn.parse(f'<definitions xmlns="{SPACE}">{ATTACKS[name]}</definitions>'.encode(), strict=False)
    for one in found.decisions[:3]:
        with contextlib.suppress(dmn.DecisionError):
            one.evaluate({"x": 1})
    assert time.process_time() - start < 10
