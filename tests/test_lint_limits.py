"""Lint within bounds: of states, of time, of memory, on the largest models that can be read; and honest about it."""

import time

import pytest

from engine import bpmn, lint
from engine.bpmn.state import Host, Incident, Part, Subscription, Token
from engine.lint import copies, soundness, space
from kernel_models import compile, xml
from test_lint_soundness import wide

A = '<startEvent id="s"/><endEvent id="e"/>'


def tasks(count: int, tag: str = "userTask") -> str:
    return "".join(f'<{tag} id="t{i}"/>' for i in range(count))


def path(count: int) -> str:
    return "~ s " + " ".join(f"t{i}" for i in range(count)) + " e\n"


LARGE = {
    "a chain": lambda n: f"{A}{tasks(n)}\n{path(n)}",
    "a chain without a wait": lambda n: f"{A}{tasks(n, 'task')}\n{path(n)}",
    "parallel branches": lambda n: (
        f'{A}<parallelGateway id="f"/><parallelGateway id="j"/>{tasks(n)}\n~ s f\n~ j e\n'
        + "".join(f"~ f t{i} j\n" for i in range(n))
    ),
    "branches of an inclusive choice": lambda n: (
        f'{A}<inclusiveGateway id="f"/><inclusiveGateway id="j"/>{tasks(n // 2)}\n~ s f\n~ j e\n'
        + "".join(f"~ f t{i} if k{i}\n~ t{i} j\n" for i in range(n // 2))
    ),
    "a chain that is done twice": lambda n: (
        f'{A}<parallelGateway id="f"/>{tasks(n)}\n~ s f\n~ f t0\n~ f t0\n{path(n).replace("~ s ", "~ ")}'
    ),
    "steps that nothing leads to": lambda n: (
        f"{A}{tasks(n)}\n~ s e\n" + "".join(f"~ t{i} t{n - 1}\n" for i in range(n - 1))
    ),
    "a limit around a chain drawn backwards": lambda n: (
        f'{A}<subProcess id="x"><startEvent id="s2"/><endEvent id="e2"/>{tasks(n)}\n~ s2 t{n - 1}\n'
        + "".join(f"~ t{i} t{i - 1}\n" for i in range(1, n))
        + '~ t0 e2\n</subProcess><boundaryEvent id="b" attachedToRef="x">[timer Duration P1D]</boundaryEvent>\n'
        "~ s x e\n~ b e\n"
    ),
    "a loop of choices": lambda n: (
        f"{A}{tasks(n // 2)}"
        + "".join(f'<exclusiveGateway id="g{i}"/>' for i in range(n // 2))
        + "\n~ s g0\n"
        + "".join(f"~ g{i} t{i} g{(i + 1) % (n // 2)}\n~ g{i} e if k\n" for i in range(n // 2))
    ),
    "events at one border": lambda n: (
        f"{A}{tasks(1)}\n{path(1)}"
        + "".join(
            f'<boundaryEvent id="b{i}" attachedToRef="t0" cancelActivity="false">[signal]</boundaryEvent>\n~ b{i} e\n'
            for i in range(n // 2)
        )
    ),
}


def bounded(body: str, states: int, seconds: float) -> lint.Report:
    """The report of a large model, which must come in time whatever is in it."""
    definition = bpmn.compile(xml(body), strict=False)
    before = time.process_time()
    report = lint.examine(definition, states=states, seconds=seconds)
    assert time.process_time() - before < seconds + 12
    assert report.complete or any(
        f.rule in ("cap_reached", "time_reached", "not_explored", "model") for f in report.findings
    )
    return report


@pytest.mark.parametrize("shape", LARGE)
def test_large_models_are_looked_at_in_time_and_honestly(shape: str) -> None:
    report = bounded(LARGE[shape](1_500), 200, 1.0)
    assert not any(f.rule == "endless" for f in report.findings)


@pytest.mark.soak
@pytest.mark.parametrize("shape", LARGE)
def test_the_largest_models_are_looked_at_in_time_and_honestly(shape: str) -> None:
    report = bounded(LARGE[shape](6_000), 50_000, 3.0)
    assert not any(f.rule == "endless" for f in report.findings)


def test_the_time_limit_is_kept_and_told() -> None:
    before = time.monotonic()
    report = lint.examine(wide(8), seconds=0.2)
    assert time.monotonic() - before < 2
    (told,) = [f for f in report.findings if f.rule == "time_reached"]
    assert told.params["states"] == report.states > 0 and told.params["seconds"] == 0.2 and not report.complete
    assert report.summary.endswith("no fault found (not all of them)")


def test_a_model_that_fits_in_the_time_is_complete() -> None:
    report = lint.examine(wide(2), seconds=30)
    assert report.complete and report.states == 16


def test_the_time_is_shared_by_the_processes_of_a_file() -> None:
    body = f'{A}<userTask id="t"/>\n~ s t e\n'
    second = '<process id="q" isExecutable="true"><startEvent id="qs"/><userTask id="qt"/>\n~ qs qt\n</process>'
    report = lint.examine(compile(body, around=second), seconds=0)
    assert [f.element for f in report.findings if f.rule == "time_reached"] == ["p", "q"]


def test_states_that_need_too_much_room_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space, "ROOM", 5_000)
    report = lint.examine(wide(4))
    (told,) = [f for f in report.findings if f.rule == "cap_reached"]
    assert told.params["case"] == "memory" and 5 < report.states < 100 and not report.complete


def test_states_that_are_kept_as_text_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    live = [(n.main, n.followers) for n in soundness.check(wide(3), "p")[1].nodes]
    monkeypatch.setattr(space, "LIVE", 0)
    assert [(n.main, n.followers) for n in soundness.check(wide(3), "p")[1].nodes] == live


def test_too_many_ways_to_choose_are_told_where_they_are() -> None:
    body = f'{A}<inclusiveGateway id="f"/>{tasks(12)}\n~ s f\n' + "".join(f"~ f t{i} if k{i}\n" for i in range(12))
    report = lint.examine(compile(body), states=100)
    assert ("f", "too_many_choices") in {
        (f.element, f.params["code"]) for f in report.findings if f.rule == "not_explored"
    }
    assert not report.complete


# -- copies of states


def contents(thing: object) -> object:
    """Everything in a part but what is found again: compared between an original and its copy."""
    if isinstance(thing, Part):
        names = ["id", "next", "tokens", "subscriptions", "incidents", "ended", "output", "waits", "prefix"]
        return [contents(getattr(thing, n)) for n in names] + [sorted(thing.joins)]
    if isinstance(thing, Token):
        plain = [
            n for n in Token.__slots__ if n not in ("part", "children", "subscriptions", "incidents", "node", "inner")
        ]
        found = [[*getattr(thing, n)] for n in ("children", "subscriptions", "incidents")]
        return [contents(getattr(thing, n)) for n in plain] + found
    if isinstance(thing, (Host, Subscription, Incident)):
        names = [n for n in type(thing).__slots__ if n != "part"]
        return [contents(getattr(thing, n)) for n in names]
    return {k: contents(v) for k, v in thing.items()} if isinstance(thing, dict) else thing


RICH = """<startEvent id="s"/><userTask id="a">[each people as person; out all = person]</userTask><endEvent id="e"/>
<userTask id="b">[each people as person; sequential]</userTask><parallelGateway id="f"/><parallelGateway id="j"/>
<subProcess id="sp"><startEvent id="s2"/><userTask id="c"/><endEvent id="e2"/>
~ s2 c e2
</subProcess><task id="undo" isForCompensation="true"/><association sourceRef="bc" targetRef="undo" id="as"/>
<boundaryEvent id="bc" attachedToRef="sp">[compensate]</boundaryEvent>
<boundaryEvent id="t" attachedToRef="sp" cancelActivity="false">[timer Cycle R/P1D]</boundaryEvent>
~ s f a j e
~ f b j
~ f sp j
~ t e
"""


def test_a_copy_of_a_state_is_the_state_and_shares_nothing_with_it() -> None:
    definition = compile(RICH)
    _, found = soundness.check(definition, "p", 120)
    assert len(found.nodes) >= 30
    steps = 0
    for node in found.nodes:
        walk = space._walk(found.model, node, frozenset())
        before = {i: contents(part) for i, part in walk.parts.items()}
        again = space._again(walk, found.model, frozenset())
        assert {i: contents(part) for i, part in again.parts.items()} == before
        assert contents(copies.copy(walk.main)) == before[""]
        for label, act, _ in space._moves(walk):
            for after, _ in space._steps(found, found.model, walk, label, frozenset(), -1, act):
                steps += after.main.dump() != node.main
        assert {i: contents(part) for i, part in walk.parts.items()} == before
    assert steps > 60


def test_of_one_rule_so_many_are_listed_as_somebody_can_look_at() -> None:
    definition = compile(f"{A}{tasks(250)}\n{path(250)}")
    findings = lint.check(definition, states=10)
    (more,) = [f for f in findings if f.rule == "more_of_these" and f.params["like"] == "no_role"]
    assert more.params["count"] == 50 and sum(f.rule == "no_role" for f in findings) == 200
