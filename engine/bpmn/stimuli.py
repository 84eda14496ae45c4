"""What can be done to an instance: one function for each stimulus, from the texts of its state to the texts of its
next state.

Each is pure: the same arguments give the same bytes. `Stale` says that what was meant is gone, `NeedShards` asks for
more of the state; both leave everything as it was.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.bpmn import acts
from engine.bpmn.definition import Definition
from engine.bpmn.faults import AgendaLimit, Stale
from engine.bpmn.run import Env, Outcome, Run
from engine.bpmn.state import Token, fresh, load, outermost, shard_of

Variables = Mapping[str, Any]
Shards = Mapping[str, str]
_NOTHING: Shards = {}


def _apply(make: Callable[[], Run], act: acts.Act) -> Outcome:
    """Let an act put items on the agenda, then settle. When they set off too much, none of it happens: each becomes an
    incident."""
    run = make()
    act(run)
    try:
        run.settle()
    except AgendaLimit:
        run = make()
        acts.give_up(run, act)
    return run.outcome()


def apply(d: Definition, state: str, shards: Shards, act: acts.Act, now: dt.datetime, env: Env) -> Outcome:
    """Any act on an instance."""
    return _apply(_open(d, state, shards, now, env), act)


def _open(d: Definition, state: str, shards: Shards, now: dt.datetime, env: Env) -> Callable[[], Run]:
    def make() -> Run:
        main = load(state)
        if main.ended is not None:
            raise Stale("instance", "Expected a running instance, but it has ended.")
        return Run(d, env, now, main, shards)

    return make


def start(d: Definition, variables: Variables, now: dt.datetime, env: Env, *, at: str | None = None) -> Outcome:
    """A new instance of the definition's main process, at its start event without a trigger, or at the start event
    `at` whose trigger has happened (then `variables` is what came with it)."""

    return _apply(lambda: Run(d, env, now, fresh()), acts.start(d, variables, at))


def complete(
    d: Definition, state: str, shards: Shards, task: str, variables: Variables, now: dt.datetime, env: Env
) -> Outcome:
    """A person's task or a job is done; its variables go where the element's mappings say."""
    return apply(d, state, shards, acts.complete(task, variables), now, env)


def throw_error(
    d: Definition,
    state: str,
    shards: Shards,
    task: str,
    error_code: str,
    variables: Variables,
    now: dt.datetime,
    env: Env,
    *,
    message: str = "",
) -> Outcome:
    """A job or a task reports an error that the model knows; the diagram catches it, or an incident is raised."""
    return apply(d, state, shards, acts.throw_error(task, error_code, variables, message), now, env)


def throw_escalation(
    d: Definition, state: str, shards: Shards, task: str, code: str, now: dt.datetime, env: Env
) -> Outcome:
    """A task reports an escalation that the model knows; the task stays unless what catches it interrupts."""
    return apply(d, state, shards, acts.throw_escalation(task, code), now, env)


def incident(
    d: Definition, state: str, shards: Shards, task: str, code: str, message: str, now: dt.datetime, env: Env
) -> Outcome:
    """A technical failure outside: the token stays, the incident is recorded, `retry` asks for the job again."""
    return apply(d, state, shards, acts.incident(task, code, message), now, env)


def retry(d: Definition, state: str, shards: Shards, incident: str, now: dt.datetime, env: Env) -> Outcome:
    """Run again what failed: one incident by its id, or all of a token by the token's."""
    return apply(d, state, shards, acts.retry(incident), now, env)


def fire(d: Definition, state: str, shards: Shards, timer: str, now: dt.datetime, env: Env) -> Outcome:
    """A timer is due."""
    return apply(d, state, shards, acts.fire(timer), now, env)


def deliver(
    d: Definition,
    state: str,
    shards: Shards,
    kind: str,
    name: str,
    payload: Variables,
    now: dt.datetime,
    env: Env,
    *,
    key: str | None = None,
) -> Outcome:
    """A message reaches the oldest subscription of its name and key (in the main state, then in the given shards), a
    signal reaches all of its name. A message that nobody waits for is Stale, a signal that nobody waits for changes
    nothing."""
    return apply(d, state, shards, acts.deliver(kind, name, payload, key), now, env)


def cancel(d: Definition, state: str, shards: Shards, now: dt.datetime, env: Env) -> Outcome:
    """The whole instance is withdrawn."""
    return apply(d, state, shards, acts.cancel(), now, env)


