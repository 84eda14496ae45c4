"""Which bugs are planted, what catches each, which one kills which row.

`kills.json` (row → a bug that makes it fail) and `survivors.md` (bugs of the sample that nothing catches, each with its
reason) are committed; both are made by `python -m mutants` and proved again by tests.
"""

import collections
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutants import planting
from mutants.operators import Mutant, mutants

HERE = Path(__file__).resolve().parent
KILLS = HERE / "kills.json"
SURVIVORS = HERE / "survivors.md"
SEED = "trinhky"
SIZE = 250  # about: of small modules at least two
NOT_RUN_BY_ROWS = 0.15  # of the sample: lines that no row runs
TRIES = 60  # bugs tried for a row before it is given up
GOOD_TRIES = 8  # of them, to find one that makes the row expect in vain, not crash

TO_DO = "(to be looked at)"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`by` is "rows", "tests", "properties" or "" for a bug that nobody notices; `first` names one of what failed."""

    mutant: Mutant
    by: str
    first: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Ways:
    """Which lines rows and unit tests run: nobody else need be asked about a bug on a line."""

    rows: planting.Lines
    tests: planting.Lines

    @classmethod
    def traced(cls) -> "Ways":
        return cls(planting.executed(), planting.tested())


def judge(mutant: Mutant, ways: Ways) -> Verdict:
    """Plant a bug and see who notices."""
    there = planting.runners(ways.rows, mutant)
    rows = planting.try_rows(mutant, there) if there else {}
    if rows:
        return Verdict(mutant, "rows", next(iter(rows)), len(rows))
    there = planting.runners(ways.tests, mutant)
    found = planting.try_tests(mutant, there) if there else None
    if found:
        return Verdict(mutant, "tests", found)
    found = planting.try_properties(mutant)
    return Verdict(mutant, "properties" if found else "", found or "")


def sample(ways: Ways, size: int = SIZE, seed: str = SEED) -> list[Mutant]:
    """The bugs of the campaign: from each module as many as its share, most of them on lines that rows run."""
    everything = {file: mutants(planting.ROOT, file) for file in planting.scope()}
    total = sum(map(len, everything.values()))
    chosen: list[Mutant] = []
    for _, found in sorted(everything.items()):
        share = max(min(2, len(found)), round(size * len(found) / total))
        seen: list[Mutant] = []
        unseen: list[Mutant] = []
        for each in sorted(found, key=lambda bug: bug.rank(seed)):
            (seen if planting.runners(ways.rows, each) else unseen).append(each)
        taken = seen[: share - min(len(unseen), round(share * NOT_RUN_BY_ROWS))]
        chosen += taken + unseen[: share - len(taken)]
    return chosen


# ---- row → bug ------------------------------------------------------------------------------------------------------


def load() -> dict[str, Mutant]:
    """The bug that kills each row, at the line where it stands now; bugs whose place is gone are left out."""
    said = json.loads(KILLS.read_text(encoding="utf-8")) if KILLS.exists() else {}
    bugs = {row: Mutant(**bug, line=0) for row, bug in said.items()}
    places: dict[str, set[str]] = collections.defaultdict(set)
    for bug in bugs.values():
        places[bug.file].add(bug.place)
    there = {each.key: each for file, some in places.items() for each in mutants(planting.ROOT, file, some)}
    return {row: there[bug.key] for row, bug in bugs.items() if bug.key in there}


def save(kills: dict[str, Mutant]) -> None:
    """Without lines: those change with every edit."""
    said = {row: {k: v for k, v in bug.as_json().items() if k != "line"} for row, bug in sorted(kills.items())}
    KILLS.write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def find_kills(
    wanted: Collection[str], lines: planting.Lines, used: Iterable[Mutant]
) -> Iterator[tuple[str, Mutant | None]]:
    """For each of the rows a bug that makes it fail, on the lines that the fewest other rows run."""
    runners = collections.Counter((file, n) for each in lines.values() for file, found in each.items() for n in found)
    by_line: dict[tuple[str, int], list[Mutant]] = collections.defaultdict(list)
    for file in planting.scope():
        for mutant in mutants(planting.ROOT, file):
            by_line[file, mutant.line].append(mutant)
    taken = {each.key for each in used}
    for row in wanted:
        places = [(file, n) for file, found in lines.get(row, {}).items() for n in found]
        candidates = [bug for place in places for bug in by_line[place] if bug.key not in taken]
        candidates.sort(key=lambda bug: (runners[bug.file, bug.line], bug.rank(row)))
        chosen: Mutant | None = None
        for number, bug in enumerate(candidates[:TRIES]):
            if chosen is not None and number >= GOOD_TRIES:
                break
            failed = planting.try_rows(bug, [row]).get(row)
            if failed == "AssertionError":
                chosen = bug
                break
            chosen = chosen or (bug if failed else None)
        if chosen is not None:
            taken.add(chosen.key)
        yield row, chosen


def replay(chosen: dict[str, Mutant]) -> list[str]:
    """The rows that do not fail although their bug is planted, or fail without it."""
    without = planting.try_rows(None, chosen)
    wrong = [f"{row} fails without any bug" for row in without]
    for row, bug in chosen.items():
        failed = planting.try_rows(bug, [row])
        if row not in failed:
            wrong.append(f"{row} does not notice {bug.file}:{bug.line} {bug.told()}")
    return wrong


# ---- what nobody notices --------------------------------------------------------------------------------------------


def named(bug: Mutant) -> str:
    """A bug as `survivors.md` names it."""
    return f"`{bug.file}` in `{bug.place}`: {bug.told()} ({bug.operator}, {bug.nth})."


def reasons() -> dict[str, str]:
    """Bug → why nothing catches it, as `survivors.md` says."""
    text = SURVIVORS.read_text(encoding="utf-8") if SURVIVORS.exists() else ""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("- "):
            name, mark, reason = line[2:].partition("). ")
            if reason.strip() != TO_DO:
                found[f"{name}{mark.rstrip()}"] = reason.strip()
    return found


def write_survivors(verdicts: Iterable[Verdict]) -> None:
    """The list anew; reasons that are already there are kept."""
    verdicts = list(verdicts)
    known = reasons()
    counts = collections.Counter(each.by for each in verdicts)
    caught = len(verdicts) - counts[""]
    text = [
        "# Planted bugs that nothing catches",
        "",
        f"{len(verdicts)} bugs of the sample, {caught} caught ({100 * caught / len(verdicts):.1f} %): "
        f"{counts['rows']} by rows of the conformance table, {counts['tests']} by unit tests, "
        f"{counts['properties']} by properties; {counts['']} survive.",
        "*Equivalent*: no run can tell the difference. *Not caught*: one could, and no test does.",
        "",
    ]
    for each in sorted((v.mutant for v in verdicts if not v.by), key=lambda bug: bug.key):
        text.append(f"- {named(each)} {known.get(named(each), TO_DO)}")
    SURVIVORS.write_text("\n".join(text) + "\n", encoding="utf-8")


def read(file: Path) -> Iterator[Verdict]:
    """Verdicts of an earlier run."""
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        said: dict[str, Any] = json.loads(line)
        yield Verdict(Mutant(**said.pop("mutant")), **said)
