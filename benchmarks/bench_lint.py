"""Soundness: the price of a state, on the largest workflow and on parallel branches up to the cap."""

import time
from pathlib import Path

from engine import bpmn, lint
from test_lint_soundness import wide

T1 = Path(__file__).parents[1] / "workflows" / "chi_thi_khcn" / "chi_thi_khcn.bpmn"
CAP = 5_000


def main() -> None:
    models = {
        f"{T1.stem}": bpmn.compile(T1.read_bytes(), file=T1.name),
        "5 parallel branches of 3 steps": wide(5),
        "8 parallel branches of 3 steps": wide(8),
    }
    for name, definition in models.items():
        times = []
        for _ in range(3):
            before = time.process_time()
            report = lint.examine(definition, states=CAP)
            times.append(time.process_time() - before)
        each = sorted(times)[1] / report.states * 1000
        print(f"{name}: {len(definition.elements)} elements, {report.summary}, {each:.2f} ms a state (goal 0.4)")
