"""Random processes against an independent oracle, each step replayed through shuffled JSON, shards split and merged."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine import bpmn
from engine.bpmn.run import Outcome
from engine.bpmn.state import is_path
from kernel_models import Case, shuffled, xml
from random_models import Writer
from random_oracle import Action, Oracle
from random_processes import BROADCAST, Block, processes

WANTED = [
    *("task", "auto", "seq", "xor", "and", "or", "gate", "vote", "loop", "call", "link", "double", "again", "adhoc"),
    *("safe", "undo", "error", "terminate", "escalate", "cancel", "sub", "watch", "parallel", "sequential"),
    *(f"{event} catch" for event in ("timer", "signal", "message", "condition")),
    *(f"{event} boundary" for event in ("timer", "signal", "message", "condition", "error", "escalate", "cancel")),
    *(f"{event} boundary, not interrupting" for event in ("timer", "signal", "message", "condition", "escalate")),
    *(f"{event} event sub-process" for event in ("timer", "signal", "message", "condition", "error", "escalate")),
    *(f"{event} event sub-process, not interrupting" for event in ("timer", "signal", "message", "condition")),
    *("escalate event sub-process, not interrupting", "compensate event sub-process"),
    *(f"multi-instance of a {what}" for what in ("task", "sub", "call")),
    *(f"boundary of a {what}" for what in ("task", "sub", "call", "parallel", "sequential", "adhoc")),
    *("completion condition", "every child", "loop maximum", "loop condition", "test before"),
    *("inclusive gateway", "conditional flows out of an activity", "several timers behind a gateway"),
    *(f"{order} ad-hoc{more}" for order in ("Parallel", "Sequential") for more in ("", " with a condition")),
]
# Conditional events wait for variables; this is how they are set from outside.
SET = '<message id="set" name="set"/>'
SETTER = """
    <subProcess id="setter" triggeredByEvent="true">
    <startEvent id="setting" isInterrupting="false">[message set]</startEvent></subProcess>"""
COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


def model(block: Block) -> tuple[bpmn.Definition, dict[str, str]]:
    """The definition of a block and the names of its catching elements."""
    writer = Writer()
    body = writer.process(block)
    called: dict[str, str] = {}
    while len(called) < len(writer.called):
        for process, inner in list(writer.called.items()):
            if process not in called:
                called[process] = f'<process id="{process}">\n{writer.process(inner)}\n</process>'
    names = sorted(set(writer.names.values()))
    events = "".join(f'<signal id="sg_{n}" name="sg_{n}"/><message id="ms_{n}" name="sg_{n}"/>' for n in names)
    body += SETTER if writer.conditions else ""
    thrown = '<error id="er" errorCode="E"/><escalation id="es" escalationCode="L"/>'
    around = f"{thrown}{events}{SET}{''.join(called.values())}"
    return bpmn.compile(xml(body, around=around), file="random.bpmn"), writer.names


class Careful(Case):
    """Each call is made three times: with the shards that the kernel asks for, with all of them, and once more; the
    outcomes must not differ, and nothing may depend on the order of keys."""

    def _apply(self, entity: str, call: Any) -> list[dict[str, Any]]:
        before = dict(self.shards)
        everything: Outcome = call(before)
        again: Outcome = call({p: shuffled(t, self.shuffle) for p, t in before.items()})
        assert everything == again
        events = super()._apply(entity, call)
        assert events == everything.step.events
        merged = {p: t for p, t in {**before, **everything.shards}.items() if t is not None}
        assert {p: json.loads(t) for p, t in self.shards.items()} == {p: json.loads(t) for p, t in merged.items()}
        assert json.loads(self.state) == json.loads(everything.state)
        return events


def path(entity: str) -> tuple[int, ...]:
    """The numbers of the parallel children around a token or subscription."""
    return tuple(int(n) for n in entity.split(".")[1::2]) if is_path(entity) else ()


def oldest(entity: str) -> list[int]:
    return [int(n) for n in entity.split(".")]


class Driver:
    """An instance of the kernel in the words of the oracle."""

    def __init__(self, block: Block, k: int) -> None:
        definition, self.names = model(block)
        self.case = Careful(definition, k=k)

    def actions(self) -> dict[Action, list[str]]:
        """What can be done, and the entities by which the kernel knows it."""
        case, found = self.case, {}
        for task, event in case.tasks.items():
            found.setdefault(("task", event["el"], path(task)), []).append(task)
        for row in bpmn.waiting(case.state, case.shards):
            name = self.names.get(row["element"])
            if name is None:
                continue  # the setter
            where = () if row["kind"] in BROADCAST else path(row["sub"])
            found.setdefault((row["kind"], name, where), []).append(row["sub"])
        for row in case.view():
            if row["kind"] == "token" and row["element"].startswith("adhoc"):  # nothing runs in it
                found.setdefault(("activate", row["element"], path(row["token"])), []).append(row["token"])
            if row["shard"] and row["token"].endswith(".0"):
                found.setdefault(("withdraw", row["element"], path(row["token"])), []).append(row["shard"])
        return found

    def listed(self) -> list[Action]:
        found = self.actions()
        many = sorted(a for a, ids in found.items() for _ in ids if a[0] not in BROADCAST)
        return many + sorted(a for a in found if a[0] in BROADCAST)

    def act(self, action: Action, k: int | None) -> None:
        kind, name, _ = action
        if kind in ("signal", "message"):
            self.case.deliver(kind, f"sg_{name}")
            return
        if kind == "condition":  # true, and false again
            self.case.deliver("message", "set", {f"c_{name}": True})
            if self.case.ended is None:
                self.case.deliver("message", "set", {f"c_{name}": False})
            return
        entity = min(self.actions()[action], key=oldest)
        if kind == "task":
            self.case.complete(entity, {"k": k})
        elif kind == "timer":
            self.case.fire(entity)
        elif kind == "activate":
            element = self.case.definition.containers[name].starts[0]
            self.case.activate(entity, element)
        else:
            self.case.cancel_task(entity)


def both(block: Block, first: int, choices: list[tuple[int, int]]) -> Driver:
    """Drive kernel and oracle by the same actions until the end; they must agree after each."""
    kernel, oracle = Driver(block, first), Oracle(block, first)
    steps = turn = 0
    while True:
        assert not kernel.case.incidents, kernel.case.incidents
        assert kernel.listed() == oracle.actions()
        assert (kernel.case.ended is not None) == oracle.done
        if oracle.done:
            break
        which, k = choices[steps] if steps < len(choices) else (0, 1)
        steps += 1
        assert steps < 500, "the process does not come to its end"
        open_now = oracle.actions()
        if steps > len(choices):  # to the end: no timers that start more and more, decisions that leave loops
            tasks = [a for a in open_now if a[0] == "task"]
            turn += not tasks  # each event in turn: one that does not interrupt can happen for ever
            open_now, which = tasks or [a for a in open_now if a[0] != "withdraw"], 0 if tasks else turn
        action = open_now[which % len(open_now)]
        given = k if action[0] == "task" else None
        kernel.act(action, given)
        oracle.act(action, given)
    assert kernel.case.shards == {} and not kernel.case.tasks and not kernel.case.timers
    assert set(json.loads(kernel.case.state)["t"]) == {"0"}, "nothing is left behind"
    return kernel


def constructs(block: Block) -> Iterator[str]:
    """What a process is made of, in words."""
    kind = block.kind
    yield kind
    if block.event:
        place = "catch" if kind == "catch" else "event sub-process" if block.inside else "boundary"
        beside = "" if block.interrupting or kind == "catch" else ", not interrupting"
        yield f"{block.event} {place}{beside}"
    if kind in ("parallel", "sequential"):
        yield f"multi-instance of a {block.parts[0].kind}"
        yield "completion condition" if block.until else "every child"
    elif kind == "watch":
        yield f"boundary of a {block.parts[0].kind}"
    elif kind == "again":
        yield ["loop maximum", "loop condition", "test before"][block.until]
    elif kind == "or":
        yield "conditional flows out of an activity" if block.until else "inclusive gateway"
    elif kind == "gate" and len(block.words) > 2:
        yield "several timers behind a gateway"
    elif kind == "adhoc":
        yield f"{block.words[0]} ad-hoc{' with a condition' if block.until else ''}"
    for part in (*block.parts, *([block.handler] if block.handler else [])):
        yield from constructs(part)


def test_three_hundred_processes_have_every_construct() -> None:
    found: Counter[str] = Counter()

    @settings(max_examples=300, phases=[Phase.generate], **COMMON)
    @given(processes())
    def look(block: Block) -> None:
        found.update(set(constructs(block)))

    look()
    rare = {what: found[what] for what in WANTED if found[what] < 2}
    assert not rare, f"in fewer than two of 300 processes: {rare}"


CHOICES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 11)), max_size=25)


@settings(max_examples=300, **COMMON)
@given(processes(), st.integers(0, 11), CHOICES)
def test_the_kernel_does_what_the_oracle_does(block: Block, k: int, choices: list[tuple[int, int]]) -> None:
    both(block, k, choices)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(processes(size=20), st.integers(0, 11), CHOICES)
def test_the_kernel_does_what_the_oracle_does_ten_thousand_times(
    block: Block, k: int, choices: list[tuple[int, int]]
) -> None:
    both(block, k, choices)


@settings(max_examples=30, **COMMON)
@given(processes(), st.integers(0, 11), CHOICES, st.randoms(use_true_random=False))
def test_withdrawing_at_any_moment_leaves_nothing(
    block: Block, k: int, choices: list[tuple[int, int]], chance: random.Random
) -> None:
    kernel, oracle = Driver(block, k), Oracle(block, k)
    for which, value in choices[: chance.randint(0, len(choices))]:
        if oracle.done:
            return
        action = oracle.actions()[which % len(oracle.actions())]
        given = value if action[0] == "task" else None
        kernel.act(action, given)
        oracle.act(action, given)
    if oracle.done:
        return
    kernel.case.cancel()
    assert kernel.case.ended == "cancelled"
    assert kernel.case.shards == {} and not kernel.case.tasks and not kernel.case.timers
    entered = {e["token"] for e in kernel.case.events if e["e"] == "element.entered"}
    left = {e["token"] for e in kernel.case.events if e["e"] in ("element.completed", "element.cancelled")}
    dropped = {e["host"] for e in kernel.case.events if e["e"] == "shards.dropped"}
    assert {t for t in entered - left if not any(t.startswith(f"{h}.") for h in dropped)} == set()


def test_the_same_run_gives_the_same_bytes() -> None:
    @settings(max_examples=20, **COMMON)
    @given(processes(), st.integers(0, 11), CHOICES)
    def run(block: Block, k: int, choices: list[tuple[int, int]]) -> None:
        one, two = both(block, k, choices), both(block, k, choices)
        assert one.case.events == two.case.events
        assert json.loads(one.case.state) == json.loads(two.case.state)

    run()


def test_a_signal_that_ends_two_children_when_one_is_enough_completes_one() -> None:
    """Found by the soak: the oracle let both complete, so that both could be undone. The condition is tried after each
    completed child (BPMN 13.3.7), and what it ends is not completed."""
    body = Block("seq", "seq1", (Block("safe", "safe2"), Block("catch", "catch3", event="signal")))
    children = Block("parallel", "sub4", (Block("sub", "sub4", (body,)),), count=2, until=1)
    both(Block("seq", "seq5", (children, Block("undo", "undo6"))), 0, [])
