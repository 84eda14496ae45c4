"""What is counted while cases are simulated, and what is said about it in the end.

A `Tally` is plain numbers, so that worlds that ran in several processes can be added up; they are added in the order
of the cases, so that the result does not depend on how many processes there were. `report` makes the result: a plain
JSON object, described in `docs/simulation.md`.
"""

import datetime as dt
import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.bpmn.definition import Definition
from engine.bpmn.parameters import Parameters
from engine.bpmn.worktime import WorkingTime

NOBODY = "-"
BINS = 20
_DAY, _HOUR = 86_400, 3_600
_SHARES = (10, 50, 80, 90, 95)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _numbers() -> "array[int]":
    return array("q")


@dataclass(slots=True)
class Element:
    """What happened at one element."""

    kind: str = ""
    opened: int = 0
    visits: int = 0  # of cases that ended; the children of a multi-instance are one visit
    cases: int = 0
    again: int = 0  # cases that came more than once
    waited: "array[int]" = field(default_factory=_numbers)
    worked: "array[int]" = field(default_factory=_numbers)
    withdrawn: int = 0
    due: int = 0
    late: int = 0
    critical: int = 0
    assumed: bool = False


@dataclass(slots=True)
class Load:
    """What one role had to do."""

    tasks: int = 0
    busy: int = 0
    waited: int = 0
    peak: int = 0


@dataclass(slots=True)
class Tally:
    """The numbers of some cases."""

    cases: int = 0
    began: "array[int]" = field(default_factory=_numbers)
    finished: "array[int]" = field(default_factory=_numbers)
    elements: dict[str, Element] = field(default_factory=dict)
    roles: dict[str, Load] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    limits: dict[str, list[int]] = field(default_factory=dict)  # met, missed, unknown
    rounds: Counter[int] = field(default_factory=Counter)
    lasted: int = 0  # seconds of working time that the worlds lasted

    def element(self, element: str) -> Element:
        """The numbers of an element."""
        found = self.elements.get(element)
        if found is None:
            found = self.elements[element] = Element()
        return found

    # -- told by a world

    def begun(self, at: int) -> None:
        self.cases += 1

    def worked_for(self, role: str, waited: int, worked: int) -> None:
        load = self.roles.get(role)
        if load is None:
            load = self.roles[role] = Load()
        load.tasks += 1
        load.busy += worked
        load.waited += waited

    def queued(self, role: str, length: int) -> None:
        load = self.roles.setdefault(role, Load())
        load.peak = max(load.peak, length)

    def critical(self, element: str, begin: int, end: int) -> None:
        self.element(element).critical += end - begin

    def ended(self, begun: int, finished: int, end: str, visits: Mapping[str, int]) -> None:
        self.began.append(begun)
        self.finished.append(finished)
        self.ends[end] += 1
        most = 0
        for element, number in visits.items():
            found = self.element(element)
            found.visits += number
            found.cases += 1
            if number > 1:
                found.again += 1
                if found.kind == "task":
                    most = max(most, number - 1)
        self.rounds[most] += 1

    def limit(self, name: str, missed: bool | None) -> None:
        counts = self.limits.setdefault(name, [0, 0, 0])
        counts[2 if missed is None else int(missed)] += 1

    def unfinished(self, why: str, details: Sequence[str]) -> None:
        for detail in dict.fromkeys(details[:3]) or ("",):
            self.reasons[why, detail] += 1
        self.ends[f"({why})"] += 1

    def span(self, work: WorkingTime, begin: int, end: int) -> None:
        self.lasted += work.between(begin, end)

    # -- added up

    def add(self, other: "Tally") -> None:
        """The cases of another tally come after these."""
        self.cases += other.cases
        self.began.extend(other.began)
        self.finished.extend(other.finished)
        self.lasted += other.lasted
        self.ends.update(other.ends)
        self.reasons.update(other.reasons)
        self.rounds.update(other.rounds)
        for name, counts in other.limits.items():
            mine = self.limits.setdefault(name, [0, 0, 0])
            self.limits[name] = [a + b for a, b in zip(mine, counts, strict=True)]
        for name, e in other.elements.items():
            found = self.element(name)
            found.kind = e.kind or found.kind
            found.assumed = found.assumed or e.assumed
            found.waited.extend(e.waited)
            found.worked.extend(e.worked)
            for key in ("opened", "visits", "cases", "again", "withdrawn", "due", "late", "critical"):
                setattr(found, key, getattr(found, key) + getattr(e, key))
        for name, load in other.roles.items():
            known = self.roles.setdefault(name, Load())
            known.tasks += load.tasks
            known.busy += load.busy
            known.waited += load.waited
            known.peak = max(known.peak, load.peak)


def added(tallies: Iterable[Tally]) -> Tally:
    """All of them as one."""
    total = Tally()
    for each in tallies:
        total.add(each)
    return total


# -- the result


