"""FEEL and decision tables: one evaluation after compilation, in microseconds, and what compiling costs.

Targets: a condition at most 5 µs, a table of 1,000 rules at most 1,000 µs. Each figure is the median of many rounds,
in processor time: nothing here waits, and others on the machine should not count.
"""

import functools
import statistics
import time
from collections.abc import Callable
from typing import Any

from engine import dmn, feel

CONTEXT = {"outcome": "dong_y", "round": 1, "planned_finish": "2022-03", "opinions": [{"outcome": "dong_y"}] * 100}
EXPRESSIONS = {
    "condition": 'outcome = "dong_y" and round < 3',
    "comparison": 'outcome != "khong_dong_y"',
    "arithmetic": "(round + 1) * 1.5 - 2",
    "end of a month": "end of month(planned_finish)",
    "filter of 100": 'count(opinions[outcome = "dong_y"])',
    "loop of 100": "for i in 1..100 return i * i",
}


def median_us(work: Callable[[], Any], rounds: int = 60, seconds: float = 0.01) -> float:
    """Microseconds of one call: the median over rounds that last about `seconds` each."""
    start = time.process_time()
    work()
    calls = max(1, int(seconds / max(time.process_time() - start, 1e-7)))
    found = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(calls):
            work()
        found.append((time.process_time() - start) / calls * 1e6)
    return statistics.median(found)


def table(cells: Callable[[int], str], rules: int, policy: str) -> dmn.Decision:
    """A decision with one input `x` and one rule a cell text."""
    rows = "".join(
        f"<rule><inputEntry><text>{cells(n)}</text></inputEntry><inputEntry><text>-</text></inputEntry>"
        f'<outputEntry><text>"{n}"</text></outputEntry></rule>'
        for n in range(rules)
    )
    columns = "".join(f"<input><inputExpression><text>{name}</text></inputExpression></input>" for name in ("x", "y"))
    xml = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="d" name="d">'
        f'<decisionTable hitPolicy="{policy}">{columns}<output/>{rows}</decisionTable></decision></definitions>'
    )
    return dmn.parse(xml.encode()).decision("d")


def main() -> None:
    """Print the figures."""
    for name, text in EXPRESSIONS.items():
        compiled = feel.compile_expression(text)
        assert compiled.evaluate(CONTEXT) is not None
        print(f"{name:28} {median_us(functools.partial(compiled.evaluate, CONTEXT)):10.2f} µs")
    text = EXPRESSIONS["condition"]
    print(f"{'compiling, cached':28} {median_us(lambda: feel.compile_expression(text)):10.2f} µs")
    print(
        f"{'compiling, new':28} {median_us(lambda: feel.Compiled(text, feel.parser.parse_expression(text))):10.2f} µs"
    )
    for rules in (10, 100, 1000):
        by_value = table(lambda n: f'"k{n}"', rules, "UNIQUE")
        by_range = table(lambda n: f"[{n}..{n + 1})", rules, "UNIQUE")
        by_condition = table(lambda n: f"? &gt;= {n} and ? &lt; {n + 1}", rules, "UNIQUE")
        by_other = table(lambda n: f"? = base + {n}", rules, "UNIQUE")  # no index can answer these
        for name, decision, given in (
            ("constants", by_value, {"x": f"k{rules - 1}", "y": 1}),
            ("ranges", by_range, {"x": rules - 1, "y": 1}),
            ("conditions", by_condition, {"x": rules - 1, "y": 1}),
            ("expressions", by_other, {"x": rules - 1, "y": 1, "base": 0}),
        ):
            decide = functools.partial(decision.evaluate, given)
            assert decide().value == str(rules - 1)
            print(f"{f'table, {rules} {name}':28} {median_us(decide):10.2f} µs")


if __name__ == "__main__":
    main()
