"""The command `trinhky`: serving, looking after the store, and trying models out.

Every command that works on a store takes it from `TRINHKY_DATABASE_URL` (an SQLite file under `var/` when absent).
Errors are one sentence on stderr and exit status 1 (2 for words of the command line that are wrong).
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
from granian import Granian
from granian.constants import Interfaces

import engine
from engine import Engine, Settings
from webui import demo as demos
from webui import year as years
from webui.linting import lint
from webui.planning_commands import plan
from webui.scheduler import Scheduler
from webui.scheduling import schedule
from webui.simulating import simulate

THREADS = 8
OFFICE = timedelta(hours=7)
MAX_ROWS = 30  # of a table that are explained though they did not hit
F = TypeVar("F", bound=Callable[..., Any])


class Refused(click.ClickException):
    """What the engine refused, as its own message; a faulty file with all its problems, one a line."""

    def __init__(self, error: engine.EngineError) -> None:
        super().__init__(error.message)


class Commands(click.Group):
    """Turns the engine's errors into a message and an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except engine.EngineError as error:
            raise Refused(error) from error
        except ValueError as error:
            raise click.ClickException(str(error)) from error


def _open() -> Engine:
    """An engine on the store of the environment, closed when the command ends, however it ends."""
    core = Engine(Settings.from_env())
    click.get_current_context().call_on_close(core.close)
    return core


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="trinhky")
def main() -> None:
    """Trình Ký: drafting and approval pipelines drawn in BPMN."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, envvar="TRINHKY_HOST")
@click.option("--port", default=8000, show_default=True, envvar="TRINHKY_PORT")
def serve(host: str, port: int) -> None:
    """Serve the pages, with the scheduler in the same process."""
    Settings.from_env()
    server = Granian(
        "webui.serving:application",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backpressure=THREADS * 16,
        websockets=False,
        # Eight threads that mostly wait for the disk are meant; granian warns of more than the cores.
        log_level="error",  # type: ignore[arg-type]
        respawn_failed_workers=True,
    )
    server.serve()


@main.command()
@click.option("--seconds", default=1.0, show_default=True, help="between two looks at what is due")
def worker(seconds: float) -> None:
    """Fire timers and do jobs without serving pages, until interrupted."""
    core = _open()
    ticking = Scheduler(core, seconds)
    ticking.start()
    click.echo("Ticking; stop with Ctrl+C.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        ticking.stop()


@main.command()
def migrate() -> None:
    """Bring the store to the schema of this version; makes it when there is none."""
    core = _open()
    core.migrate()
    click.echo("The store is at the schema of this version.")


@main.command()
@click.option("--as-of", metavar="DAY", help='play the year 2022 up to this day: "2022-09-15"')
@click.option("--unless-filled", is_flag=True, help="with --as-of: leave a store in which cases run already as it is")
@click.option("--advance", type=float, metavar="DAYS", help="move business time on by so many days")
def demo(as_of: str | None, unless_filled: bool, advance: float | None) -> None:
    """Load the demo: organisation, accounts, calendar, the 2022 plan, workflows. Running it again adds what is new."""
    core = _open()
    core.migrate()
    starts = years.STARTS if as_of else demos.STARTS
    made = core.operations.load_demo(core.settings.workflows, starts, demos.PASSWORD)
    for process_id, version in made:
        click.echo(f"  deployed {process_id}, version {version}")
    if as_of and not (unless_filled and core.queries.cases("cv.tonghop.1").rows):
        _play(core, as_of)
    if advance is not None:
        core.operations.advance(core.queries.chrome("qtht").now + timedelta(days=advance))
    now = core.queries.chrome("qtht").now + OFFICE
    click.echo(f"Demo loaded. Business time is {now:%d/%m/%Y %H:%M}. Everybody's password: {demos.PASSWORD}")
    for login, what in ACCOUNTS:
        click.echo(f"  {login:<14} {what}")


def _play(core: Engine, day: str) -> None:
    """The year up to a day, with a bar where somebody looks on."""
    with click.progressbar(length=len(years.acts()), label=f"  the year 2022 up to {day}") as bar:
        acts = years.play(core, day, lambda *_: bar.update(1))
    click.echo(f"  played {acts} acts of the year up to {day}")


ACCOUNTS = (
    ("cv.tonghop.1", "Văn phòng Sở: mở hồ sơ, theo dõi"),
    ("tp.qlkh", "Trưởng phòng Quản lý Khoa học: phân công, duyệt"),
    ("cv.qlkh.1", "Chuyên viên soạn thảo"),
    ("gd.so", "Giám đốc Sở: ký trình"),
    ("hd.khcn.1", "Thành viên Hội đồng KH&CN: góp ý"),
    ("pct.ubnd", "Phó Chủ tịch UBND tỉnh: cho ý kiến, ký ban hành"),
    ("cv.vpubnd", "Văn phòng UBND tỉnh: kiểm tra hồ sơ"),
    ("vt.so", "Văn thư Sở: gửi, phát hành"),
)


@main.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
def deploy(folders: tuple[Path, ...]) -> None:
    """Check workflow folders and deploy them together; nothing is deployed while one of them has a problem."""
    core = _open()
    made = core.models.deploy("system", list(folders))
    for process_id, version in made:
        click.echo(f"deployed {process_id}, version {version}")
    if not made:
        click.echo("Nothing is new.")


@main.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--vars", "variables", default="{}", metavar="JSON", help="variables at the start")
@click.option(
    "--answers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help='JSON: what people answer, by element: {"duyet": {"outcome": "dong_y"}} or a list, one a visit',
)
@click.option("--until", metavar="INSTANT", help="stop at this business time (ISO 8601)")
@click.option("--now", "starts", metavar="INSTANT", help="business time at the start (default 2022-01-28T08:00+07:00)")
@click.option("--json", "as_json", is_flag=True, help="print each event as a line of JSON")
def play(
    model: Path, variables: str, answers: Path | None, until: str | None, starts: str | None, as_json: bool
) -> None:
    """Run a model in memory on a virtual clock and print its events, one a line.

    Decisions (*.dmn) and called processes (*.bpmn) are found beside the model and in the folder `shared` next to it.
    Jobs do themselves; a person's task is done by its answer, or waits. Exit status 0 when the instance ended, 3 when
    it waits for something at the end.
    """
    ended = False
    given = json.loads(answers.read_text(encoding="utf-8")) if answers else {}
    for event in engine.play(model, _object(variables, "--vars"), given, until=_instant(until), now=_instant(starts)):
        ended = ended or event["e"] == "instance.ended"
        click.echo(json.dumps(event, ensure_ascii=False) if as_json else _line(event))
    if not ended:
        why = f"stopped at {until}" if until else "nothing was answered, and no timer is due"
        click.echo(f"The instance waits: {why}.", err=True)
        sys.exit(3)


@main.command()
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--decision", "decision_id", help="which decision or service of the file (the only one when absent)")
@click.option("--vars", "variables", default="{}", metavar="JSON", help="the inputs")
@click.option("--json", "as_json", is_flag=True, help="print result and explanation as JSON")
def decide(table: Path, decision_id: str | None, variables: str, as_json: bool) -> None:
    """Evaluate a decision and explain it: what each decision required, which rules hit, and why the others did not.

    Models that it imports are found beside it and in the folder `shared` next to its own. What is faulty in the file
    is null; its problems are told, and the exit status is 1.
    """
    result = engine.decide(table, _object(variables, "--vars"), decision_id)
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        click.echo(_short(result["value"]))
        for step in result["explanation"]:
            for line in _step(step):
                click.echo(f"  {line}")
        for found in result["diagnostics"]:
            click.echo(f"Note: {found['message']}", err=True)
    for found in result["problems"]:
        click.echo(f"{found['file']} [{found['element']}]: {found['message']} ({found['code']})", err=True)
    if result["problems"]:
        sys.exit(1)


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _step(step: dict[str, Any]) -> list[str]:
    """One step of an explanation in words: a decision with its tables, or a table of a knowledge model alone."""
    if "table" in step:
        return _table(step)
    lines = [f"{step['name']} = {_short(step['value'])}"]
    for each in step["requires"]:
        lines.append(f"  from {each['name']}" + (f" = {_short(each['value'])}" if each["kind"] != "knowledge" else ""))
    for inner in (*step["services"], *step["tables"]):
        lines += [f"  {line}" for line in _step(inner)]
    return lines


def _table(table: dict[str, Any]) -> list[str]:
    given = [(each["label"], _short(each["value"])) for each in table["inputs"]]
    lines = [f"{table['decision']}, {table['hit_policy']}: " + ", ".join(f"{name} = {value}" for name, value in given)]
    for rule in table["rules"]:
        note = f"  ({rule['annotation']})" if rule["annotation"] else ""
        outputs = ", ".join(_short(value) for value in rule["outputs"].values())
        lines.append(f"  row {rule['index']} -> {outputs}{note}")
        lines += [
            f"    {name} = {value} fits {test}"
            for (name, value), test in zip(given, rule["inputs"], strict=True)
            if test not in ("", "-")
        ]
    for number in table.get("hits", ()):
        if all(rule["index"] != number for rule in table["rules"]):
            lines.append(f"  row {number} hits too, but does not come first")
    others = table.get("others", ())
    for other in others[:MAX_ROWS]:
        why = f"{other['input']} = {_short(other['value'])} does not fit {other['test']}"
        lines.append(f"  row {other['index']}: " + (why if other["input"] else "was not reached"))
    more = len(others[MAX_ROWS:]) + table.get("others_left", 0)
    if more:
        lines.append(f"  and {more} more rows that do not hit")
    if not table["rules"]:
        lines.append("  no row hits" + ("; the default counts" if table.get("default") else ""))
    return lines


main.add_command(lint)
main.add_command(simulate)
main.add_command(plan)
main.add_command(schedule)


@main.group()
def audit() -> None:
    """Look after the journals."""


@audit.command()
@click.option("--case", "case_id", help="one case, by code or id (all when absent)")
def verify(case_id: str | None) -> None:
    """Check every case's chain and replay it: the stored state must be what the journal leads to, byte for byte."""
    core = _open()
    findings = core.operations.verify(case_id)
    bad = [f for f in findings if f["faults"]]
    for finding in findings:
        click.echo(f"{finding['code']}: {finding['entries']} entries, " + ("; ".join(finding["faults"]) or "verified"))
    if bad:
        raise click.ClickException(f"{len(bad)} of {len(findings)} cases do not verify.")
    click.echo("1 case verifies." if len(findings) == 1 else f"{len(findings)} cases verify.")


@main.command()
@click.argument("models", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def draw(models: tuple[Path, ...]) -> None:
    """Lay diagrams out anew, in place: lanes, labels, orthogonal flows."""
    for model in models:
        model.write_bytes(engine.arrange(model.read_bytes()))
        click.echo(f"drawn: {model}")


def _object(text: str, option: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise click.BadParameter(f"expected JSON: {error}", param_hint=option) from error
    if not isinstance(value, dict):
        raise click.BadParameter("expected a JSON object", param_hint=option)
    return value


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    value = datetime.fromisoformat(text)
    return (value if value.tzinfo else value - OFFICE).replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


def _local(instant: str) -> str:
    """An instant as the office's clock shows it (UTC+7)."""
    return (datetime.fromisoformat(instant) + OFFICE).strftime("%d/%m/%Y %H:%M:%S")


def _line(event: dict[str, Any]) -> str:
    rest = " ".join(
        f"{key}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in event.items()
        if key not in ("e", "at") and value not in (None, [], {})
    )
    at = f"{_local(event['at'])} " if "at" in event else ""
    return f"{at}{event['e']:<18} {rest}"


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUTF8", "1")
    main()
