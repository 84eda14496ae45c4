"""`trinhky simulate`: many cases of a model by chance, and what they say, as a table for people or as JSON."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

import engine
from engine import Engine, Settings

OFFICE = timedelta(hours=7)
BARS = " ▁▂▃▄▅▆▇█"
SHOWN = 15


@click.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--cases", default=1_000, show_default=True, type=click.IntRange(1, 1_000_000), help="how many")
@click.option(
    "--params",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="JSON: what is assumed, by element (default: simulation.json beside the model)",
)
@click.option("--from-history", is_flag=True, help="times and answers from the journals of the store; they come first")
@click.option("--seed", default=1, show_default=True, help="another number is another chance")
@click.option("--processes", default=2, show_default=True, type=click.IntRange(1, 64), help="work side by side")
@click.option("--all", "everything", is_flag=True, help=f"list all elements and roles, not just the first {SHOWN}")
@click.option("--json", "as_json", is_flag=True, help="print the result as JSON")
def simulate(
    model: Path,
    cases: int,
    params: Path | None,
    from_history: bool,
    seed: int,
    processes: int,
    everything: bool,
    as_json: bool,
) -> None:
    """Run many cases of a model by chance on a virtual clock: how long they take, where the time goes, who is busy.

    What is assumed stands in a file, described in docs/simulation.md; steps that nobody states take one working day,
    and are named. The same seed gives the same result. Exit status 0 when every case ended, 3 when some did not.
    """
    beside = model.parent / "simulation.json"
    file = params or (beside if beside.is_file() else None)
    given = _read(file) if file else {}
    if from_history:
        given = _learned(model, given)
    with _progress(cases) as progress:
        result = engine.simulate(model, given, cases=cases, seed=seed, processes=processes, progress=progress)
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        for line in table(result, None if everything else SHOWN):
            click.echo(line)
    if result["unfinished"]:
        sys.exit(3)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.BadParameter(f"expected JSON in {file}: {error}", param_hint="--params") from error
    if not isinstance(found, dict):
        raise click.BadParameter(f"expected a JSON object in {file}", param_hint="--params")
    return found


def _learned(model: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with what the journals say of the process of that name; what a file states beside stays."""
    core = Engine(Settings.from_env())
    try:
        history = core.queries.durations("system", model.stem)
    finally:
        core.close()
    click.echo(f"Learned from {history.parameters['about']}.", err=True)
    stated = given.get("elements", {})
    elements = {**stated, **{n: {**stated.get(n, {}), **e} for n, e in history.parameters["elements"].items()}}
    return {**history.parameters, **given, "elements": elements, "about": history.parameters["about"]}


@contextmanager
def _progress(cases: int) -> Iterator[Callable[[int], None] | None]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=cases, label="cases", file=sys.stderr) as bar:
        yield lambda done: bar.update(done - bar.pos)


# --- the table ----------------------------------------------------------------------------------------------------


def table(result: Mapping[str, Any], shown: int | None = SHOWN) -> Iterator[str]:
    """The result in lines."""
    days, dates = result["days"], result["finishing"]
    yield f"{result['process']}: {result['cases']:,} cases, {result['finished']:,} finished, seed {result['seed']}"
    about = result["parameters"].get("about")
    if about:
        yield f"  {about}"
    if days["n"]:
        names = ("p10", "median", "p80", "p90", "p95")
        yield "  days        " + "   ".join(f"{name} {days[name]:.1f}" for name in ("mean", *names))
        yield "  finished    " + "   ".join(f"{name} {_day(dates[name])}" for name in names)
        yield f"              {days['min']:.1f} {_bars(days['histogram'])} {days['max']:.1f} days"
    for name, limit in result["limits"].items():
        known = limit["late"] is not None
        told = f"{limit['late']:.1%} late ± {limit['margin']:.1%}" if known else "never known"
        yield f"  limit       {name}: {told}" + (f", {limit['unknown']:,} not known" if limit["unknown"] else "")
    rework = result["rework"]
    if rework["cases"]:
        yield (
            f"  rework      {rework['cases']:.1%} of the cases, {rework['rounds']:.2f} rounds in the mean, "
            f"{rework['most']} at most"
        )
    for end in (e for e in result["ends"] if not e["end"].startswith("(")):  # the others are told with their reasons
        yield f"  end         {end['cases']:>7,}  {end['end']}  {end['name']}".rstrip()
    for reason in result["reasons"]:
        yield f"  unfinished  {reason['cases']:>7,}  {reason['why']}: {reason['detail']}".rstrip(": ")
    yield from _elements(result["elements"], shown)
    yield from _roles(result["roles"], shown)
    if result["assumed"]:
        yield f"Assumed, because nothing was stated: {', '.join(result['assumed'])}"
    if result["unused"]:
        yield f"Stated, but never met: {', '.join(result['unused'])}"


def _elements(elements: list[dict[str, Any]], shown: int | None) -> Iterator[str]:
    busy = [e for e in elements if e["critical"] or "working" in e]
    rows = [("where the time goes", "share", "visits", "again", "waiting h", "working h", "late", "")]
    for e in busy[:shown]:
        rows.append(
            (
                e["element"],
                f"{e['critical']:.1%}",
                f"{e['visits']:.2f}" if e["visits"] else "",
                f"{e['again']:.0%}" if e["again"] else "",
                _pair(e.get("waiting")),
                _pair(e.get("working")),
                "" if e["late"] is None else f"{e['late']:.0%}",
                e["name"],
            )
        )
    yield from _columns(rows)
    if shown is not None and len(busy) > shown:
        yield f"  … {len(busy) - shown} more (--all)"


def _roles(roles: list[dict[str, Any]], shown: int | None) -> Iterator[str]:
    rows = [("who is busy", "people", "tasks", "hours a case", "waiting h", "busy", "peak queue", "")]
    for r in roles[:shown]:
        few = r["people"] is not None
        rows.append(
            (
                r["role"],
                str(r["people"]) if few else "∞",
                f"{r['tasks']:,}",
                f"{r['busy_per_case']:.1f}",
                f"{r['waiting'] or 0:.1f}",
                f"{r['utilisation']:.0%}" if few and r["utilisation"] is not None else "",
                str(r["peak"]) if few else "",
                "",
            )
        )
    yield from _columns(rows)
    if shown is not None and len(roles) > shown:
        yield f"  … {len(roles) - shown} more (--all)"


def _columns(rows: list[tuple[str, ...]]) -> Iterator[str]:
    if len(rows) < 2:
        return
    first = max(len(row[0]) for row in rows)
    widths = [max(len(row[n]) for row in rows) for n in range(1, len(rows[0]) - 1)]
    for row in rows:
        middle = "  ".join(cell.rjust(width) for cell, width in zip(row[1:-1], widths, strict=True))
        yield f"  {row[0].ljust(first)}  {middle}  {row[-1]}".rstrip()


def _pair(found: Mapping[str, float] | None) -> str:
    """Median and p90."""
    return f"{found['median']:.1f} · {found['p90']:.1f}" if found and found["p90"] else ""


def _bars(histogram: list[dict[str, Any]]) -> str:
    most = max(each["cases"] for each in histogram)
    return "".join(BARS[-(-each["cases"] * 8 // most)] for each in histogram)


def _day(instant: str) -> str:
    return (datetime.fromisoformat(instant) + OFFICE).strftime("%d/%m/%Y")
