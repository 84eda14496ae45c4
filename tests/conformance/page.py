"""`docs/conformance.md`: every row with its model, its section, its result and a planted bug that kills it.

The page is the same for the same tree: no times, no machine, rows in the order of the chapters and sections.
"""

import collections
import re
from collections.abc import Mapping
from pathlib import Path

from conformance import tck
from conformance.rows import CHAPTERS, Row
from mutants.operators import Mutant

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "conformance.md"
FULL = "100 %"
NO_BUG = "none found"

HEAD = """\
# Conformance

Every feature of BPMN 2.0.2 and DMN 1.5 (with FEEL) that the engine claims, one row each: a file of our own that shows
it, the section of the standard that asks for it, and the result. Made by

    make conformance

which runs all of it; a test compares this page with a new run. 100 % means that everything the file says must happen
does happen, exactly; anything less stands with its reason. The last column names a bug which, planted into the engine,
makes the row fail: a row that nothing can make fail would show nothing. Lines are those of the last run.
What is planted and how: [tests/mutants](../tests/mutants/README.md); what no test of ours notices:
[survivors](../tests/mutants/survivors.md).
"""


def results(rows: tuple[Row, ...]) -> dict[str, str]:
    """What each row comes to: 100 %, its reason, or that it fails."""
    found: dict[str, str] = {}
    for row in rows:
        try:
            row.run()
        except Exception as error:
            said = f"{type(error).__name__}: {error}".partition("\n")[0]
            found[row.id] = row.reason or f"**fails**: {said}"
        else:
            found[row.id] = f"**holds**, but was said not to: {row.reason}" if row.reason else FULL
    return found


def kit() -> str:
    """What the DMN TCK comes to."""
    passed: dict[str, list[bool]] = collections.defaultdict(list)
    for case in tck.cases():
        try:
            case.run()
        except Exception:
            passed[case.model.name].append(False)
        else:
            passed[case.model.name].append(True)
    if not passed:
        return (
            "The kit was not there (it is expected beside the project, in `../shared/dmn-tck`), so nothing is claimed."
        )
    cases = [each for found in passed.values() for each in found]
    whole = sum(map(all, passed.values()))
    rate = FULL if all(cases) else f"{100 * sum(cases) / len(cases):.1f} %"
    return f"{whole} of {tck.MODELS} models, {sum(cases)} of {len(cases)} cases: {rate}"


def render(rows: tuple[Row, ...], found: Mapping[str, str], kills: Mapping[str, Mutant], kit_says: str) -> str:
    """The whole page."""
    lines = [HEAD, "| chapter | rows | 100 % | killed by a planted bug |", "|---|---|---|---|"]
    for chapter in (*CHAPTERS, "all"):
        inside = [row for row in rows if chapter in (row.chapter, "all")]
        full = sum(found[row.id] == FULL for row in inside)
        lines.append(f"| {chapter} | {len(inside)} | {full} | {sum(row.id in kills for row in inside)} |")
    lines += ["", f"DMN TCK, compliance level 2: {kit_says}", ""]
    for chapter in CHAPTERS:
        lines += [
            f"## {chapter}",
            "",
            "| feature | model | section | result | a bug that kills it |",
            "|---|---|---|---|---|",
        ]
        for row in rows:
            if row.chapter == chapter:
                link = f"[{row.file.name}](../{row.file.relative_to(ROOT)})"
                told = bug(kills[row.id]) if row.id in kills else ("–" if row.reason else NO_BUG)
                lines.append(f"| {cell(row.feature)} | {link} | {row.section} | {cell(found[row.id])} | {told} |")
        lines.append("")
    return "\n".join(lines)


def bug(mutant: Mutant) -> str:
    """Where the bug stands and what was changed; of a mere number or truth value also the line around it."""
    place = f" in `{mutant.place}`" if mutant.place else ""
    around = ""
    if mutant.before.isalnum():
        line = (ROOT / mutant.file).read_text(encoding="utf-8").splitlines()[mutant.line - 1].strip()
        around = f" in `{line}`"
    told = f"{mutant.file}:{mutant.line}{place}: {mutant.told()}{around}"
    return cell(told).replace("](", "] (")  # code that looks like a link


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def comparable(page: str, kit_there: bool) -> list[str]:
    """The page as it is compared: lines of code move with every edit, and the kit may not be there."""
    lines = [re.sub(r"\.py:\d+", ".py", line) for line in page.splitlines()]
    return [line for line in lines if kit_there or not line.startswith("DMN TCK, ")]
