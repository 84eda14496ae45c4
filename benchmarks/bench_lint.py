"""Soundness: the price of a state, on the largest workflow, on multi-instances, on parallel branches up to the cap."""

import time
from pathlib import Path

from engine import bpmn, lint
from kernel_models import compile
from test_lint_soundness import wide

T1 = Path(__file__).parents[1] / "workflows" / "chi_thi_khcn" / "chi_thi_khcn.bpmn"
CAP = 5_000
CONSULTATION = """<startEvent id="s"/><endEvent id="e"/><endEvent id="told"/>
<serviceTask id="mail">[job mail]</serviceTask><userTask id="ask">[each people as person; until enough]</userTask>
<boundaryEvent id="remind" attachedToRef="ask" cancelActivity="false">[timer Cycle R/P1D]</boundaryEvent>
<boundaryEvent id="late" attachedToRef="ask">[timer Duration P9D]</boundaryEvent>
~ s ask e
~ remind mail told
~ late e
"""
THREE = """<startEvent id="s"/><endEvent id="e"/><parallelGateway id="f"/><parallelGateway id="j"/>
<userTask id="a">[each people as person; until enough]</userTask><userTask id="b">[each people as person]</userTask>
<userTask id="c">[each people as person; sequential]</userTask>
~ s f a j e
~ f b j
~ f c j
"""


def main() -> None:
    models = {
        f"{T1.stem}": bpmn.compile(T1.read_bytes(), file=T1.name),
        "a consultation with reminders": compile(CONSULTATION),
        "three multi-instances side by side": compile(THREE),
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
