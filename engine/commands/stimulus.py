"""One stimulus given to the kernel: the same few lines for a live command and for a replay from the journal.

A stimulus is plain JSON, because the journal keeps it: `{"do": "complete", "task": "7", "shard": null, "vars": {…}}`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine import bpmn

# shard ids → their texts; asked with ids, or with a host for all of its shards
Loader = Callable[[list[str] | None, str | None], dict[str, str]]


def lineage(shard: str | None) -> list[str]:
    """The shard and those it is nested in: "7.3.12.1" lies in "7.3"."""
    if not shard:
        return []
    parts = shard.split(".")
    return [".".join(parts[: i + 2]) for i in range(0, len(parts), 2)]


def run(
    definition: bpmn.Definition,
    env: bpmn.Env,
    state: str,
    load: Loader,
    stimulus: Mapping[str, Any],
    now: datetime,
) -> tuple[bpmn.Outcome, set[str]]:
    """The kernel's outcome of a stimulus, and the ids of the shards that were loaded for it.

    Raises bpmn.Stale when what the stimulus is for no longer exists.
    """
    shards: dict[str, str] = {}
    wanted = lineage(stimulus.get("shard"))
    if wanted:
        shards.update(load(wanted, None))
    for _ in range(100):
        try:
            return _give(definition, env, state, shards, stimulus, now), set(shards)
        except bpmn.NeedShards as need:
            found = load(None, need.host)
            if found.keys() <= shards.keys():
                raise
            shards.update(found)
    raise RuntimeError("expected the kernel to be content with the shards it asked for")


def _give(
    definition: bpmn.Definition,
    env: bpmn.Env,
    state: str,
    shards: Mapping[str, str],
    given: Mapping[str, Any],
    now: datetime,
) -> bpmn.Outcome:
    variables = given.get("vars") or {}
    match given["do"]:
        case "start":
            return bpmn.start(definition, variables, now, env, at=given.get("at"))
        case "complete":
            return bpmn.complete(definition, state, shards, given["task"], variables, now, env)
        case "fire":
            return bpmn.fire(definition, state, shards, given["timer"], now, env)
        case "deliver":
            return bpmn.deliver(
                definition, state, shards, given["kind"], given["name"], variables, now, env, key=given.get("key")
            )
        case "incident":
            return bpmn.incident(definition, state, shards, given["task"], given["code"], given["message"], now, env)
        case "retry":
            return bpmn.retry(definition, state, shards, given["token"], now, env)
        case "set":
            return bpmn.set_variables(definition, state, shards, variables, now, env)
        case "extend":
            return bpmn.extend(definition, state, shards, given["host"], given["items"], now, env)
        case "withdraw":
            return bpmn.cancel_task(definition, state, shards, given["task"], now, env)
        case "retime":
            return bpmn.retime(definition, state, shards, variables, now, env)
        case "cancel":
            return bpmn.cancel(definition, state, shards, now, env)
    raise ValueError(f"expected a stimulus that the kernel knows, got {given['do']!r}")
