"""Soundness against a second opinion: on random graphs of steps, choices and parallel gateways, what lint says of
deadlocks, livelocks, doubled steps and dead elements is what a small net of the same graph says, which knows no kernel.
Each run that shows a fault is played on the kernel with real data, shows the fault there, and none shorter does.
"""

import itertools
import json
import random
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from engine import bpmn
from engine.lint import soundness
from engine.lint.findings import Trace
from kernel_models import Case, compile

BOUND = 3
GRAPHS = 100
SOAK = 2_400
LIMIT = 1_500

Marking = frozenset[tuple[str, int]]  # (flow, how many tokens)


@dataclass
class Graph:
    """Nodes by id (step, xor, or, and, start, end, stop, edge) and flows (id → source, target). An edge is a timer at
    the border of a step."""

    kinds: dict[str, str] = field(default_factory=dict)
    flows: dict[str, tuple[str, str]] = field(default_factory=dict)
    edges: dict[str, str] = field(default_factory=dict)  # timer → its step

    def connect(self, source: str, target: str) -> None:
        if f"{source}_{target}" not in self.flows:
            self.flows[f"{source}_{target}"] = (source, target)

    def into(self, node: str) -> list[str]:
        return [f for f, (_, target) in self.flows.items() if target == node]

    def out(self, node: str) -> list[str]:
        return [f for f, (source, _) in self.flows.items() if source == node]

    def default(self, node: str) -> str | None:
        """The flow that a choice takes when no condition holds."""
        return self.out(node)[0] if self.kinds[node] == "xor" and len(self.out(node)) > 1 else None

    def xml(self) -> str:
        tags = {"step": "userTask", "xor": "exclusiveGateway", "and": "parallelGateway", "or": "inclusiveGateway"}
        tags |= {"start": "startEvent", "end": "endEvent"}
        lines = []
        for node, kind in self.kinds.items():
            if kind == "edge":
                timer = f'<boundaryEvent id="{node}" attachedToRef="{self.edges[node]}">[timer Duration P1D]'
                lines.append(f"{timer}</boundaryEvent>")
            else:
                lines.append(
                    f'<endEvent id="{node}">[terminate]</endEvent>'
                    if kind == "stop"
                    else f'<{tags[kind]} id="{node}"/>'
                )
        for node, kind in self.kinds.items():
            for flow in self.out(node):
                guarded = kind in ("xor", "or") and len(self.out(node)) > 1
                guard = (" default" if flow == self.default(node) else f" if v_{flow}") if guarded else ""
                lines.append(f"~ {node} {self.flows[flow][1]}{guard}")
        return "\n".join(lines) + "\n"


def graph(chance: random.Random) -> Graph:
    """Gateways joined at random, with a step on every flow between two of them: nothing goes round without waiting."""
    made = Graph({"s": "start", "e": "end"})
    gateways = [f"g{i}" for i in range(chance.randint(2, 5))]
    for gateway in gateways:
        made.kinds[gateway] = chance.choice(["xor", "xor", "and", "or"])
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
            if chance.random() < 0.12:
                made.kinds[f"b{steps}"], made.kinds[f"u{steps}"] = "edge", "step"
                made.edges[f"b{steps}"] = step
                made.connect(f"b{steps}", f"u{steps}")
                made.connect(f"u{steps}", chance.choice(["e", "x", *later]))
    made.kinds |= {"x": "stop"}
    for gateway in gateways:
        if made.kinds[gateway] == "or" and len(made.into(gateway)) > 1:
            made.kinds[gateway] = "xor"  # a join is decided by where tokens are: too much for a small net
    reached = {"s"}
    for _ in made.kinds:
        reached |= {target for source, target in made.flows.values() if source in reached}
        reached |= {edge for edge, step in made.edges.items() if step in reached}
    made.kinds = {n: k for n, k in made.kinds.items() if n in reached}
    made.edges = {n: step for n, step in made.edges.items() if n in reached}
    made.flows = {f: ends for f, ends in made.flows.items() if ends[0] in reached}
    return made


