"""The command `trinhky lint`: what is wrong with models, for people in their language and for programs as JSON."""

import json
import sys
from pathlib import Path
from typing import Any

import click

import engine
from webui.wording import problems

SEVERITIES = {"error": ("lỗi", "error"), "warning": ("cảnh báo", "warning")}


@click.command()
@click.argument("models", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="print one JSON object for all files")
@click.option("--lang", type=click.Choice(["en", "vi"]), default="en", show_default=True, help="language of sentences")
@click.option(
    "--states",
    default=engine.lint.CAP,
    show_default=True,
    metavar="N",
    type=click.IntRange(0),
    help="states to explore at most, in each process; 0 leaves the runs out",
)
@click.option("--seconds", metavar="S", type=click.FloatRange(0), help="explore each file for so long at most")
@click.option(
    "--people",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="folder with lanes.json and people.json: who holds each role",
)
def lint(
    models: tuple[Path, ...], as_json: bool, lang: str, states: int, seconds: float | None, people: Path | None
) -> None:
    """Check models before they are deployed: structure, references, house rules, and soundness by exploring all runs.

    Folders are searched for *.bpmn. Each fault of behaviour comes with a shortest run that shows it. Exit status 0
    without errors (there may be warnings), 1 with errors, 2 when there is nothing to check.
    """
    reports = engine.lint.paths(models, states=states, seconds=seconds, people=people)
    if not reports:
        raise click.UsageError("Expected at least one .bpmn file.")
    if as_json:
        told = {str(path): _record(report, lang) for path, report in reports.items()}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for path, report in reports.items():
            click.echo("\n".join(_lines(path, report, lang)))
    if any(report.errors for report in reports.values()):
        sys.exit(1)


def _record(report: engine.lint.Report, lang: str) -> dict[str, Any]:
    """One file as JSON: keys are only ever added."""
    return {
        "findings": [
            {**f.record(), "words": _words(f, lang), "run": problems.run_words(f.trace, report.names, lang)}
            for f in report.findings
        ],
        "states": report.states,
        "complete": report.complete,
    }


def _lines(path: Path, report: engine.lint.Report, lang: str) -> list[str]:
    faults = any(f.trace is not None and f.severity == "error" for f in report.findings)
    summary = report.summary
    if lang == "vi":
        summary = problems.summary_words(report.states, report.complete, faults, lang)
    lines = [f"{path}: {summary}"]
    for found in report.findings:
        severity = SEVERITIES[found.severity][0 if lang == "vi" else 1]
        where = f" [{found.element}]" if found.element else ""
        lines.append(f"  {severity}{where}: {_words(found, lang)} ({found.rule})")
        run = problems.run_words(found.trace, report.names, lang)
        lines += [f"      {number}. {act}" for number, act in enumerate(run, 1)]
    return lines


def _words(found: engine.lint.Finding, lang: str) -> str:
    return problems.say(found.rule, found.params, found.message, lang)
