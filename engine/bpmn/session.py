"""An instance that stays in memory from one stimulus to the next, for callers that take many steps and need no text in
between: simulation, exploring.

A session gives the same events, and at any moment the same texts, as the calls of `stimuli` do. The state stays as it
is after a step; only a step in which something failed is followed by writing and reading it, because what was undone
lies in another order then. A call that is refused (`Stale`, `Conflict`) leaves everything as it was: the kernel is
deterministic, so the steps since the last text are run once more.

Not here: what is open in an instance, and a clock (`simulate`, `world`).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from engine.bpmn import acts
from engine.bpmn.definition import Definition
from engine.bpmn.faults import AgendaLimit, Stale
from engine.bpmn.run import Env, Event, Run
from engine.bpmn.state import Part, fresh, load

# So many steps are run again at most when a call is refused half way (more where there are many shards to write).
KEPT = 200


class Session:
    """One instance. Every method applies one stimulus and returns its events."""

    __slots__ = ("_log", "_main", "_parts", "_texts", "definition", "env")

    def __init__(
        self, definition: Definition, env: Env, state: str | None = None, shards: Mapping[str, str] | None = None
    ) -> None:
        self.definition = definition
        self.env = env
        self._texts: tuple[str | None, dict[str, str]] = (state, dict(shards or {}))
        self._log: list[tuple[acts.Act, dt.datetime]] = []  # the steps since the texts
        self._main: Part
        self._parts: dict[str, Any]  # shards, as texts until they are needed
        self._read()

    # -- stimuli

    def start(self, variables: Mapping[str, Any], now: dt.datetime, *, at: str | None = None) -> list[Event]:
        """The definition's main process begins."""
        return self.apply(acts.start(self.definition, variables, at), now)

    def complete(self, task: str, variables: Mapping[str, Any], now: dt.datetime) -> list[Event]:
        """A task or a job is done."""
        return self.apply(acts.complete(task, variables), now)

    def throw_error(self, task: str, code: str, variables: Mapping[str, Any], now: dt.datetime) -> list[Event]:
        """A task or a job reports a modelled error."""
        return self.apply(acts.throw_error(task, code, variables), now)

    def throw_escalation(self, task: str, code: str, now: dt.datetime) -> list[Event]:
        """A task reports a modelled escalation."""
        return self.apply(acts.throw_escalation(task, code), now)

    def incident(self, task: str, code: str, message: str, now: dt.datetime) -> list[Event]:
        """A job fails for technical reasons."""
        return self.apply(acts.incident(task, code, message), now)

    def retry(self, incident: str, now: dt.datetime) -> list[Event]:
        """Run again what failed."""
        return self.apply(acts.retry(incident), now)

    def fire(self, timer: str, now: dt.datetime) -> list[Event]:
        """A timer is due."""
        return self.apply(acts.fire(timer), now)

    def deliver(
        self, kind: str, name: str, payload: Mapping[str, Any], now: dt.datetime, *, key: str | None = None
    ) -> list[Event]:
        """A message or a signal comes."""
        return self.apply(acts.deliver(kind, name, payload, key), now)

    def cancel(self, now: dt.datetime) -> list[Event]:
        """Withdraw the instance."""
        return self.apply(acts.cancel(), now)

    def cancel_task(self, task: str, now: dt.datetime) -> list[Event]:
        """Withdraw one child of a multi-instance."""
        return self.apply(acts.cancel_task(task), now)

    def extend(self, host: str, items: Sequence[Any], now: dt.datetime) -> list[Event]:
        """Give a multi-instance that runs more children."""
        return self.apply(acts.extend(host, items), now)

    def activate(self, token: str, element: str, now: dt.datetime) -> list[Event]:
        """Start one more activity of an ad-hoc sub-process."""
        return self.apply(acts.activate(token, element), now)

    def move(self, token: str, target: str, now: dt.datetime) -> list[Event]:
        """Repair: move a token to another element."""
        return self.apply(acts.move(token, target), now)

    def retime(self, variables: Mapping[str, Any], now: dt.datetime) -> list[Event]:
        """Count due dates and timers anew."""
        return self.apply(acts.retime(variables), now)

    # -- reading

    @property
    def ended(self) -> str | None:
        """How the instance ended, None while it runs."""
        return self._main.ended

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of the instance's outermost scope."""
        return self._main.root.values()

    def texts(self) -> tuple[str, dict[str, str]]:
        """The main state and the shards as text, byte for byte what `stimuli` would have written."""
        shards = {i: p if isinstance(p, str) else p.dump() for i, p in self._parts.items()}
        return self._main.dump(), shards

    # -- how

    def apply(self, act: acts.Act, now: dt.datetime) -> list[Event]:
        """One stimulus."""
        if self._main.ended is not None:
            raise Stale("instance", "Expected a running instance, but it has ended.")
        run = self._run(now)
        try:
            act(run)
            run.settle()
        except AgendaLimit:
            self._rewind()
            run = self._run(now)
            acts.give_up(run, act)
            run.undone = True
        except Exception:
            if run.steps or run.events or run.undo or run.agenda:
                self._rewind()
            raise
        self._keep(run)
        if run.undone or len(self._log) >= KEPT + len(self._parts):
            self._texts = self.texts()
            self._log.clear()
            if run.undone:
                self._read()
        else:
            self._log.append((act, now))
        return run.events

    def _run(self, now: dt.datetime) -> Run:
        return Run(self.definition, self.env, now, self._main, self._parts)

    def _keep(self, run: Run) -> None:
        for part in run.tally():
            self._parts[part.id] = part
        for part_id in run.dropped:
            self._parts.pop(part_id, None)

    def _read(self) -> None:
        state, shards = self._texts
        self._main = fresh() if state is None else load(state)
        self._parts = dict(shards)

    def _rewind(self) -> None:
        """Back to how it was before a call that was given up half way."""
        self._read()
        for act, now in self._log:
            run = self._run(now)
            act(run)
            run.settle()
            self._keep(run)