Chosen = tuple[tuple[str, frozenset[str]], ...]  # the flows that each choice takes


def settle(g: Graph, tokens: Counter[str], chosen: Chosen = ()) -> Iterator[tuple[Marking, Chosen]]:
    """All markings in which gateways and ends have done what they can."""
    for node, kind in g.kinds.items():
        before, after = g.into(node), g.out(node)
        here = [f for f in before if tokens[f]]
        if kind in ("step", "start", "edge") or not here or (kind == "and" and len(here) < len(before)):
            continue
        if kind == "stop":
            yield frozenset(), chosen
            return
        options = [tuple(after)]
        if kind == "xor":
            options = [(f,) for f in after]
        elif kind == "or":
            options = [o for n in range(1, len(after) + 1) for o in itertools.combinations(after, n)]
        for option in options:
            left = tokens - Counter(before if kind == "and" else here[:1])
            choice = ((node, frozenset(option)),) if kind in ("xor", "or") and len(after) > 1 else ()
            yield from settle(g, left + Counter(option), (*chosen, *choice))
        return
    yield frozenset(tokens.items()), chosen


def acts(g: Graph, marking: Marking) -> Iterator[tuple[str, str, Marking, Chosen]]:
    """(do, element, the marking after it, the choices on the way)."""
    for flow, _ in sorted(marking):
        step = g.flows[flow][1]
        if g.kinds[step] == "step":
            left = Counter(dict(marking)) - Counter([flow])
            for node, do in ((step, "complete"), *((b, "fire") for b, at in g.edges.items() if at == step)):
                for after, chosen in settle(g, left + Counter(g.out(node))):
                    yield do, node, after, chosen


@dataclass
class Opinion:
    """What the net says: who is executed, after how many acts steps are open twice and joins wait for ever, and whether
    some marking cannot reach the end."""

    executed: set[str]
    twice: dict[str, int]
    stuck: dict[str, int]
    doomed: bool


def open_steps(g: Graph, marking: Marking) -> Counter[str]:
    found: Counter[str] = Counter()
    for flow, count in marking:
        if g.kinds[g.flows[flow][1]] == "step":
            found[g.flows[flow][1]] += count
    return found


def petri(g: Graph) -> Opinion | None:
    """None when tokens pile up."""
    begin = [m for m, _ in settle(g, Counter(g.out("s")))]
    far: dict[Marking, int] = dict.fromkeys(begin, 0)
    followers: dict[Marking, set[Marking]] = {}
    told = Opinion({"s"}, {}, {}, False)
    queue = deque(far)
    took: set[str] = set(g.out("s"))
    while queue:
        marking = queue.popleft()
        if len(followers) > LIMIT or any(n > BOUND for _, n in marking):
            return None
        if max(open_steps(g, marking).values(), default=0) > BOUND:
            return None
        for step, count in open_steps(g, marking).items():
            if count > 1:
                told.twice.setdefault(step, far[marking])
        took |= {f for f, _ in marking}
        followers[marking] = set()
        for _, node, after, chosen in acts(g, marking):
            told.executed.add(node)
            took |= {*g.out(node), *(f for _, flows in chosen for f in flows)}
            followers[marking].add(after)
            if after not in far:
                far[after] = far[marking] + 1
                queue.append(after)
        if marking and not followers[marking]:
            for flow, _ in marking:
                told.stuck.setdefault(g.flows[flow][1], far[marking])
    for flow in took:
        for node in (end for end in g.flows[flow] if g.kinds[end] != "edge"):
            if node == g.flows[flow][0] or g.kinds[node] not in ("and",):
                told.executed.add(node)
    able: set[Marking] = {frozenset()}
    grown = True
    while grown:
        more = {m for m, after in followers.items() if after & able} - able
        grown = bool(more)
        able |= more
    told.doomed = bool(followers.keys() - able)
    return told


# -- runs on the kernel


