"""`PYTHONPATH=tests python -m mutants …`

sample [--size N] [--out FILE]   plant the bugs of the sample; with --out, go on where an earlier run stopped
kills [--all]                    find a bug for each row that has none, or one that it survives (or, for all rows, anew)
replay [--count N]               plant the bug of each row (of N of them) and see that the row fails
survivors FILE                   write survivors.md from what `sample --out` wrote
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from mutants import campaign, planting


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["sample", "kills", "replay", "survivors"])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--size", type=int, default=campaign.SIZE)
    parser.add_argument("--count", type=int)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--lines", type=Path)
    given = parser.parse_args()
    match given.what:
        case "sample":
            return sample(given.size, given.out, given.lines)
        case "kills":
            return kills(given.all)
        case "replay":
            return replay(given.count)
    campaign.write_survivors(campaign.read(given.file))
    return 0


def sample(size: int, out: Path | None, lines: Path | None) -> int:
    planting.warm()
    ways = (
        campaign.Ways.traced() if lines is None or not lines.exists() else campaign.Ways(*json.loads(lines.read_text()))
    )
    if lines is not None:
        lines.write_text(json.dumps([ways.rows, ways.tests]))
    chosen = campaign.sample(ways, size)
    judged = {each.mutant.key: each for each in campaign.read(out)} if out else {}
    for number, bug in enumerate(chosen, 1):
        if bug.key not in judged:
            judged[bug.key] = verdict = campaign.judge(bug, ways)
            if out:
                with out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(dataclasses.asdict(verdict), ensure_ascii=False) + "\n")
        verdict = judged[bug.key]
        said = f"{verdict.by or 'SURVIVES'} {verdict.first}"
        print(f"{number}/{len(chosen)} {bug.file}:{bug.line} {bug.place}: {bug.told()}: {said}", flush=True)
    known = campaign.reasons()
    left = [bug for bug in chosen if not judged[bug.key].by]
    print(f"{len(chosen)} planted, {len(chosen) - len(left)} caught")
    unlisted = [campaign.named(bug) for bug in left if campaign.named(bug) not in known]
    print(*(f"not listed: {name}" for name in unlisted), sep="\n")
    return int(bool(unlisted) or len(left) > 0.1 * len(chosen))


def kills(everything: bool) -> int:
    planting.warm(tests=False)
    lines = planting.executed()
    have = {} if everything else {row: bug for row, bug in campaign.load().items() if row in lines}

    def find() -> None:
        for row in [row for row, bug in have.items() if row not in planting.try_rows(bug, [row])]:
            del have[row]
        missing = [row for row in lines if row not in have]
        for number, (row, bug) in enumerate(campaign.find_kills(missing, lines, have.values()), 1):
            if bug is not None:
                have[row] = bug
            if number % 10 == 0:
                campaign.save(have)
            print(f"{number}/{len(missing)} {row}: {bug.told() if bug else 'no bug kills it'}", flush=True)
        campaign.save(have)

    planting.hot(find, 3600)
    found = campaign.load()
    left = [row for row in lines if row not in found]
    print(*(f"no bug kills {row}" for row in left), sep="\n")
    return int(bool(left))


def replay(count: int | None) -> int:
    planting.warm(tests=False)
    chosen = sorted(campaign.load().items(), key=lambda each: each[1].rank(campaign.SEED + each[0]))[:count]
    wrong = planting.hot(lambda: campaign.replay(dict(chosen)), 3600)
    print(*wrong, sep="\n")
    print(f"{len(chosen)} replayed")
    return int(bool(wrong) or not chosen)


if __name__ == "__main__":
    sys.exit(main())
