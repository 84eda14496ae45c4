"""DMN by feature: each file in `decisions/` says in its description which feature it shows and what must come out.

evaluate <decision or service> {context} = <expected, as FEEL>
explains <decision> {context} rule 2, 3     the rules that the explanation names ("rule -": none)
stops <decision> {context} <code>           no valid result: the code of the error
refused <words>                             the file must not be read; the words stand in its error

Models that a row imports stand in `decisions/imported/`.
"""

import pathlib
import re

from lxml import etree

from conformance.feel_rows import ENV, same, value
from conformance.rows import Row, expect, head, play
from engine import dmn
from engine.errors import DefinitionError


def row(file: pathlib.Path) -> Row:
    root = etree.parse(str(file)).getroot()
    facts, lines = head(root.findtext("{*}description"), file)
    return Row(
        id=f"dmn/{file.stem}",
        file=file,
        chapter="DMN",
        feature=facts["feature"],
        section=facts["section"],
        expects=len(lines),
        reason=facts.get("reason", ""),
        act=lambda: check(file, lines),
    )


def check(file: pathlib.Path, lines: list[str]) -> None:
    xml = file.read_bytes()
    imports = {each.name: each.read_bytes() for each in sorted((file.parent / "imported").glob("*.dmn"))}
    refused = [line.removeprefix("refused ") for line in lines if line.startswith("refused ")]
    if refused:
        try:
            dmn.parse(xml, file.name, imports=imports)
        except DefinitionError as error:
            for words in refused:
                if words not in str(error):
                    raise AssertionError(f"`{words}` is not in: {error}") from None
            return
        raise AssertionError("the file was not refused")
    model = dmn.parse(xml, file.name, imports=imports)
    play(lines, lambda line: ask(model, line))


def ask(model: dmn.Definitions, line: str) -> None:
    word, _, rest = line.partition(" ")
    name, context, claim = split(rest)
    decision = model.invocable(name)
    try:
        result = decision.evaluate(value(context), ENV)
    except dmn.DecisionError as error:
        expect((word, claim), ("stops", error.code), f"{error}: ")
        return
    if word == "evaluate":
        same(result.value, value(claim.removeprefix("=").strip()), f"{name} {context}")
    elif word == "explains":
        tables = [each for each in result.explanation if each["decision"] in (name, decision.id, decision.name)]
        found = [rule["index"] for rule in tables[-1]["rules"]]
        expect(found, [int(number) for number in re.findall(r"\d+", claim)], "rules: ")
    else:
        raise AssertionError(f"`{word}` is none of the words, or nothing was stopped")


def split(text: str) -> tuple[str, str, str]:
    """Name, context, claim: the context ends with the bracket that closes it, texts in quotes left aside."""
    start = text.index("{")
    depth = 0
    for found in re.compile(r'"(?:\\.|[^"\\])*"|[{}]').finditer(text, start):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return text[:start].strip(), text[start : found.end()], text[found.end() :].strip()
    raise AssertionError(f"the context has no end: {text}")