def played(g: Graph, definition: bpmn.Definition, run: Trace) -> tuple[Case, Marking]:
    """The instance and the marking after a run: the kernel with data that make its choices, the net beside it."""
    groups: list[tuple[dict[str, str], list[dict[str, str]]]] = []
    for act in run:
        if act["do"] == "choose":
            groups[-1][1].append(act)
        else:
            groups.append((act, []))
    case: Case | None = None
    marking: Marking = frozenset()
    for act, chosen in groups:
        data = {}
        for choice in chosen:
            data |= {f"v_{f}": f in choice["choice"].split() for f in g.out(choice["element"])}
        taken = {(c["element"], frozenset(c["choice"].split())) for c in chosen}
        if case is None:
            case = Case(definition, **data)
            (marking,) = {m for m, c in settle(g, Counter(g.out("s"))) if set(c) == taken}
            continue
        fits = {m for do, e, m, c in acts(g, marking) if (do, e) == (act["do"], act["element"]) and set(c) == taken}
        assert len(fits) == 1, (act, chosen)
        (marking,) = fits
        if act["do"] == "fire":
            case.ring(act["element"])
        else:
            case.do(act["element"], **data)
    assert case is not None
    assert case.waiting() == sorted(open_steps(g, marking).elements())
    return case, marking


def length(run: Trace) -> int:
    """Acts after the start, without the choices."""
    return sum(act["do"] != "choose" for act in run) - 1


def compare(seed: int) -> str:
    """What became of one random graph."""
    g = graph(random.Random(seed))
    opinion = petri(g)
    definition = compile(g.xml())
    findings, space = soundness.check(definition, "p", LIMIT)
    rules = {f.rule for f in findings}
    about = f"graph {seed}: {rules}\n{g.xml()}"
    for found in findings:
        assert found.trace is not None or found.rule in ("dead", "dead_event", "cap_reached"), about
        if found.trace is not None and found.rule in ("deadlock", "doubled", "unbounded", "livelock"):
            case, marking = played(g, definition, found.trace)
            shows(g, case, marking, found.rule, found.element or "", about)
    if opinion is None:
        assert rules & {"unbounded", "doubled"}, about
        return "piles up"
    assert space.complete and not space.unbounded, about
    assert bool(rules & {"deadlock", "livelock"}) == opinion.doomed, about
    assert space.seen == opinion.executed, (space.seen ^ opinion.executed, about)
    assert {e for e in space.doubled if g.kinds[e] == "step"} == opinion.twice.keys(), about
    assert {f.element for f in findings if f.rule == "deadlock"} == opinion.stuck.keys(), about
    for found in findings:
        if found.rule == "deadlock":
            assert length(found.trace or []) == opinion.stuck[found.element or ""], about
            assert found.element in soundness.replay(definition, "p", found.trace or []), about
        elif found.rule == "doubled" and g.kinds[found.element or ""] == "step":
            assert length(found.trace or []) == opinion.twice[found.element or ""], about
    return "doomed" if opinion.doomed else "sound" if not opinion.twice else "doubled"


def shows(g: Graph, case: Case, marking: Marking, rule: str, element: str, about: str) -> None:
    """The fault is there, in the kernel's own state."""
    standing = Counter(t.get("e") for t in json.loads(case.state)["t"].values())
    if rule == "deadlock":
        assert not case.waiting() and case.ended is None and standing[element] and marking, about
    elif rule in ("doubled", "unbounded") and g.kinds[element] == "step":
        assert standing[element] >= (2 if rule == "doubled" else 3), about
    elif rule == "livelock":
        assert case.waiting() and standing[element], about


@pytest.mark.parametrize("part", range(5))
def test_lint_and_a_net_agree_and_every_run_is_shortest_and_plays(part: int) -> None:
    fates = Counter(compare(seed) for seed in range(part * GRAPHS // 5, (part + 1) * GRAPHS // 5))
    assert fates["doomed"] >= 2 and fates["sound"] >= 3, fates


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_thousands_of_graphs_agree() -> None:
    fates = Counter(compare(seed) for seed in range(GRAPHS, GRAPHS + SOAK))
    assert fates["doomed"] >= 200 and fates["sound"] >= 200 and fates["doubled"] >= 100, fates