def cancel_task(d: Definition, state: str, shards: Shards, task: str, now: dt.datetime, env: Env) -> Outcome:
    """One child of a multi-instance is taken back: by the id of its task, or of its token or shard."""
    return apply(d, state, shards, acts.cancel_task(task), now, env)


def extend(
    d: Definition, state: str, shards: Shards, host: str, items: Sequence[Any], now: dt.datetime, env: Env
) -> Outcome:
    """A multi-instance that runs gets more children, by the id of its token; Stale when it is over."""
    return apply(d, state, shards, acts.extend(host, items), now, env)


def activate(
    d: Definition, state: str, shards: Shards, token: str, element: str, now: dt.datetime, env: Env
) -> Outcome:
    """One more activity of an ad-hoc sub-process is started, by the id of its token; Stale when it is not open."""
    return apply(d, state, shards, acts.activate(token, element), now, env)


def move(d: Definition, state: str, shards: Shards, token: str, target: str, now: dt.datetime, env: Env) -> Outcome:
    """Repair: a token is taken from where it stands, with everything inside it, and enters another element of the same
    scope."""
    return apply(d, state, shards, acts.move(token, target), now, env)


def set_variables(
    d: Definition, state: str, shards: Shards, variables: Variables, now: dt.datetime, env: Env
) -> Outcome:
    """Repair: variables of the instance get other values, also in called processes that were given them unchanged."""
    return apply(d, state, shards, acts.set_variables(variables), now, env)


def retime(d: Definition, state: str, shards: Shards, variables: Variables, now: dt.datetime, env: Env) -> Outcome:
    """Variables of the instance get other values, and all due dates and timers are counted anew by the calendar of
    `env`; needs all shards in which something waits."""
    return apply(d, state, shards, acts.retime(variables), now, env)


def view(state: str, shards: Shards = _NOTHING) -> list[dict[str, Any]]:
    """Where the instance stands: every token that is not only a scope of others, in order; children of a
    multi-instance only from the shards given (their host is listed in any case, with its counters)."""
    found: list[dict[str, Any]] = []
    for part_id in ("", *sorted(shards, key=lambda i: [int(n) for n in i.split(".")])):
        part = load(state if not part_id else shards[part_id], part_id)
        for token in part.tokens.values():
            if not token.element and not token.incidents:
                continue
            kind = (
                "host"
                if token.host
                else "join"
                if token.flow
                else "scope"
                if token.children or token.called
                else "token"
            )
            row: dict[str, Any] = {
                "token": token.id,
                "element": token.element,
                "scope": f"{part.prefix}{token.scope}" if token.number else shard_of(part_id + ".0").rpartition(".")[0],
                "kind": kind,
                "shard": part_id or None,
            }
            process = _called_by(token)
            if process:
                row["process"] = process
            if token.host:
                row["counters"] = [token.host.total, token.host.active, token.host.completed, token.host.terminated]
            if token.incidents:
                row["incidents"] = [
                    {"incident": i.id, "code": i.code, "message": i.message} for i in token.incidents.values()
                ]
            found.append(row)
    return found


def _called_by(token: Token) -> str | None:
    """The hash of the called definition that a token's element belongs to, as far as this part knows."""
    at = token
    while at.number:
        at = at.part.tokens[at.scope]
        if at.called is not None:
            return at.called
    return None


def variables(state: str) -> dict[str, Any]:
    """The variables of the instance's outermost scope."""
    return outermost(state)


def ended(state: str) -> str | None:
    """How the instance ended, None while it runs."""
    return load(state).ended


def waiting(state: str, shards: Shards = _NOTHING) -> list[dict[str, Any]]:
    """All armed timers and awaited messages, signals and conditions, in order."""
    found: list[dict[str, Any]] = []
    for part_id in ("", *sorted(shards, key=lambda i: [int(n) for n in i.split(".")])):
        part = load(state if not part_id else shards[part_id], part_id)
        for s in part.subscriptions.values():
            kind = {"t": "timer", "m": "message", "s": "signal", "c": "condition", "l": "listener"}[s.kind]
            found.append(
                {
                    "sub": s.id,
                    "kind": kind,
                    "element": s.element,
                    "due": s.due,
                    "name": s.name,
                    "key": s.key,
                    "shard": part_id or None,
                }
            )
    return found
