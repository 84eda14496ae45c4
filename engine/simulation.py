"""Simulating a model: thousands of cases by chance on a virtual clock, on one processor or several.

The chance comes from here: each case has a source of its own, made of the seed and its number, so that the same seed
gives the same result on however many processes. Not here: what a case does (`engine.bpmn.world`), what is assumed
(`engine.bpmn.parameters`) and what is said about it (`engine.bpmn.tally`).
"""

import random
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from engine import bpmn, queries
from engine.bpmn import parameters as assumptions
from engine.bpmn import tally, world
from engine.bpmn.parameters import Parameters
from engine.door import Engine
from engine.errors import NotFound
from engine.tryout import STARTS, env_beside

# So many cases are one piece of work for a process. The result does not depend on it.
PIECE = 100
# The file beside a model that says what its simulation assumes.
FILE = "simulation.json"
CASES = 1_000
MAX_CASES = 1_000_000


def simulate(
    model: Path,
    parameters: Mapping[str, Any] | None = None,
    *,
    cases: int = CASES,
    seed: int = 1,
    processes: int = 1,
    now: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Run many cases of a model by chance and say how long they take, where the time goes and who is busy.

    `parameters`: durations, outcomes, people and limits by element, as in docs/simulation.md; what they leave open is
    assumed, and named in the result. `progress` is told how many cases are done. Raises DefinitionError with all
    problems of the model, and Invalid with all faults of the parameters, by field.
    """
    ready = bpmn.compile(model.read_bytes(), file=model.name), env_beside(model)
    read = assumptions.read(parameters or {}, now or STARTS)
    return _result(*ready, read, cases, seed, partial(_parts, model, read, seed, processes, ready), progress)


def simulate_deployed(
    core: Engine,
    actor: str,
    process_id: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    cases: int = 200,
    seed: int = 1,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """The same for a process as it is deployed now, with the decisions, called processes and calendar of the store, by
    the calling thread. Without parameters, they are learned from the journals (`queries.durations` says who may).

    Raises NotFound for a process that is not deployed, besides what `simulate` and `queries.durations` raise.
    """

    def run(tx: Any) -> dict[str, Any]:
        env = tx.kernel_env()
        try:
            definition = env.definition(env.process(process_id))
        except KeyError:
            raise NotFound("process", f"Expected a deployed process {process_id}, found none.") from None
        given = queries.durations(tx, actor, process_id).parameters if parameters is None else parameters
        read = assumptions.read(given, tx.now)
        parts = partial(_in_turn, definition, env, read, seed)
        return _result(definition, env, read, cases, seed, parts, progress)

    found: dict[str, Any] = core.read(run)
    return found


Piece = tuple[int, int, int]  # the number of its world (-1: each case alone), first case, behind the last


def _result(
    definition: bpmn.Definition,
    env: bpmn.Env,
    parameters: Parameters,
    cases: int,
    seed: int,
    parts: Callable[[list[Piece]], Iterator[tally.Tally]],
    progress: Callable[[int], None] | None,
) -> dict[str, Any]:
    called, complete = _called(definition, env)
    if complete:
        assumptions.check(parameters, (definition, *called))
    total = tally.Tally()
    for part in parts(_pieces(parameters, min(max(cases, 1), MAX_CASES))):
        total.add(part)
        if progress is not None:
            progress(total.cases)
    return tally.report(total, parameters, definition, called, seed=seed)


def _pieces(parameters: Parameters, cases: int) -> list[Piece]:
    if not world.shared(parameters):
        return [(-1, first, min(first + PIECE, cases)) for first in range(0, cases, PIECE)]
    count = min(parameters.replications, cases)
    ends = [cases * n // count for n in range(count + 1)]
    return [(n, ends[n], ends[n + 1]) for n in range(count)]


def _parts(
    model: Path,
    parameters: Parameters,
    seed: int,
    processes: int,
    ready: tuple[bpmn.Definition, bpmn.Env],
    pieces: list[Piece],
) -> Iterator[tally.Tally]:
    """The tallies of the pieces, in their order."""
    if processes <= 1 or len(pieces) <= 1:
        yield from _in_turn(*ready, parameters, seed, pieces)
        return
    given = (model, parameters.written, parameters.start, seed)
    # A copy of this process is ready at once, but only safe where no other thread runs; else a new one is started.
    way = "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"
    pool = ProcessPoolExecutor(min(processes, len(pieces)), get_context(way), _prepare, given)
    try:
        yield from pool.map(_work, pieces)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_turn(
    definition: bpmn.Definition, env: bpmn.Env, parameters: Parameters, seed: int, pieces: list[Piece]
) -> Iterator[tally.Tally]:
    for piece in pieces:
        yield _piece(definition, env, parameters, seed, piece)


def _piece(definition: bpmn.Definition, env: bpmn.Env, parameters: Parameters, seed: int, piece: Piece) -> tally.Tally:
    number, first, last = piece
    source = partial(_source, seed)
    if number < 0:
        return world.alone(definition, env, parameters, range(first, last), source)
    arrivals = random.Random(f"{seed} arrivals {number}")
    return world.together(definition, env, parameters, range(first, last), source, arrivals)


def _source(seed: int, number: int) -> random.Random:
    return random.Random(f"{seed} case {number}")


# -- in a process of its own: the model is read there, because compiled expressions cannot be sent


_ready: dict[str, Callable[[Piece], tally.Tally]] = {}


def _prepare(model: Path, written: Mapping[str, Any], start: datetime, seed: int) -> None:
    definition = bpmn.compile(model.read_bytes(), file=model.name)
    read = assumptions.read(written, start)
    _ready["piece"] = partial(_piece, definition, env_beside(model), read, seed)


def _work(piece: Piece) -> tally.Tally:
    return _ready["piece"](piece)


def _called(definition: bpmn.Definition, env: bpmn.Env) -> tuple[list[bpmn.Definition], bool]:
    """What a model calls, directly and further on; false when some calls are only known when they happen."""
    found: dict[str, bpmn.Definition] = {}
    todo, complete = [definition], True
    while todo:
        for element in todo.pop().elements.values():
            if element.call is None:
                continue
            name = element.call.process
            if not isinstance(name, str):
                complete = False
                continue
            try:
                called = env.definition(env.process(name))
            except KeyError:
                continue
            if called.hash not in found and called.hash != definition.hash:
                found[called.hash] = called
                todo.append(called)
    return list(found.values()), complete
