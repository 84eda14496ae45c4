"""Simulation: 10,000 cases of 40 steps on two processes, T1 with its assumptions, and people who are few."""

import json
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import engine
from kernel_models import xml

T1 = Path(__file__).parents[1] / "workflows" / "chi_thi_khcn" / "chi_thi_khcn.bpmn"
STEPS = 40


def timed(model: Path, given: Mapping[str, Any], cases: int, processes: int) -> tuple[float, float, dict[str, Any]]:
    """Seconds of a simulation, reading the model and starting the processes included: on the clock, and of processor
    time in each of the processes (on a busy machine the clock says little)."""
    begun, worked = time.perf_counter(), _worked()
    result = engine.simulate(model, given, cases=cases, processes=processes)
    return time.perf_counter() - begun, (_worked() - worked) / processes, result


def _worked() -> float:
    found = os.times()
    return found.user + found.system + found.children_user + found.children_system


def tell(what: str, took: float, worked: float, more: str) -> None:
    print(f"{what:<38} {took:6.1f} s   {worked:6.1f} s of processor time in each   {more}")


def main() -> None:
    names = [f"t{n}" for n in range(STEPS)]
    work = {"duration": {"lognormal": {"median": "PT4H", "p90": "P2D"}}, "role": "r"}
    line = {"elements": dict.fromkeys(names, work)}
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "line.bpmn"
        tasks = "".join(f'<userTask id="{n}"/>' for n in names)
        model.write_bytes(xml(f'<startEvent id="s"/>{tasks}<endEvent id="e"/>\n~ s {" ".join(names)} e'))
        for processes in (2, 1):
            took, worked, result = timed(model, line, 10_000 // (3 - processes), processes)
            cases = result["finished"]
            limit = "(limit 10)" if processes == 2 else f"({worked / cases / STEPS * 1e6:.0f} µs a step)"
            tell(f"{cases:,} cases of {STEPS} steps, {processes} processes", took, worked, limit)
        few = line | {"people": {"r": 45}, "arrivals": "P1D"}
        took, worked, result = timed(model, few, 1_000, 1)
        busy = result["roles"][0]["utilisation"]
        tell(f"1,000 cases of {STEPS} steps, 45 people", took, worked, f"(busy {busy:.0%} of the time)")
    took, worked, result = timed(T1, json.loads((T1.parent / "simulation.json").read_text("utf-8")), 1_000, 2)
    tell("1,000 cases of T1, 2 processes", took, worked, f"({result['finished']:,} finished)")


if __name__ == "__main__":
    main()
