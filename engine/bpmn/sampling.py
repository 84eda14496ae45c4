"""How long something takes and what comes of it, drawn by chance from stated distributions.

The chance itself is an argument (`Source`, which `random.Random` is): the same source gives the same values. A
duration is in seconds, either of working time or of calendar time. Not here: how the statements are written in a file
(`parameters`), and what a working day is (`worktime`).
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Generic, Protocol, TypeVar

from engine import feel

# The value that nine tenths of a standard normal distribution do not exceed.
NINE_TENTHS = 1.2815515655446004
LONGEST = 100 * 366 * 86_400  # no single step takes more than a hundred years
T = TypeVar("T")


class Source(Protocol):
    """Chance, as `random.Random` has it."""

    def random(self) -> float: ...

    def gammavariate(self, alpha: float, beta: float) -> float: ...

    def normalvariate(self, mu: float, sigma: float) -> float: ...


Draw = Callable[[Source], float]


@dataclass(frozen=True, slots=True)
class Duration:
    """How long something takes: a distribution of seconds, of working time or of calendar time."""

    draw: Draw
    working: bool = True

    def sample(self, source: Source) -> int:
        """Whole seconds, never negative."""
        value = self.draw(source)
        return round(min(value, LONGEST)) if value > 0 else 0


def fixed(seconds: float) -> Draw:
    """Always the same."""
    return lambda source: seconds


def uniform(low: float, high: float) -> Draw:
    """Anything between two bounds, all alike."""
    return lambda source: low + (high - low) * source.random()


def triangular(low: float, mode: float, high: float) -> Draw:
    """Between two bounds, most often near a third value."""
    if high <= low:
        return fixed(low)
    peak = (mode - low) / (high - low)

    def draw(source: Source) -> float:
        u = source.random()
        if u < peak:
            return low + math.sqrt(u * (high - low) * (mode - low))
        return high - math.sqrt((1 - u) * (high - low) * (high - mode))

    return draw


def lognormal(mu: float, sigma: float) -> Draw:
    """The exponential of a normal distribution: many short ones, a few that are very long."""
    return lambda source: math.exp(source.normalvariate(mu, sigma))


def lognormal_by_moments(mean: float, sd: float) -> Draw:
    """Lognormal by its mean and standard deviation."""
    spread = math.log1p((sd / mean) ** 2)
    return lognormal(math.log(mean) - spread / 2, math.sqrt(spread))


def lognormal_by_quantiles(median: float, p90: float) -> Draw:
    """Lognormal by its median and the value that nine of ten do not exceed."""
    return lognormal(math.log(median), math.log(p90 / median) / NINE_TENTHS)


def gamma_by_moments(mean: float, sd: float) -> Draw:
    """Gamma by its mean and standard deviation; with both alike it is exponential."""
    if sd == 0:
        return fixed(mean)
    shape = (mean / sd) ** 2
    return lambda source: source.gammavariate(shape, mean / shape)


def gamma_by_quantiles(median: float, p90: float) -> Draw:
    """Gamma by its median and the value that nine of ten do not exceed."""
    wanted = p90 / median
    low, high = 0.02, 10_000.0  # shapes; a larger one is narrower
    for _ in range(80):
        shape = math.sqrt(low * high)
        if gamma_quantile(shape, 0.9) / gamma_quantile(shape, 0.5) > wanted:
            low = shape
        else:
            high = shape
    scale = median / gamma_quantile(shape, 0.5)
    return lambda source: source.gammavariate(shape, scale)


def gamma_quantile(shape: float, share: float) -> float:
    """The value that a share of a gamma distribution of scale 1 does not exceed."""
    low, high = 0.0, shape + 10 * math.sqrt(shape) + 40
    for _ in range(80):
        middle = (low + high) / 2
        if _gamma_share(shape, middle) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2 or 1e-12


def _gamma_share(shape: float, x: float) -> float:
    """The regularised lower incomplete gamma function, by its series."""
    if x <= 0:
        return 0.0
    term = total = 1.0
    n = 0
    while term > total * 1e-14 and n < 100_000:
        n += 1
        term *= x / (shape + n)
        total += term
    return min(1.0, total * math.exp(shape * math.log(x) - x - math.lgamma(shape + 1)))


def empirical(values: Sequence[float]) -> Draw:
    """One of the values that were seen, each as likely."""
    seen = tuple(values)
    return lambda source: seen[int(source.random() * len(seen))]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of a piece of work: variables, or instead a modelled error, a technical failure, or nothing at all."""

    variables: tuple[tuple[str, Any], ...] = ()  # a `feel.Compiled` is evaluated when it is needed
    error: str | None = None
    failure: str | None = None
    retry: Duration | None = None  # after a failure: when it is tried again
    never: bool = False

    def values(self, known: Callable[[], dict[str, Any]], env: Callable[[], feel.Env]) -> dict[str, Any]:
        """The variables; expressions read the variables of the case."""
        found: dict[str, Any] = {}
        for name, value in self.variables:
            found[name] = feel.to_json(value.evaluate(known(), env())) if isinstance(value, feel.Compiled) else value
        return found


class Choice(Generic[T]):
    """One of several, by their weights."""

    __slots__ = ("_sums", "options")

    def __init__(self, options: Sequence[tuple[float, T]]) -> None:
        self.options = tuple(option for _, option in options)
        self._sums = tuple(accumulate(weight for weight, _ in options))

    def sample(self, source: Source) -> T:
        """One option; a single one costs no chance."""
        if len(self.options) == 1:
            return self.options[0]
        at = bisect_right(self._sums, source.random() * self._sums[-1])
        return self.options[min(at, len(self.options) - 1)]