def report(
    tally: Tally, parameters: Parameters, definition: Definition, called: Iterable[Definition], *, seed: int
) -> dict[str, Any]:
    """The result as a JSON object."""
    names = {e.id: e.name for d in (*called, definition) for e in d.elements.values()}
    took = [b - a for a, b in zip(tally.began, tally.finished, strict=True)]
    total = sum(took)
    done = len(took)
    return {
        "process": definition.process_id,
        "definition": definition.hash,
        "seed": seed,
        "cases": tally.cases,
        "start": parameters.start.isoformat(),
        "parameters": dict(parameters.written),
        "finished": done,
        "unfinished": tally.cases - done,
        "reasons": [
            {"why": why, "detail": detail, "cases": number}
            for (why, detail), number in sorted(tally.reasons.items(), key=lambda item: (-item[1], item[0]))
        ],
        "ends": [
            {"end": end, "name": names.get(end, ""), "cases": number}
            for end, number in sorted(tally.ends.items(), key=lambda item: (-item[1], item[0]))
        ],
        "days": _distribution(took, _DAY) | {"histogram": _histogram(took, _DAY)},
        "finishing": _dates(tally.finished),
        "limits": {name: _limit(*tally.limits.get(name, [0, 0, 0])) for name in parameters.limits},
        "elements": [
            _element(name, e, names.get(name, ""), tally.cases, total)
            for name, e in sorted(tally.elements.items(), key=lambda item: (-item[1].critical, item[0]))
        ],
        "roles": [
            _role(name, load, parameters.people.get(name), tally)
            for name, load in sorted(tally.roles.items(), key=lambda item: (-item[1].busy, item[0]))
        ],
        "rework": {
            "cases": _share(done - tally.rounds[0], done),
            "rounds": _mean([n for n, count in tally.rounds.items() for _ in range(count)]),
            "most": max(tally.rounds, default=0),
        },
        "assumed": sorted(name for name, e in tally.elements.items() if e.assumed),
        "unused": sorted(name for name in parameters.elements if name not in tally.elements),
    }


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that a share of ordered values does not exceed (between two of them: in proportion)."""
    at = (len(ordered) - 1) * share
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def _mean(values: Sequence[float]) -> float | None:
    return round(math.fsum(values) / len(values), 4) if values else None


def _distribution(values: Sequence[int], unit: int) -> dict[str, Any]:
    ordered = sorted(values)
    if not ordered:
        return {"n": 0}
    mean = math.fsum(ordered) / len(ordered)
    sd = math.sqrt(math.fsum((v - mean) ** 2 for v in ordered) / max(len(ordered) - 1, 1))
    found = {"n": len(ordered), "mean": mean, "sd": sd, "error": sd / math.sqrt(len(ordered))}
    found |= {"min": ordered[0], "median": quantile(ordered, 0.5), "max": ordered[-1]}
    found |= {f"p{share}": quantile(ordered, share / 100) for share in _SHARES}
    return {key: value if key == "n" else round(value / unit, 4) for key, value in found.items()}


def _histogram(values: Sequence[int], unit: int) -> list[dict[str, Any]]:
    """How many values lie in each of some bins of the same width."""
    if not values:
        return []
    low, high = min(values), max(values)
    width = (high - low) / BINS
    if width == 0:
        return [{"from": low / unit, "to": high / unit, "cases": len(values)}]
    counts = Counter(min(int((v - low) / width), BINS - 1) for v in values)
    return [
        {"from": round((low + n * width) / unit, 4), "to": round((low + (n + 1) * width) / unit, 4), "cases": counts[n]}
        for n in range(BINS)
    ]


def _dates(finished: Sequence[int]) -> dict[str, str]:
    """When cases are finished, as instants."""
    ordered = sorted(finished)
    if not ordered:
        return {}
    found = {"first": ordered[0], "median": quantile(ordered, 0.5), "last": ordered[-1]}
    found |= {f"p{share}": quantile(ordered, share / 100) for share in _SHARES}
    return {name: f"{_EPOCH + dt.timedelta(seconds=round(at)):%Y-%m-%dT%H:%M:%SZ}" for name, at in found.items()}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _limit(met: int, missed: int, unknown: int) -> dict[str, Any]:
    """Of the cases that ended; `margin` is half of the interval in which the true share lies 19 times of 20 (Agresti
    and Coull, so that it is not nothing where none or all were late)."""
    known = met + missed
    wide = known + 1.96**2
    share = (missed + 1.96**2 / 2) / wide
    margin = round(1.96 * math.sqrt(share * (1 - share) / wide), 4) if known else None
    return {"met": met, "missed": missed, "unknown": unknown, "late": _share(missed, known), "margin": margin}


def _element(name: str, e: Element, words: str, cases: int, total: int) -> dict[str, Any]:
    waited, worked = sorted(e.waited), sorted(e.worked)
    found: dict[str, Any] = {
        "element": name,
        "name": words,
        "kind": e.kind or "timer",
        "opened": e.opened,
        "visits": _share(e.visits, e.cases) if e.cases else None,
        "cases": _share(e.cases, cases),
        "again": _share(e.again, e.cases),
        "withdrawn": e.withdrawn,
        "late": _share(e.late, e.due),
        "critical": _share(e.critical, total) or 0.0,
        "assumed": e.assumed,
    }
    for key, values in (("waiting", waited), ("working", worked)):
        if values:
            found[key] = {
                "mean": round(math.fsum(values) / len(values) / _HOUR, 3),
                "median": round(quantile(values, 0.5) / _HOUR, 3),
                "p90": round(quantile(values, 0.9) / _HOUR, 3),
            }
    return found


def _role(name: str, load: Load, people: int | None, tally: Tally) -> dict[str, Any]:
    found: dict[str, Any] = {
        "role": name,
        "people": people,
        "tasks": load.tasks,
        "busy": round(load.busy / _HOUR, 2),
        "busy_per_case": round(load.busy / _HOUR / tally.cases, 3) if tally.cases else None,
        "waiting": round(load.waited / _HOUR / load.tasks, 3) if load.tasks else None,
    }
    if people is not None:
        found["peak"] = load.peak
        found["utilisation"] = _share(load.busy, people * tally.lasted)
    return found
