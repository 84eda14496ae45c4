"""The kernel alone, no database: what one step costs, and that it stays flat.

A step is one call: the text of the state is read, a stimulus applied, the new text written. Times are
medians in microseconds of processor time; `python -m benchmarks kernel` runs this alone.
"""

import datetime as dt
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import bpmn, deadlines, dmn
from engine.bpmn.session import Session
from kernel_models import Case, compile, environment

ROOT = Path(__file__).parents[1]
NOW = dt.datetime(2022, 1, 10, 2, 0, tzinfo=dt.UTC)


def clocked(call: Callable[[], Any], repeat: int = 200) -> float:
    """The median of a call in microseconds of processor time: what others do on the machine meanwhile counts less."""
    times = []
    for _ in range(repeat):
        begun = time.thread_time()
        call()
        times.append(time.thread_time() - begun)
    return statistics.median(times) * 1e6


def linear(nodes: int) -> float:
    """One task in the middle of a sequence of user tasks."""
    names = [f"t{n}" for n in range(nodes)]
    d = compile(
        '<startEvent id="s"/>'
        + "".join(f'<userTask id="{n}"/>' for n in names)
        + f'<endEvent id="e"/>\n~ s {" ".join(names)} e'
    )
    env = bpmn.Env()
    state = bpmn.start(d, {"title": "Chỉ thị", "round": 1}, NOW, env).state
    for number in range(nodes // 2):
        state = bpmn.complete(d, state, {}, str(number + 2), {}, NOW, env).state
    task = str(nodes // 2 + 2)
    return clocked(lambda: bpmn.complete(d, state, {}, task, {"outcome": "dong_y"}, NOW, env), 2000)


def rounds(count: int = 1000) -> tuple[float, float, int, int]:
    """A loop of draft and gate: the first and the last step, the size of the state at both."""
    d = compile("""
        <startEvent id="s"/><exclusiveGateway id="m"/><userTask id="a"/><exclusiveGateway id="x"/><endEvent id="e"/>
        ~ s m a x
        ~ x m if outcome = "return"
        ~ x e default
    """)
    env = bpmn.Env()
    state = bpmn.start(d, {}, NOW, env).state

    def step(text: str) -> tuple[float, str]:
        task = bpmn.view(text)[0]["token"]
        cost = clocked(lambda: bpmn.complete(d, text, {}, task, {"outcome": "return"}, NOW, env), 500)
        return cost, bpmn.complete(d, text, {}, task, {"outcome": "return"}, NOW, env).state

    first, state = step(state)
    size = len(state)
    for _ in range(count - 1):
        task = bpmn.view(state)[0]["token"]
        state = bpmn.complete(d, state, {}, task, {"outcome": "return"}, NOW, env).state
    last, _ = step(state)
    return first, last, size, len(state)


def consultation(count: int) -> float:
    """One answer of a consultation."""
    d = compile('<startEvent id="s"/><userTask id="a">[each people as person]</userTask><endEvent id="e"/>\n~ s a e')
    env = bpmn.Env()
    started = bpmn.start(d, {"people": [f"cv.{n}" for n in range(count)]}, NOW, env)
    task = f"2.{count // 2}.0"
    shards = {f"2.{count // 2}": started.shards[f"2.{count // 2}"] or ""}
    return clocked(lambda: bpmn.complete(d, started.state, shards, task, {}, NOW, env), 2000)


def session(count: int) -> float:
    """One answer of a consultation that stays in memory, all answers taken together."""
    d = compile('<startEvent id="s"/><userTask id="a">[each people as person]</userTask><endEvent id="e"/>\n~ s a e')
    live = Session(d, bpmn.Env())
    live.start({"people": [f"cv.{n}" for n in range(count)]}, NOW)
    begun = time.thread_time()
    for number in range(1, count + 1):
        live.complete(f"2.{number}.0", {}, NOW)
    assert live.ended == "completed"
    return (time.thread_time() - begun) / count * 1e6


def parallel_blocks(blocks: int = 3, branches: int = 30) -> float:
    """Forks and joins in a row, every branch a user task: all steps together, in milliseconds."""
    parts, path = ['<startEvent id="s"/>'], "~ s"
    lines = []
    for b in range(blocks):
        parts.append(f'<parallelGateway id="f{b}"/><parallelGateway id="j{b}"/>')
        path += f" f{b}"
        for n in range(branches):
            parts.append(f'<userTask id="t{b}_{n}"/>')
            lines.append(f"~ f{b} t{b}_{n} j{b}")
        lines.append(path)
        path = f"~ j{b}"
    d = compile("".join(parts) + '<endEvent id="e"/>\n' + "\n".join([*lines, f"{path} e"]) + "\n")
    env = bpmn.Env()

    def all_steps() -> None:
        outcome = bpmn.start(d, {}, NOW, env)
        tasks = [e["task"] for e in outcome.step.events if e["e"] == "task.opened"]
        while tasks:
            outcome = bpmn.complete(d, outcome.state, {}, tasks.pop(0), {}, NOW, env)
            tasks += [e["task"] for e in outcome.step.events if e["e"] == "task.opened"]
        assert outcome.step.ended == "completed"

    return clocked(all_steps, 10) / 1000


def canonical(text: str) -> str:
    """The text as the kernel writes it (a `Case` shuffles its keys)."""
    return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def focus_task() -> list[tuple[str, float, int]]:
    """T1: each step of the happy path, with the size of the main state after it."""
    folder = ROOT / "workflows"
    models = [bpmn.compile(p.read_bytes(), file=p.name) for p in folder.glob("*/*.bpmn")]
    decisions = {i: t.decision(i) for t in (dmn.parse(p.read_bytes()) for p in folder.glob("*/*.dmn")) for i in t.ids}
    holidays = {d.day: deadlines.SpecialDay(d.kind == "lam_bu", d.name) for d in deadlines.public_holidays([2022])}
    env = environment(*models, decisions=decisions, calendar=deadlines.Calendar(holidays))
    answers = ROOT / "tests" / "scenarios" / "answers"
    case = Case(
        next(m for m in models if m.process_id == "chi_thi_khcn"),
        env,
        **json.loads((answers / "case.json").read_text()),
    )
    given = json.loads((answers / "happy.json").read_text())
    seen: list[tuple[str, float, int]] = []
    while not case.ended:
        open_now = [*case.jobs.items(), *case.tasks.items()]
        entity, event = next((i, e) for i, e in open_now if e["el"] in given or i in case.jobs)
        answer = given.get(event["el"], {})
        if isinstance(answer, list):
            answer = answer[(event["index"] or 1) - 1] or {}
        shard = {p: t for p, t in case.shards.items() if p == event["shard"]}
        text, now = case.state, case.now
        try:
            cost = clocked(
                lambda s=shard, t=text, i=entity, a=answer, now=now: bpmn.complete(
                    case.definition, t, s, i, a, now, env
                ),
                50,
            )
        except bpmn.NeedShards:
            cost = 0.0
        case.complete(entity, answer)
        seen.append((event["el"], cost, len(canonical(case.state).encode())))
    return seen


def main() -> None:

    costs = {n: linear(n) for n in (10, 50, 200)}
    for n, cost in costs.items():
        print(f"linear, {n:>3} nodes: one step            {cost:8.1f} µs   (limit 100)")
    print(f"linear, 200 : 10                        {costs[200] / costs[10]:8.2f}      (limit 1.2)")
    first, last, size, size_last = rounds()
    print(
        f"1,000 rounds: first step, last step     {first:8.1f} µs  {last:.1f} µs, ratio {last / first:.2f} (limit 1.2)"
    )
    print(f"1,000 rounds: state                     {size:8} B   {size_last} B")
    small, large = consultation(10), consultation(1000)
    ratio = large / small
    print(f"consultation of 10, 1,000: one answer   {small:8.1f} µs  {large:.1f} µs, ratio {ratio:.2f} (limit 1.3)")
    live = {n: statistics.median(session(n) for _ in range(5)) for n in (100, 3000)}
    ratio = live[3000] / live[100]
    print(f"the same in memory, of 100, 3,000       {live[100]:8.1f} µs  {live[3000]:.1f} µs, ratio {ratio:.2f}")
    print(f"3 by 30 parallel blocks, all steps       {parallel_blocks():8.1f} ms   (limit 20)")
    try:
        steps = focus_task()
    except (ImportError, FileNotFoundError, StopIteration, KeyError) as missing:
        print(f"T1: not measured ({missing!r})")
        return
    times = [cost for _, cost, _ in steps if cost]
    median = statistics.median(times)
    print(f"T1, {len(steps)} steps: median, worst           {median:8.1f} µs  {max(times):.1f} µs")
    print(f"T1: largest main state                  {max(s for _, _, s in steps):8} B   (limit 1024)")
