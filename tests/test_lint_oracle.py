"""Soundness against a second opinion: on random graphs of steps, choices and parallel gateways, what lint says of
deadlocks, livelocks and dead elements is what a small Petri net of the same graph says, which knows no kernel.
"""

import random
from collections import Counter, deque
from dataclasses import dataclass, field

import pytest

from engine.lint import soundness
from kernel_models import compile

BOUND = 3
GRAPHS = 250
LIMIT = 3_000

Marking = frozenset[tuple[str, int]]  # (flow, how many tokens)


@dataclass
class Graph:
    """Nodes by id (step, xor, and, start, end) and flows (id → source, target)."""

    kinds: dict[str, str] = field(default_factory=dict)
    flows: dict[str, tuple[str, str]] = field(default_factory=dict)

    def connect(self, source: str, target: str) -> None:
        if f"{source}_{target}" not in self.flows:
            self.flows[f"{source}_{target}"] = (source, target)

    def into(self, node: str) -> list[str]:
        return [f for f, (_, target) in self.flows.items() if target == node]

    def out(self, node: str) -> list[str]:
        return [f for f, (source, _) in self.flows.items() if source == node]

    def xml(self) -> str:
        tags = {"step": "userTask", "xor": "exclusiveGateway", "and": "parallelGateway"}
        tags |= {"start": "startEvent", "end": "endEvent"}
        lines = ["".join(f'<{tags[kind]} id="{node}"/>' for node, kind in self.kinds.items())]
        for node, kind in self.kinds.items():
            for number, flow in enumerate(self.out(node)):
                guard = "" if kind != "xor" or len(self.out(node)) == 1 else " if k" if number else " default"
                lines.append(f"~ {node} {self.flows[flow][1]}{guard}")
        return "\n".join(lines) + "\n"


def graph(chance: random.Random) -> Graph:
    """Gateways joined at random, with a step on every flow between two of them: nothing goes round without waiting."""
    made = Graph({"s": "start", "e": "end"})
    gateways = [f"g{i}" for i in range(chance.randint(2, 5))]
    for gateway in gateways:
        made.kinds[gateway] = chance.choice(["xor", "xor", "and"])
    steps = 0
    made.connect("s", gateways[0])
    for number, gateway in enumerate(gateways):
        for _ in range(chance.choice([1, 2, 2, 3]) if number < len(gateways) - 1 else 1):
            later = gateways[number + 1 :] or ["e"]
            target = chance.choice(gateways) if chance.random() < 0.2 else chance.choice([*later, later[0]])
            step = f"t{steps}"
            steps += 1
            made.kinds[step] = "step"
            made.connect(gateway, step)
            made.connect(step, target)
    reached = {"s"}
    for _ in made.kinds:
        reached |= {target for source, target in made.flows.values() if source in reached}
    made.kinds = {n: k for n, k in made.kinds.items() if n in reached or n == "e"}
    made.flows = {f: ends for f, ends in made.flows.items() if ends[0] in reached}
    if not made.into("e"):
        made.kinds.pop("e")
    return made


def transitions(g: Graph) -> list[tuple[str, list[str], list[str]]]:
    """(node, flows that lose a token, flows that get one)."""
    found: list[tuple[str, list[str], list[str]]] = []
    for node, kind in g.kinds.items():
        before, after = g.into(node), g.out(node)
        if kind == "and":
            found.append((node, before, after))
        elif kind in ("step", "xor", "end"):
            options = [[f] for f in after] if kind == "xor" else [after]
            found += [(node, [f], option) for f in before for option in options]
    return found


def petri(g: Graph) -> tuple[set[str], set[str], bool] | None:
    """The nodes that can be executed, the steps that can be open twice at once, and whether some marking cannot reach
    the end; None when tokens pile up."""
    moves = transitions(g)
    start: Marking = frozenset(Counter(g.out("s")).items())
    followers: dict[Marking, set[Marking]] = {}
    executed, twice = {"s"}, set()
    queue = deque([start])
    while queue:
        marking = queue.popleft()
        if marking in followers:
            continue
        if len(followers) > LIMIT:
            return None
        followers[marking] = set()
        tokens = Counter(dict(marking))
        for node, lose, get in moves:
            if all(tokens[f] for f in lose):
                executed.add(node)
                after = tokens.copy()
                after.subtract(lose)
                after.update(get)
                if max(after.values()) > BOUND:
                    return None
                followers[marking].add(frozenset((f, n) for f, n in after.items() if n))
                twice |= {g.flows[f][1] for f, n in after.items() if n > 1 and g.kinds[g.flows[f][1]] == "step"}
                queue.append(frozenset((f, n) for f, n in after.items() if n))
    able: set[Marking] = {frozenset()}
    grown = True
    while grown:
        more = {m for m, after in followers.items() if after & able} - able
        grown = bool(more)
        able |= more
    return executed, twice, bool(followers.keys() - able)


@pytest.mark.parametrize("part", range(5))
def test_lint_and_a_petri_net_agree(part: int) -> None:
    compared = stuck = dead = 0
    for seed in range(part * GRAPHS // 5, (part + 1) * GRAPHS // 5):
        g = graph(random.Random(seed))
        opinion = petri(g)
        definition = compile(g.xml())
        findings, space = soundness.check(definition, "p", LIMIT)
        rules = {f.rule for f in findings}
        if opinion is None:
            assert rules & {"unbounded", "doubled"}, f"graph {seed}: {rules}\n{g.xml()}"
            continue
        executed, twice, doomed = opinion
        assert space.complete and not space.unbounded, f"graph {seed}\n{g.xml()}"
        assert bool(rules & {"deadlock", "livelock"}) == doomed, f"graph {seed}: {rules}\n{g.xml()}"
        assert space.seen == executed, f"graph {seed}\n{g.xml()}"
        assert {e for e in space.doubled if g.kinds[e] == "step"} == twice, f"graph {seed}\n{g.xml()}"
        compared += 1
        stuck += doomed
        dead += len(executed) < len(g.kinds)
        for found in findings:
            if found.rule == "deadlock":
                assert found.element in soundness.replay(definition, "p", found.trace or []), f"graph {seed}"
    assert compared >= 25 and stuck >= 3 and compared - stuck >= 5, (compared, stuck, dead)
