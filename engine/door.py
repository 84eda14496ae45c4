"""The front door: every caller (web, command line, scheduler) goes through `Engine`; only here a transaction begins.

`engine.cases.complete(…)` runs the command `engine.commands.cases.complete` in one transaction: committed when it
returns, undone when it raises, tried up to three times when the database refused it because of other transactions.
`engine.queries.inbox(…)` runs a query on a reading connection. Commands get a `Tx` as their first argument; callers
do not pass it.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from engine import clock as clocks
from engine import db, deadlines, definitions, identity, papers, planfile, queries, schema
from engine.commands import (
    access,
    approvals,
    authority,
    calendar,
    cases,
    consulting,
    due,
    mandates,
    models,
    opening,
    operations,
    people,
    plans,
    recording,
    registers,
    reminders,
    renditions,
    reporting,
    signing,
)
from engine.commands.transaction import Moved, Tx
from engine.errors import Conflict, DefinitionError, Forbidden
from engine.queries import checking, library
from engine.queries.papers import WORD
from engine.queries.views import FileView
from engine.settings import Settings

TRIES = 3
PDF = "application/pdf"
log = logging.getLogger("trinhky.engine")


class Engine:
    """The whole engine on one database, for one tenant. Threads may share it; `close` it at the end.

    `actor` arguments are person ids ("cv.qlkh.1"); instants are tz-aware UTC; every refusal is an `EngineError`.
    """

    def __init__(self, settings: Settings | None = None, clock: clocks.Clock | None = None) -> None:
        self.settings = settings or Settings.from_env()
        self.clock = clock or clocks.Clock()
        self.bell: Callable[[], None] | None = None
        self.swept: date | None = None
        self._db = db.Database(self.settings.database_url)
        self._models = definitions.Models(deadlines.Calendar.from_json)
        self._moved = Moved()
        self.reports = checking.Reports()
        self.cases = _Area(self, cases)
        self.approvals = _Area(self, approvals)
        self.authority = _Area(self, authority)
        self.mandates = _Area(self, mandates)
        self.opening = _Area(self, opening)
        self.registers = _Area(self, registers)
        self.consulting = _Area(self, consulting)
        self.recording = _Area(self, recording)
        self.models = _Models(self, models)
        self.plans = _Plans(self, plans)
        self.calendar = _Calendar(self, calendar)
        self.people = _People(self, access)
        self.organisation = _Area(self, people)
        self.signing = _Signing(self, signing)
        self.papers = _Papers(self, renditions)
        self.reporting = _Area(self, reporting)
        self.operations = _Operations(self, operations)
        self.queries = _Questions(self, queries)

    def migrate(self) -> None:
        """Bring the database to the schema of this version (creates it when there is none)."""
        schema.migrate(self.settings.database_url)

    def close(self) -> None:
        """Give all database connections back."""
        self._db.close()

    def write(self, command: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Run a command in one transaction. Raises what the command raises, and Conflict("busy") after three tries."""
        for attempt in range(1, TRIES + 1):
            carried_out = False
            try:
                with self._db.writer() as conn, conn.begin():
                    tx = Tx(conn, self.settings, self.clock.system_now(), self._models, self._moved)
                    result = command(tx, *args, **options)
                    carried_out = True
            except DBAPIError as error:
                # A connection that died took its transaction with it; once the commit was sent, nobody knows.
                lost = error.connection_invalidated and not carried_out
                last = attempt == TRIES
                if not (lost or db.worth_retrying(error)) or (last and (lost or db.taken(error))):
                    raise
                if last:
                    raise Conflict(
                        "busy", "Expected the store to be free, but others were writing; try again."
                    ) from error
                continue
            if tx.ringing and self.bell is not None:
                self.bell()
            return result
        raise AssertionError("unreachable")

    def read(self, query: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Run a query on a connection that writes nothing; on another one when it had died in the pool."""
        for attempt in range(1, TRIES + 1):
            try:
                with self._db.reader() as conn:
                    tx = Tx(conn, self.settings, self.clock.system_now(), self._models, self._moved)
                    return query(tx, *args, **options)
            except DBAPIError as error:
                if not error.connection_invalidated or attempt == TRIES:
                    raise
        raise AssertionError("unreachable")

    def statements(self) -> sa.Engine:
        """The SQLAlchemy engine, for tests and benchmarks that count statements."""
        return self._db.engine


class _Area:
    """The commands of one module, each as a method that runs in its own transaction."""

    def __init__(self, engine: Engine, module: ModuleType) -> None:
        self._engine = engine
        self._module = module

    def __getattr__(self, name: str) -> Callable[..., Any]:
        command = self._public(name)
        return lambda *args, **options: self._engine.write(command, *args, **options)

    def _public(self, name: str) -> Callable[..., Any]:
        function = getattr(self._module, name, None)
        if name.startswith("_") or not callable(function) or not function.__module__.startswith(self._module.__name__):
            raise AttributeError(f"{self._module.__name__} has no public function {name!r}")
        return function  # type: ignore[no-any-return]


class _Questions(_Area):
    """The queries of a module, each as a method that reads; checking a model reads first, then takes its time."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        query = self._public(name)
        return lambda *args, **options: self._engine.read(query, *args, **options)

    def check_model(self, actor: str, process_id: str, xml: bytes) -> checking.Checked:
        """What is wrong with a model, were it deployed now as this process; nothing is stored. Who is no analyst gets
        Forbidden. A model that cannot even be opened has the reasons as findings."""
        self._engine.read(models.require_analyst, actor)
        around = self._engine.read(checking.surroundings, process_id)
        return self._engine.reports.check(process_id, xml, around, checking.SECONDS)

    def problems(
        self, actor: str, process_id: str, which: int | None = None, seconds: float = checking.SECONDS
    ) -> checking.Checked:
        """What is wrong as of now with a version of a process, its draft (0), or the latest of them (None), as far as
        can be found in so many seconds. Raises NotFound."""
        xml, around = self._engine.read(library.stored, actor, process_id, which)
        return self._engine.reports.check(process_id, xml, around, seconds)


class _Models(_Area):
    """Commands about models. Reading XML and searching for faults take time: that is done before the transaction, which
    then makes sure that nothing has changed meanwhile."""

    def deploy(self, actor: str, folders: Any) -> list[tuple[str, int]]:
        """Check and deploy workflow folders, see `engine.commands.models.deploy`."""
        checked = self._engine.read(models.check_folders, actor, folders)
        made: list[tuple[str, int]] = self._engine.write(models.deploy, actor, folders, checked)
        return made

    def save_draft(self, actor: str, process_id: str, xml: bytes, seen: int, base: int | None = None) -> int:
        """Store a model as the draft of its process, see `engine.commands.models.save_draft`. Raises DefinitionError
        besides when it is no BPMN of this process; with faults of any other kind it is stored."""
        self._engine.read(models.require_analyst, actor)
        model = models.readable(xml, process_id)
        return int(self._engine.write(models.save_draft, actor, model, seen, base))

    def import_draft(self, actor: str, xml: bytes, instead: str = "") -> tuple[str, int]:
        """Begin a draft with a model from a file; returns (process id, revision). A model without a diagram is drawn.
        A process whose id is no slug, as drawing tools make them up, gets the id `instead`.

        Raises Forbidden, DefinitionError, and Conflict("draft_exists") when a draft is open; then the file is
        kept as a revision beside it, `kept` in the error's parameters.
        """
        self._engine.read(models.require_analyst, actor)
        model = models.readable(xml, draw=True, instead=instead)
        try:
            return model.process_id, int(self._engine.write(models.import_draft, actor, model))
        except Conflict as error:
            if error.code != "draft_exists":
                raise
            error.params["kept"] = self._engine.write(models.keep_import, actor, model)
            raise

    def begin_draft(self, actor: str, process_id: str, name: str) -> int:
        """Begin the draft of a new process with a start event. Raises Forbidden, Conflict("process_exists"),
        DefinitionError when the id is no slug."""
        self._engine.read(models.require_analyst, actor)
        model = models.readable(models.blank(process_id, name), process_id)
        return int(self._engine.write(models.begin_draft, actor, model))

    def deploy_draft(self, actor: str, process_id: str, seen: int, note: str = "") -> tuple[str, int]:
        """Make the draft the latest version of its process; returns (process id, version). Running cases keep theirs.

        Raises Forbidden, NotFound when no draft is open, Conflict("draft_changed" | "nothing_new"), and
        DefinitionError with all errors that stand in the way; then nothing is stored.
        """
        for _ in range(TRIES):
            xml, around = self._engine.read(models.draft_to_check, actor, process_id, seen)
            found = self._engine.reports.check(process_id, xml, around)
            if found.definition is None or found.report.errors:
                raise DefinitionError(models.faults(f"{process_id}.bpmn", found.report))
            model = models.deployable(xml, found.definition, around)
            made = self._engine.write(models.deploy_draft, actor, process_id, seen, note, model)
            if made is not None:
                return str(made[0]), int(made[1])
        raise Conflict("busy", "Expected the deployed models to stand still, but others were deploying; try again.")


class _Plans(_Area):
    """Commands on plans; a document is read before the transaction: that takes time and needs no store."""

    def understand(self, actor: str, content: bytes, year: int | None = None) -> planfile.Understood:
        """What a plan document says, as the importer understands it; nothing is stored. Raises Forbidden("plan_role"),
        and DefinitionError with every problem of the document, each with its line."""
        known = self._engine.read(queries.plan_units, actor)
        return planfile.read(content, units=known, year=year)

    def without_persons(self, content: bytes) -> str:
        """A plan document as plain text without names and addresses of persons; read again it is understood the same.
        Raises DefinitionError for what is no document."""
        return planfile.as_text(content)

    def import_document(
        self, actor: str, content: bytes, filename: str = "", year: int | None = None, choices: Any = None
    ) -> str:
        """Store a plan document as a draft and return its id. Raises as `understand`, and as
        `engine.commands.plans.store_draft`."""
        understood = self.understand(actor, content, year)
        return str(self._engine.write(plans.store_draft, actor, understood, filename, choices))


class _People(_Area):
    """Commands about people; log-in checks the password between two transactions: that is slow on purpose."""

    def log_in(self, login: str, password: str, address: str) -> str:
        """Open a session and return its token. Raises Forbidden("bad_credentials" | "throttled", retry_after=seconds).

        `address` is the caller's IP address; failures are counted for the log-in name and for the address. An attempt
        is counted before its password is checked, and taken back when that was right.
        """
        account, counts = self._engine.write(access.account_to_check, login, address)
        if not identity.verify(account.password_hash if account else None, password, self._engine.settings):
            raise Forbidden("bad_credentials", "Expected a known log-in name with its password.")
        settings = self._engine.settings
        stale = identity.needs_rehash(account.password_hash, settings)
        new_hash = identity.hash_password(password, settings) if stale else None
        return str(self._engine.write(access.open_session, account.person_id, account.login, counts, new_hash))


class _Signing(_Area):
    """Signing asks for the password again; it is checked before the transaction begins."""

    def sign(
        self, task_id: str, actor: str, answers: dict[str, Any], seen_version: int, password: str, **options: Any
    ) -> cases.Completed:
        """Decide a signing gate with the password given again. Raises Forbidden("wrong_password" | "throttled") besides
        all that `cases.complete` raises."""
        account, counts = self._engine.write(access.password_to_check, actor)
        if not identity.verify(account.password_hash if account else None, password, self._engine.settings):
            raise Forbidden("wrong_password", "Expected the signer's password.")
        self._engine.write(access.take_back, counts)
        result: cases.Completed = self._engine.write(signing.sign, task_id, actor, answers, seen_version, **options)
        return result


class _Papers(_Area):
    """PDFs of Word documents. LibreOffice works between two transactions, and one conversion at a time."""

    WAIT = 20.0  # seconds for which a reader waits for another one's conversion

    def __init__(self, engine: Engine, module: ModuleType) -> None:
        super().__init__(engine, module)
        self._converting = threading.Lock()

    def pdf(self, actor: str, version_id: str) -> FileView:
        """A document version as PDF: itself when it is one, else what was or is made of it now. Raises NotFound when
        there is none that the actor may see, Conflict("no_converter" | "not_convertible" | "busy")."""
        found: FileView = self._engine.read(queries.file, actor, version_id)
        if found.media_type == PDF:
            return found
        issued: renditions.Issued | None = self._engine.read(renditions.issued_as, version_id)
        source, kind = (version_id, renditions.ISSUED) if issued else (found.sha256, renditions.KIND)
        body: bytes | None = self._engine.read(renditions.stored, source, kind)
        if body is None:
            body = self._convert(found, issued)
            self._engine.write(renditions.keep, source, kind, body)
        name = f"{found.filename.rpartition('.')[0] or found.filename}.pdf"
        return FileView(name, PDF, len(body), definitions.digest_of(body), body)

    def available(self) -> bool:
        """Whether this machine can make PDFs."""
        return papers.converter() is not None

    def _convert(self, found: FileView, issued: renditions.Issued | None) -> bytes:
        if found.media_type != WORD:
            raise Conflict("not_convertible", f"Expected a Word file, got {found.media_type}.")
        if papers.converter() is None:
            raise Conflict("no_converter", "Expected LibreOffice on this machine, found none.")
        if not self._converting.acquire(timeout=self.WAIT):
            raise Conflict("busy", "Expected the converter to be free, but others are converting; try again.")
        try:
            body = papers.numbered(found.content, issued.symbol, issued.dated) if issued else found.content
            return papers.to_pdf(body)
        except papers.PaperError as error:
            raise Conflict("not_convertible", str(error)) from error
        finally:
            self._converting.release()

    def _rendered(self, wanted: list[tuple[renditions.Issued, bytes]]) -> dict[str, bytes]:
        """PDFs by version: all at once; when one of them stands in the way, each alone, and that one is noted."""
        with suppress(papers.PaperError):
            each = {one.version_id: papers.numbered(body, one.symbol, one.dated) for one, body in wanted}
            return papers.to_pdfs(each) if each else {}
        made = {}
        for one, body in wanted:
            try:
                made[one.version_id] = papers.to_pdf(papers.numbered(body, one.symbol, one.dated))
            except papers.PaperError as error:
                self._engine.write(renditions.give_up, one.version_id, renditions.ISSUED, str(error))
                log.warning("a document could not be turned into PDF: %s: %s", one.version_id, error)
        return made

    def render_issued(self, limit: int = 10) -> int:
        """Make PDF/As of issued Word documents that have none, several with one start of LibreOffice; returns how many.
        Nothing to do without LibreOffice."""
        if papers.converter() is None or not self._converting.acquire(blocking=False):
            return 0
        try:
            wanted = self._engine.read(renditions.wanted, limit)
            made = self._rendered(wanted)
            for version_id, pdf in made.items():
                self._engine.write(renditions.keep, version_id, renditions.ISSUED, pdf)
            return len(made)
        finally:
            self._converting.release()


class _Calendar(_Area):
    """Commands about the working calendar. After a change every running case is counted anew, each in a transaction of
    its own: at once while they are few, the others by the ticker."""

    AT_ONCE = 50

    def change(self, *args: Any, **options: Any) -> int:
        """Make a day special, see `engine.commands.calendar.change`; returns how many cases are still to be counted."""
        return self._follow(calendar.change, *args, **options)

    def remove(self, *args: Any, **options: Any) -> int:
        """Make a special day what its weekday says, see `engine.commands.calendar.remove`; returns as `change`."""
        return self._follow(calendar.remove, *args, **options)

    def _follow(self, command: Callable[..., Any], *args: Any, **options: Any) -> int:
        concerned = int(self._engine.write(command, *args, **options))
        done = 0
        if 0 < concerned <= self.AT_ONCE:
            for case_id in self._engine.read(calendar.pending, concerned):
                with suppress(Conflict):  # somebody has moved the case in the same moment: the ticker counts it
                    self._engine.write(calendar.retime_case, case_id)
                    done += 1
        return max(concerned - done, 0)


class _Operations(_Area):
    """Commands of the running installation; ticking is many small transactions, one per timer or job."""

    def tick(self, limit: int = 100) -> int:
        """Fire due timers and do due jobs, each in a transaction of its own; returns how many were done.

        One that fails is left with its incident, or in the log, and does not stop the others. Safe to run twice at the
        same time.
        """
        engine = self._engine
        done = 0
        self._once_a_day()
        # Mostly nothing is due: one look says so. What is done here may make more due that comes further down.
        waits = engine.read(due.now)
        if timers := waits.timers:
            for timer in engine.read(operations.due_timers, limit):
                done += self._try(operations.fire_timer, timer)
        if jobs := timers or waits.jobs:
            for job in engine.read(operations.due_jobs, limit):
                try:
                    done += bool(engine.write(operations.do_job, job))
                except Exception as error:  # one broken job must not stop the others; it becomes an incident
                    self._try(operations.fail_job, job, f"{type(error).__name__}: {error}")
        if starts := jobs or waits.starts:
            for row in engine.read(reminders.due_starts, limit):
                done += self._try(reminders.start_by_timer, row)
        if retimings := starts or waits.retimings:
            for case_id in engine.read(calendar.pending, limit):
                done += self._try(calendar.retime_case, case_id)
        return done + (self._remind() if retimings or waits.reminders else 0)

    def _remind(self) -> int:
        """Once a business day, remind people of what is due and tell their heads; returns how many cases it concerned.
        A case that fails is looked at again the next day."""
        found = self._engine.read(reminders.to_remind)
        if found is None:
            return 0
        done = sum(self._try(reminders.remind, case_id, reached) for case_id, reached in found.items())
        self._engine.write(reminders.swept)
        return done

    def _once_a_day(self) -> None:
        """Seal the journals' heads and sweep out ended sessions, with the first tick of a day of this process."""
        day = clocks.local_date(self._engine.clock.system_now())
        if self._engine.swept != day:
            self._engine.write(access.forget_expired)
            self._engine.write(operations.seal)
            self._engine.swept = day

    def _try(self, command: Callable[..., Any], *args: Any) -> int:
        try:
            return int(bool(self._engine.write(command, *args)))
        except Conflict:
            # Somebody else moved the case in the same moment; the row is still there for the next tick.
            return 0
        except Exception:
            # One broken case must not stop the timers and jobs of all others.
            log.exception("%s failed and is tried again by the next tick: %s", command.__name__, args[0])
            return 0

    def settle(self) -> int:
        """Tick until nothing is due any more; returns how many timers and jobs were done."""
        total = 0
        while done := self.tick():
            total += done
        return total

    def advance(self, until: Any) -> None:
        """Move business time forward to an instant, firing every timer on the way at its own time.

        Only for demo and test stores. Raises Invalid when the instant lies in the past.
        """
        self.settle()
        while (instant := self._engine.read(due.next_due)) is not None and instant <= until:
            self._engine.write(operations.move_clock, instant)
            self.settle()
        self._engine.write(operations.move_clock, until)
        self.settle()

    def verify(self, case_id: str | None = None) -> list[dict[str, Any]]:
        """Check the journal chain of one case or of all, and replay each; returns one finding per case.

        A finding is {"case", "code", "entries", "faults": [sentence]}; no faults means the case is as it was written.
        With all cases the daily seals are checked too; what is wrong with them is a finding of its own (case None).
        """
        ids = self._engine.read(operations.case_ids, case_id)
        findings = [self._engine.read(operations.verify_case, one) for one in ids]
        broken = self._engine.read(operations.seal_faults) if case_id is None else []
        if broken:
            findings.append({"case": None, "code": "seals", "entries": 0, "faults": broken})
        return findings
