"""Decision tables: which rules hit, and what the hit policy makes of them.

The rules that may hit are the intersection of what the columns leave possible (`columns`); only cells that an index
cannot answer are evaluated, and only in those rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine import feel
from engine.dmn import items
from engine.dmn.columns import Column
from engine.dmn.model import DecisionError, Scope, Session, shown
from engine.feel import values

SINGLE = ("UNIQUE", "ANY", "PRIORITY", "FIRST")
MULTIPLE = ("RULE ORDER", "OUTPUT ORDER", "COLLECT")
MAX_OTHERS = 200  # rules that did not hit and are explained one by one
AGGREGATIONS = {"SUM": "sum", "MIN": "min", "MAX": "max", "COUNT": "count"}


@dataclass(frozen=True, slots=True)
class Input:
    label: str
    expression: feel.Compiled
    type: items.ItemType | None
    allowed: feel.Compiled | None


@dataclass(frozen=True, slots=True)
class Output:
    name: str
    type: items.ItemType | None
    allowed: feel.Compiled | None
    priorities: tuple[Any, ...]
    default: feel.Compiled | None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    tests: tuple[feel.Compiled, ...]
    outputs: tuple[feel.Compiled, ...]
    annotation: str


class Table:
    """A decision table, ready to be evaluated."""

    def __init__(
        self,
        *,
        decision: str,
        name: str,
        policy: str,
        aggregation: str | None,
        inputs: list[Input],
        outputs: list[Output],
        rules: list[Rule],
        names: frozenset[str] = frozenset(),
    ) -> None:
        self.decision = decision
        self.name = name
        self.policy = policy
        self.aggregation = aggregation
        self.inputs = inputs
        self.outputs = outputs
        self.rules = rules
        self.columns = [Column([rule.tests[n] for rule in rules], names) for n in range(len(inputs))]
        self.everything = (1 << len(rules)) - 1
        self.open = [
            tuple((n, column.cells[number]) for n, column in enumerate(self.columns) if number in column.cells)
            for number in range(len(rules))
        ]  # of each rule the cells that have to be evaluated

    def __call__(self, scope: Scope, session: Session) -> Any:
        """The table's value; one entry is added to the session's explanation."""
        given = [self.input_value(each, scope, session) for each in self.inputs]
        hits = []
        for number in self.hit_numbers(given, scope, session):
            hits.append(number)
            if self.policy == "FIRST":
                break
        if self.policy == "UNIQUE" and len(hits) > 1:
            raise self.error("several_rules", f"Expected at most one rule to hit, but {self.listed(hits)} do.")
        results = [self.output_values(self.rules[number], scope, session) for number in hits]
        chosen, value = self.conclude(hits, results, scope, session)
        if session.room.tables > 0:
            session.room.tables -= 1
            self.explain(session, given, hits, results, chosen)
            if session.detail:
                session.explanation[-1] |= self.others(given, hits, scope, session)
        return value

    def error(self, code: str, message: str) -> DecisionError:
        return DecisionError(code, f"Decision {self.decision}: {message}", self.decision)

    def listed(self, hits: list[int]) -> str:
        return "rules " + ", ".join(str(number + 1) for number in hits)

    def input_value(self, column: Input, scope: Scope, session: Session) -> Any:
        value = feel.normal(column.expression.run(scope, session.run))
        if column.type is not None and type(value) is str:
            value = session.fit(value, column.type, column.label, texts=True)
        return self.allowed(value, column.allowed, column.label, {**scope, "?": value}, session)

    def allowed(self, value: Any, tests: feel.Compiled | None, what: str, scope: Scope, session: Session) -> Any:
        """The value, or null with a diagnostic when it is outside the values of its column."""
        if tests is None or value is None or tests.run(scope, session.run) is True:
            return value
        told = f"{self.name}: Expected '{what}' to be one of {tests.text[:80]}, found {values.describe(value)}."
        session.run.note("not_allowed", told, 0)
        return None

    def hit_numbers(self, given: list[Any], scope: Scope, session: Session) -> Iterator[int]:
        """The numbers of the rules that hit, in the table's order."""
        run = session.run
        possible = self.everything
        for column, value in zip(self.columns, given, strict=True):
            possible &= column.possible(value, run)
        run.charge(possible.bit_count())
        # one frame a column serves all its cells: each of them sets what it reads
        frames: list[list[Any] | None] = [None] * len(given)
        places = bin(possible)[:1:-1]
        number = places.find("1")
        while number >= 0:
            for n, code in self.open[number]:
                frame = frames[n]
                if frame is None:
                    frame = frames[n] = [{**scope, "?": given[n]}, run, *[None] * (self.columns[n].size - 2)]
                if code(frame) is not True:
                    break
            else:
                yield number
            number = places.find("1", number + 1)

    def output_values(self, rule: Rule, scope: Scope, session: Session) -> list[Any]:
        found = []
        for output, cell in zip(self.outputs, rule.outputs, strict=True):
            value = session.fit(cell.run(scope, session.run), output.type, output.name or self.name)
            value = self.allowed(value, output.allowed, output.name, {"?": value}, session)
            found.append(value)
        return found

    def boxed(self, result: list[Any]) -> Any:
        """One rule's outputs: the value itself, or a context when there are several."""
        if len(self.outputs) == 1:
            return result[0]
        return {output.name: value for output, value in zip(self.outputs, result, strict=True)}

    def conclude(
        self, hits: list[int], results: list[list[Any]], scope: Scope, session: Session
    ) -> tuple[list[int], Any]:
        """What the hit policy makes of the hits: the rules that count (in the order of the result), and the value."""
        if not hits:
            return [], self.without_hit(scope, session)
        order = range(len(hits))
        if self.policy == "ANY":
            first = values.key(results[0], session.run.charge)
            if any(values.key(each, session.run.charge) != first for each in results[1:]):
                raise self.error("different_outputs", f"Expected the same output, but {self.listed(hits)} differ.")
        if self.policy in ("PRIORITY", "OUTPUT ORDER"):
            order_list = sorted(order, key=lambda n: self.rank(results[n]))
            if self.policy == "PRIORITY":
                return [hits[order_list[0]]], self.boxed(results[order_list[0]])
            return [hits[n] for n in order_list], [self.boxed(results[n]) for n in order_list]
        if self.policy in SINGLE:
            return [hits[0]], self.boxed(results[0])
        found = [self.boxed(each) for each in results]
        return hits, self.aggregate(found, session) if self.aggregation else found

    def without_hit(self, scope: Scope, session: Session) -> Any:
        if any(output.default is not None for output in self.outputs):
            value = self.boxed([self.default_value(each, scope, session) for each in self.outputs])
            return [value] if self.policy in MULTIPLE and not self.aggregation else value
        if self.aggregation == "COUNT":
            return Decimal(0)
        return [] if self.policy in MULTIPLE and not self.aggregation else None

    def default_value(self, output: Output, scope: Scope, session: Session) -> Any:
        if output.default is None:
            return None
        return session.fit(output.default.run(scope, session.run), output.type, output.name)

    def rank(self, result: list[Any]) -> tuple[int, ...]:
        """The place of a result in the order of the output values, column by column."""
        places = []
        for output, value in zip(self.outputs, result, strict=True):
            if not output.priorities:
                continue
            mark = values.key(value)
            places.append(
                next(
                    (n for n, each in enumerate(output.priorities) if values.key(each) == mark), len(output.priorities)
                )
            )
        return tuple(places)

    def aggregate(self, found: list[Any], session: Session) -> Any:
        """`C+ C< C> C#`."""
        name = AGGREGATIONS[self.aggregation or "COUNT"]
        if name == "count":
            return Decimal(len(found))
        return feel.compile_expression(f"{name}(found)").run({"found": found}, session.run)

    def explain(
        self, session: Session, given: list[Any], hits: list[int], results: list[list[Any]], chosen: list[int]
    ) -> None:
        by_number = dict(zip(hits, results, strict=True))
        labels = {output.name or self.name: output.label for output in self.outputs if output.label}
        session.explanation.append(
            {
                "decision": self.decision,
                "table": self.name,
                "hit_policy": self.policy + (f" {self.aggregation}" if self.aggregation else ""),
                "inputs": [
                    {"label": each.label, "value": shown(value)} for each, value in zip(self.inputs, given, strict=True)
                ],
                **({"labels": labels} if labels else {}),
                "rules": [
                    {
                        "index": number + 1,
                        "id": self.rules[number].id,
                        "annotation": self.rules[number].annotation,
                        "inputs": [test.text for test in self.rules[number].tests],
                        "outputs": {
                            output.name or self.name: shown(value)
                            for output, value in zip(self.outputs, by_number[number], strict=True)
                        },
                    }
                    for number in chosen
                ],
            }
        )

    def others(self, given: list[Any], hits: list[int], scope: Scope, session: Session) -> dict[str, Any]:
        """Why the other rules did not hit: of each, the first cell that its input does not fit. Rules that would have
        hit, had one before them not been enough, have no such cell."""
        run = session.run
        contexts = [{**scope, "?": value} for value in given]
        found: list[dict[str, Any]] = []
        run.muted += 1  # what goes wrong in cells that were not needed is nobody's concern
        for number, rule in enumerate(self.rules):
            if number in hits:
                continue
            if len(found) == MAX_OTHERS or session.room.rules == 0:
                break
            session.room.rules -= 1
            failed = next(
                (n for n, test in enumerate(rule.tests) if test.run(contexts[n], run) is not True),
                None,
            )
            found.append(
                {
                    "index": number + 1,
                    "id": rule.id,
                    "annotation": rule.annotation,
                    "input": None if failed is None else self.inputs[failed].label,
                    "value": None if failed is None else shown(given[failed]),
                    "test": None if failed is None else rule.tests[failed].text,
                }
            )
        run.muted -= 1
        return {
            "hits": [number + 1 for number in hits],
            "default": not hits and any(each.default is not None for each in self.outputs),
            "others": found,
            "others_left": len(self.rules) - len(hits) - len(found),
        }
