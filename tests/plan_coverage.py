"""Is the plan of 2022 in the diagrams? Every step of the domain's processes, every item of the plan, every result.

Read from the BPMN files themselves: an element with the property `step` is that step, `covers` are the plan items that
it does, `produces` what it cannot close without. `make coverage-plan` prints the table; `tests/test_coverage.py` asks.
What differs on purpose stands in fixtures/plan_deviations.json with its reason.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests" / "fixtures"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
SIGN_AND_ISSUE = "trinhky:number"


@dataclass(frozen=True)
class Element:
    """A flow node of a diagram with what its `zeebe:properties` say; `calls` the process of a call activity, `job` the
    type of a service task."""

    id: str
    kind: str
    properties: Mapping[str, str]
    calls: str | None = None
    job: str | None = None

    def words(self, name: str) -> list[str]:
        """The words of a property."""
        return self.properties.get(name, "").split()


@dataclass
class Covered:
    """What was found of one process. `faults` are sentences; `deviations` are those with a reason of their own."""

    code: str
    folder: str
    present: bool
    steps: int = 0
    steps_found: int = 0
    items: set[str] = field(default_factory=set)
    results: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    deviations: list[str] = field(default_factory=list)


def elements(path: Path) -> list[Element]:
    """The flow nodes of a BPMN file, sub-processes included."""
    root = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    found = []
    for node in root.iter(f"{BPMN}*"):
        below = node.find(f"{BPMN}extensionElements")
        if node.get("id") is None or below is None:
            continue
        given = {p.get("name"): p.get("value") or "" for p in below.iter(f"{ZEEBE}property")}
        called, job = below.find(f"{ZEEBE}calledElement"), below.find(f"{ZEEBE}taskDefinition")
        found.append(
            Element(
                node.get("id"),
                etree.QName(node).localname,
                given,
                called.get("processId") if called is not None else None,
                job.get("type") if job is not None else None,
            )
        )
    return found


def wanted() -> dict[str, Any]:
    """The plan's items and the domain's steps."""
    read: dict[str, Any] = json.loads((FIXTURES / "plan_items.json").read_text("utf-8"))
    return read


def deviations() -> dict[str, dict[str, str]]:
    """Reasons by step (steps, covers) and by result."""
    read: dict[str, dict[str, str]] = json.loads((FIXTURES / "plan_deviations.json").read_text("utf-8"))
    return read


def cover(process: Mapping[str, Any], workflows: Path = ROOT / "workflows", reasons: Any = None) -> Covered:
    """One process of the domain compared with its folder."""
    path = workflows / process["folder"] / f"{process['folder']}.bpmn"
    found = Covered(process["code"], process["folder"], path.is_file(), len(process["steps"]))
    if not found.present:
        found.faults.append(f"{process['code']}: no diagram {process['folder']}/{process['folder']}.bpmn")
        return found
    nodes = elements(path)
    reasons = deviations() if reasons is None else reasons
    _steps(process, nodes, found, reasons)
    _results(process, nodes, found, workflows, reasons)
    return found


def _steps(process: Mapping[str, Any], nodes: list[Element], found: Covered, reasons: Any) -> None:
    by_step: dict[str, list[Element]] = {}
    for node in nodes:
        for step in node.words("step"):
            by_step.setdefault(step, []).append(node)
    for step in process["steps"]:
        mine, id_ = by_step.pop(step["id"], []), step["id"]
        if not mine:
            _tell(found, reasons["steps"].get(id_), f"{id_}: no element has this step")
            continue
        found.steps_found += 1
        if len(mine) > 1:
            named = ", ".join(node.id for node in mine)
            _tell(found, reasons["steps"].get(id_), f"{id_}: several elements have this step: {named}")
        covers = {item for node in mine for item in node.words("covers")} - {"+"}
        should = set(step["covers"]) - {"+"}
        found.items |= covers & should
        if covers != should:
            missing, more = sorted(should - covers), sorted(covers - should)
            said = f"{id_}: covers" + (f" lacks {' '.join(missing)}" if missing else "")
            _tell(found, reasons["covers"].get(id_), said + (f" has besides {' '.join(more)}" if more else ""))
    for step, mine in by_step.items():
        _tell(found, reasons["steps"].get(step), f"{step}: {mine[0].id} has a step that the domain does not know")


def _results(process: Mapping[str, Any], nodes: list[Element], found: Covered, workflows: Path, reasons: Any) -> None:
    results = {item["id"]: item["artefacts"] for item in wanted()["items"] if item["kind"] == "result"}
    for result, artefacts in results.items():
        at = [step["id"] for step in process["steps"] if result in step["covers"]]
        if not at:
            continue
        missing = []
        for artefact in artefacts:
            makers = [node for node in nodes if {artefact, f"{artefact}#"} & set(node.words("produces"))]
            here = [node for node in makers if set(at) & {*node.words("step"), *node.words("part_of")}]
            if not makers:
                missing.append(f"nothing produces {artefact}")
            elif not here:
                missing.append(f"{artefact} is produced by {makers[0].id}, not at {' '.join(at)}")
            elif not any(demands(node, workflows) for node in here):
                missing.append(f"{here[0].id} can close without {artefact}")
        reason = reasons["results"].get(result)
        if not missing or (reason and not any(text.startswith("nothing") for text in missing)):
            found.results.add(result)
        for text in missing:
            _tell(found, reason, f"{result}: {text}")


def demands(node: Element, workflows: Path) -> bool:
    """Whether a step cannot close without what it `produces`: a person's task is refused, a called process hands the
    demand to a task of its own or issues under a number, a job makes it itself."""
    if node.kind == "userTask":
        return True
    if node.kind == "serviceTask":
        return node.job is not None
    if node.kind != "callActivity" or node.calls is None:
        return False
    path = next(workflows.glob(f"*/{node.calls}.bpmn"), None)
    inside = elements(path) if path else []
    return any("produces" in _inherited(one) or one.job == SIGN_AND_ISSUE for one in inside)


def _inherited(node: Element) -> set[str]:
    return {word.partition("=")[0] for word in node.words("inherits")}


def _tell(found: Covered, reason: str | None, said: str) -> None:
    if reason:
        found.deviations.append(f"{said} ({reason})")
    else:
        found.faults.append(said)


def main() -> int:
    """Print the table; 1 when something is missing."""
    plan = wanted()
    all_items = {item["id"] for item in plan["items"]}
    all_results = {item["id"] for item in plan["items"] if item["kind"] == "result"}
    found = [cover(process) for process in plan["processes"]]
    items = set().union(*(one.items for one in found))
    results = set().union(*(one.results for one in found))
    print(f"{'':4}{'folder':22}{'steps':>9}{'items':>7}{'results':>9}  missing")
    for one in found:
        steps = f"{one.steps_found}/{one.steps}"
        print(
            f"{one.code:4}{one.folder:22}{steps:>9}{len(one.items):>7}{len(one.results):>9}  {len(one.faults) or '-'}"
        )
    steps, wanted_steps = sum(one.steps_found for one in found), sum(one.steps for one in found)
    print(
        f"{steps} of {wanted_steps} steps are elements, {len(items)} of {len(all_items)} items covered, "
        f"{len(results)} of {len(all_results)} results are artefacts that a stage cannot close without"
    )
    for title, lines in (
        ("Deviations, with their reasons", [line for one in found for line in one.deviations]),
        ("Missing", [line for one in found for line in one.faults]),
    ):
        if lines:
            print(f"\n{title}:")
            print("\n".join(f"  {line}" for line in lines))
    short = sorted(all_items - items)
    if short:
        print(f"\nItems of the plan that no step covers: {' '.join(short)}")
    return 1 if short or all_results - results or any(one.faults for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
