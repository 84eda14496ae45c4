"""What a simulation assumes: durations, outcomes, arrivals, people and limits, read from a JSON object.

The format is described in `docs/simulation.md`. Reading finds all faults in one pass; each names its field, with the
path that leads there ("elements.duyet.duration.lognormal.p90").
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import errors, feel
from engine.bpmn import sampling, timers, worktime
from engine.bpmn.definition import Definition
from engine.bpmn.sampling import Choice, Draw, Duration, Outcome

_ISO = re.compile(
    r"P(?=.)(?:(?P<W>\d+(?:\.\d+)?)W)?(?:(?P<D>\d+(?:\.\d+)?)D)?"
    r"(?:T(?=.)(?:(?P<h>\d+(?:\.\d+)?)H)?(?:(?P<m>\d+(?:\.\d+)?)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?"
)
_HOURS = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
MAX_SAMPLE = 100_000
MAX_STEPS = 5_000
NOTHING = Choice([(1.0, Outcome())])
Fields = dict[str, list[errors.Reason]]


@dataclass(frozen=True, slots=True)
class Step:
    """What is assumed of one element (or of a message): how long it takes and what comes of it, the first time and
    afterwards; who does it."""

    duration: Duration | None = None
    outcomes: Choice[Outcome] = NOTHING
    again: "Step | None" = None  # from the second visit on
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Parameters:
    """All that a simulation assumes. `written` is the JSON object it was read from, for the record."""

    start: dt.datetime
    written: Mapping[str, Any]
    about: str = ""
    at: str | None = None  # the start event
    variables: Choice[Outcome] = NOTHING
    arrivals: Duration | None = None  # None: every case for itself, all of them at the start
    elements: Mapping[str, Step] = field(default_factory=dict)
    messages: Mapping[str, Step] = field(default_factory=dict)
    task: Duration = field(default_factory=lambda: Duration(sampling.fixed(8 * 3600)))
    job: Duration = field(default_factory=lambda: Duration(sampling.fixed(0), working=False))
    people: Mapping[str, int] = field(default_factory=dict)  # role → how many; others are never short of people
    limits: Mapping[str, feel.Compiled] = field(default_factory=dict)
    hours: tuple[tuple[int, int], ...] = worktime.HOURS
    until: int = 10 * 366 * 86_400  # seconds: a case that lasts longer counts as unfinished
    steps: int = MAX_STEPS
    replications: int = 1


def read(given: Mapping[str, Any], start: dt.datetime) -> Parameters:
    """The parameters in a JSON object; `start` is used when it states none. Raises Invalid with every fault."""
    return _Reader(given).parameters(start)


def check(parameters: Parameters, definitions: Iterable[Definition]) -> None:
    """Raise Invalid for elements that are stated and that neither the model nor what it calls has."""
    definition, *called = definitions
    known = set(definition.elements).union(*(d.elements for d in called))
    fields: Fields = {
        f"elements.{name}": [errors.Reason("unknown_element", f"expected an element of the model, found {name!r}")]
        for name in parameters.elements
        if name not in known
    }
    if parameters.at is not None and parameters.at not in definition.elements:
        fields["at"] = [errors.Reason("unknown_element", f"expected a start event, found {parameters.at!r}")]
    if fields:
        raise errors.Invalid(fields)


class _Reader:
    """One pass over the object, gathering faults."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.faults: Fields = {}
        self.day = 8 * 3600  # seconds of work in a working day

    def parameters(self, start: dt.datetime) -> Parameters:
        given = self.given
        if not isinstance(given, Mapping):
            raise errors.Invalid({"": [errors.Reason("type", "expected a JSON object")]})
        self._known(
            "",
            given,
            "about start at hours variables arrivals defaults elements messages people limits until steps replications",
        )
        hours = self._hours()
        self.day = sum(end - begin for begin, end in hours)
        found: dict[str, Any] = {"hours": hours}
        if "start" in given:
            start = self._instant("start", given["start"], start)
        if isinstance(given.get("about", ""), str):
            found["about"] = given.get("about", "")
        else:
            self._fault("about", "expected a text")
        if "at" in given:
            found["at"] = self._text("at", given["at"])
        if "variables" in given:
            found["variables"] = self._variables()
        if "arrivals" in given:
            found["arrivals"] = self._duration("arrivals", given["arrivals"])
        defaults = self._object("defaults", given.get("defaults", {}))
        self._known("defaults", defaults, "task job")
        for name in ("task", "job"):
            if name in defaults:
                found[name] = self._duration(f"defaults.{name}", defaults[name])
        for table in ("elements", "messages"):
            stated = self._object(table, given.get(table, {}))
            found[table] = {name: self._step(f"{table}.{name}", value) for name, value in stated.items()}
        found["people"] = {
            role: self._whole(f"people.{role}", number, 1)
            for role, number in self._object("people", given.get("people", {})).items()
        }
        found["limits"] = {
            name: self._feel(f"limits.{name}", text)
            for name, text in self._object("limits", given.get("limits", {})).items()
        }
        if "until" in given:
            found["until"] = int(self._seconds("until", given["until"], working=False))
        for name in ("steps", "replications"):
            if name in given:
                found[name] = self._whole(name, given[name], 1)
        if self.faults:
            raise errors.Invalid(self.faults)
        return Parameters(start=start, written=dict(given), **found)

    # -- one element

    def _step(self, path: str, given: Any, again: bool = False) -> Step:
        given = self._object(path, given)
        self._known(path, given, "duration outcomes" if again else "duration outcomes role again")
        duration = self._duration(f"{path}.duration", given["duration"]) if "duration" in given else None
        outcomes = self._outcomes(f"{path}.outcomes", given["outcomes"]) if "outcomes" in given else NOTHING
        later = None
        if "again" in given:
            stated = self._step(f"{path}.again", given["again"], again=True)
            has = "outcomes" in given["again"] if isinstance(given["again"], Mapping) else False
            later = Step(stated.duration or duration, stated.outcomes if has else outcomes)
        role = self._text(f"{path}.role", given["role"]) if "role" in given else None
        return Step(duration, outcomes, later, role)

    def _variables(self) -> Choice[Outcome]:
        stated = self.given["variables"]
        if isinstance(stated, Mapping):
            return Choice([(1.0, Outcome(self._values("variables", stated)))])
        return self._outcomes("variables", stated, only_variables=True)

    def _outcomes(self, path: str, given: Any, only_variables: bool = False) -> Choice[Outcome]:
        if isinstance(given, Mapping):
            given = [given]
        if not isinstance(given, list) or not given:
            self._fault(path, "expected a list of outcomes")
            return NOTHING
        options = [self._outcome(f"{path}.{number}", each, only_variables) for number, each in enumerate(given)]
        if sum(weight for weight, _ in options) <= 0:
            self._fault(path, "expected weights of which one is above 0")
            return NOTHING
        return Choice(options)

    def _outcome(self, path: str, given: Any, only_variables: bool) -> tuple[float, Outcome]:
        given = self._object(path, given)
        words = "weight variables" if only_variables else "weight variables error failure retry never"
        self._known(path, given, words)
        weight = self._number(f"{path}.weight", given.get("weight", 1), 0)
        if sum(word in given for word in ("error", "failure", "never")) > 1:
            self._fault(path, "expected at most one of error, failure and never")
        if "retry" in given and "failure" not in given:
            self._fault(f"{path}.retry", "expected a failure beside it")
        if not isinstance(given.get("never", False), bool):
            self._fault(f"{path}.never", "expected true or false")
        return weight, Outcome(
            self._values(f"{path}.variables", self._object(f"{path}.variables", given.get("variables", {}))),
            self._text(f"{path}.error", given["error"]) if "error" in given else None,
            self._text(f"{path}.failure", given["failure"]) if "failure" in given else None,
            self._duration(f"{path}.retry", given["retry"]) if "retry" in given else None,
            given.get("never") is True,
        )

    def _values(self, path: str, given: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
        return tuple(
            (name, self._feel(f"{path}.{name}", value) if isinstance(value, str) and value.startswith("=") else value)
            for name, value in given.items()
        )

    # -- durations

    def _duration(self, path: str, given: Any) -> Duration:
        if isinstance(given, str | int | float) and not isinstance(given, bool):
            given = {"fixed": given}
        given = self._object(path, given)
        working = given.get("time", "working")
        if working not in ("working", "calendar"):
            self._fault(f"{path}.time", f'expected "working" or "calendar", found {working!r}')
        kinds = [kind for kind in given if kind != "time"]
        if len(kinds) != 1 or kinds[0] not in ("fixed", "uniform", "triangular", "lognormal", "gamma", "sample"):
            self._fault(path, "expected one of fixed, uniform, triangular, lognormal, gamma and sample")
            return Duration(sampling.fixed(0))
        kind = kinds[0]
        before = len(self.faults)
        draw = self._draw(f"{path}.{kind}", kind, given[kind], working != "calendar")
        return Duration(draw if len(self.faults) == before else sampling.fixed(0), working != "calendar")

    def _draw(self, path: str, kind: str, given: Any, working: bool) -> Draw:
        if kind == "fixed":
            return sampling.fixed(self._seconds(path, given, working))
        if kind == "sample":
            if not isinstance(given, list) or not 0 < len(given) <= MAX_SAMPLE:
                self._fault(path, f"expected a list of 1 to {MAX_SAMPLE:,} durations")
                return sampling.fixed(0)
            return sampling.empirical([self._seconds(f"{path}.{n}", each, working) for n, each in enumerate(given)])
        if kind in ("uniform", "triangular"):
            count = 2 if kind == "uniform" else 3
            if not isinstance(given, list) or len(given) != count:
                self._fault(path, f"expected {count} durations")
                return sampling.fixed(0)
            values = [self._seconds(f"{path}.{n}", each, working) for n, each in enumerate(given)]
            if sorted(values) != values:
                self._fault(path, "expected durations in rising order")
            return sampling.uniform(*values) if kind == "uniform" else sampling.triangular(*values)
        return self._curve(path, kind, given, working)

    def _curve(self, path: str, kind: str, given: Any, working: bool) -> Draw:
        """Lognormal or gamma, by mean and sd or by median and p90."""
        given = self._object(path, given)
        names = {"mean", "sd"} if "mean" in given or "sd" in given else {"median", "p90"}
        if given.keys() != names:
            self._fault(path, "expected mean and sd, or median and p90")
            return sampling.fixed(0)
        values = {name: self._seconds(f"{path}.{name}", given[name], working) for name in sorted(names)}
        first, second = (values["mean"], values["sd"]) if "mean" in values else (values["median"], values["p90"])
        if first <= 0:
            self._fault(f"{path}.{'mean' if 'mean' in values else 'median'}", "expected more than 0")
        elif "p90" in values and second < first:
            self._fault(f"{path}.p90", "expected no less than the median")
        elif "p90" in values and kind == "gamma" and second / first > 1_000:
            self._fault(f"{path}.p90", "expected at most 1,000 times the median")
        if any(each.startswith(path) for each in self.faults):
            return sampling.fixed(0)
        if kind == "lognormal":
            by = sampling.lognormal_by_moments if "mean" in values else sampling.lognormal_by_quantiles
        else:
            by = sampling.gamma_by_moments if "mean" in values else sampling.gamma_by_quantiles
        if "p90" in values and second == first:
            return sampling.fixed(first)
        return by(first, second)

    def _seconds(self, path: str, given: Any, working: bool) -> float:
        """A duration: an ISO text (a day is a working day, or 24 hours) or a number of hours."""
        if isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given * 3600 <= sampling.LONGEST:
            return given * 3600
        match = _ISO.fullmatch(given.strip()[:100]) if isinstance(given, str) else None
        if match is None:
            self._fault(path, f"expected a duration such as P2D or PT4H, or hours, found {given!r:.60}")
            return 0
        part = {name: float(text) for name, text in match.groupdict(default="0").items()}
        day, week = (self.day, 5 * self.day) if working else (86_400, 7 * 86_400)
        total = part["W"] * week + part["D"] * day + part["h"] * 3600 + part["m"] * 60 + part["s"]
        if total > sampling.LONGEST:
            self._fault(path, "expected at most a hundred years")
            return 0
        return total

    # -- plain values

    def _hours(self) -> tuple[tuple[int, int], ...]:
        stated = self.given.get("hours")
        if stated is None:
            return worktime.HOURS
        found: list[tuple[int, int]] = []
        for number, text in enumerate(stated if isinstance(stated, list) and stated else [None]):
            match = _HOURS.fullmatch(text) if isinstance(text, str) else None
            begin, end = (
                (int(match[1]) * 3600 + int(match[2]) * 60, int(match[3]) * 3600 + int(match[4]) * 60)
                if match
                else (0, 0)
            )
            if not (found[-1][1] if found else 0) <= begin < end <= 86_400:
                self._fault(f"hours.{number}", f'expected hours such as "08:00-12:00", in order, found {text!r:.60}')
                return worktime.HOURS
            found.append((begin, end))
        return tuple(found)

    def _instant(self, path: str, given: Any, default: dt.datetime) -> dt.datetime:
        try:
            return timers.instant(given)
        except ValueError as error:
            self._fault(path, str(error))
            return default

    def _feel(self, path: str, given: Any) -> feel.Compiled:
        text = given[1:] if isinstance(given, str) and given.startswith("=") else given
        try:
            return feel.compile_expression(text if isinstance(text, str) else "")
        except feel.FeelSyntaxError as error:
            self._fault(path, f"expected a FEEL expression: {error}")
            return feel.compile_expression("null")

    def _object(self, path: str, given: Any) -> dict[str, Any]:
        if isinstance(given, Mapping):
            return dict(given)
        self._fault(path, f"expected an object, found {given!r:.60}")
        return {}

    def _text(self, path: str, given: Any) -> str:
        if isinstance(given, str) and given:
            return given
        self._fault(path, f"expected a text, found {given!r:.60}")
        return ""

    def _whole(self, path: str, given: Any, least: int) -> int:
        if isinstance(given, int) and not isinstance(given, bool) and least <= given <= 1_000_000:
            return given
        self._fault(path, f"expected a whole number from {least}, found {given!r:.60}")
        return least

    def _number(self, path: str, given: Any, least: float) -> float:
        if isinstance(given, int | float) and not isinstance(given, bool) and least <= given < 1e12:
            return float(given)
        self._fault(path, f"expected a number from {least:g}, found {given!r:.60}")
        return least

    def _known(self, path: str, given: Mapping[str, Any], words: str) -> None:
        for name in given:
            if name not in words.split():
                self._fault(f"{path}.{name}" if path else str(name), f"expected one of {words.replace(' ', ', ')}")

    def _fault(self, path: str, message: str) -> None:
        self.faults.setdefault(path, []).append(errors.Reason("parameter", message))
