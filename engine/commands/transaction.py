"""What a command is given: one transaction, the two clocks, and the definitions in force. `engine.door` makes it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import bpmn, clock, definitions, org
from engine.errors import NotFound
from engine.records import meta
from engine.settings import Settings

# Built once: every transaction begins with it.
_TENANT: sa.BindParameter[Any] = sa.bindparam("tenant")
CLOCK = sa.select(meta.c.clock_offset, meta.c.environment).where(meta.c.tenant_id == _TENANT)


@dataclass
class Moved:
    """How far business time is ahead of system time, as last read; shared by all transactions of the process."""

    offset: float = 0.0


class Tx:
    """One transaction. Commands read and write through `conn` and never begin or end anything themselves."""

    def __init__(
        self,
        conn: sa.Connection,
        settings: Settings,
        system_now: datetime,
        models: definitions.Models,
        moved: Moved,
        bell: Callable[[], None] | None = None,
    ) -> None:
        self.conn = conn
        self.settings = settings
        self.tenant = settings.tenant_id
        self.system_now = system_now
        self.models = models
        self.ringing = False
        self._moved = moved
        # Its own from the start: another thread that moves the clock must not change the time within this transaction.
        self._offset = moved.offset
        self._known = False
        self._environment = ""
        self._bell = bell
        self._then: datetime | None = None

    def adopt(self, row: Any) -> None:
        """Take clock offset and environment from a row that was read with the columns of `meta`."""
        self._offset = self._moved.offset = row.clock_offset
        self._environment = row.environment
        self._known = True

    def forget(self) -> None:
        """The environment was changed in this transaction: it is read again when it is asked for."""
        self._known = False

    def _know(self) -> None:
        if not self._known:
            row = self.conn.execute(CLOCK, {"tenant": self.tenant}).first()
            if row is None:
                raise NotFound(
                    "store", "Expected an initialised store; run `trinhky migrate` and `trinhky demo` first."
                )
            self.adopt(row)

    @property
    def now(self) -> datetime:
        """Business time, tz-aware UTC; within `at` that instant."""
        self._know()
        if self._then is not None:
            return self._then
        return self.system_now + timedelta(seconds=self._offset)

    @property
    def today(self) -> date:
        """The business day at the office (UTC+7). Before the clock row was read: as last known by this process."""
        if self._then is not None:
            return clock.local_date(self._then)
        return clock.local_date(self.system_now + timedelta(seconds=self._offset))

    @contextmanager
    def at(self, instant: datetime) -> Iterator[None]:
        """Act as at an earlier instant (tz-aware): for what is entered after it happened."""
        before, self._then = self._then, instant
        try:
            yield
        finally:
            self._then = before

    @property
    def environment(self) -> str:
        """The hash of the environment in force."""
        self._know()
        return self._environment

    @property
    def environment_facts(self) -> definitions.Environment:
        """The environment in force."""
        return self.models.environment(self.conn, self.tenant, self.environment)

    def kernel_env(self) -> bpmn.Env:
        """What the kernel looks things up in, as of now."""
        return self.models.kernel_env(self.conn, self.tenant, self.environment)

    def actor(self, person: str) -> org.Actor:
        """Who this person is today."""
        self._know()
        return org.actor(self.conn, self.tenant, person, self.today)

    def ring_bell(self) -> None:
        """There is work for the scheduler once this transaction has been committed."""
        self.ringing = True
