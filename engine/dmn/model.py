"""Decisions at run time: the graph of requirements, its evaluation, and the explanation of a result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import feel
from engine.dmn import items
from engine.errors import Problem

Scope = dict[str, Any]
Types = Mapping[str, items.ItemType]
NO_TYPES: Types = {}
MAX_REQUIREMENTS = 64


class DecisionError(Exception):
    """A decision has no valid result: two rules of a unique table hit, or a limit was exceeded."""

    def __init__(self, code: str, message: str, decision: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.decision = decision


class Session:
    """One evaluation of a decision with everything it requires."""

    def __init__(self, context: Mapping[str, Any], env: feel.Env | None, types: Types) -> None:
        self.context = dict(context)
        self.run = feel.Run(env or feel.Env(), types)
        self.results: dict[str, Any] = {}
        self.inputs: dict[str, Any] = {}
        self.explanation: list[dict[str, Any]] = []

    def fit(self, value: Any, item: items.ItemType | None, what: str, texts: bool = False) -> Any:
        """The value in its type, or null with a diagnostic."""
        if item is None:
            return value
        try:
            return items.fit(value, item, self.run, texts)
        except feel.Fault as fault:
            self.run.note(fault.code, f"{what}: {fault.message}", 0)
            return None


Boxed = Callable[[Scope, Session], Any]


@dataclass(frozen=True, slots=True)
class Result:
    """`value` of the decision; `explanation`: one entry a decision table, in the order of evaluation, JSON-able;
    `diagnostics`: why parts became null."""

    value: Any
    explanation: list[dict[str, Any]]
    diagnostics: list[feel.Diagnostic]


@dataclass(slots=True)
class InputData:
    id: str
    name: str
    type: items.ItemType | None


@dataclass(slots=True)
class Knowledge:
    """A business knowledge model: a function of the model."""

    id: str
    name: str
    parameters: list[tuple[str, items.ItemType | None]]
    result: items.ItemType | None
    body: Boxed | None = None
    requires: list["Knowledge | Service"] = field(default_factory=list)

    def function(self, session: Session) -> feel.Function:
        names = tuple(name for name, _ in self.parameters)

        def call(run: feel.Run, arguments: list[Any]) -> Any:
            if self.body is None:
                return None
            scope: Scope = {}
            for model in self.requires:
                scope[model.name] = model.function(session)
            scope[self.name] = own
            for (name, item), value in zip(self.parameters, arguments, strict=True):
                scope[name] = session.fit(value, item, name)
            return session.fit(self.body(scope, session), self.result, self.name)

        own = feel.Function(self.name, names, call)
        return own


@dataclass(slots=True)
class Service:
    """A decision service: some decisions of the graph behind one signature."""

    id: str
    name: str
    outputs: list["Decision"] = field(default_factory=list)
    input_decisions: list["Decision"] = field(default_factory=list)
    input_data: list[InputData] = field(default_factory=list)
    type: items.ItemType | None = None
    types: Types = field(default_factory=dict, repr=False)

    @property
    def parameters(self) -> tuple[str, ...]:
        return (*(each.name for each in self.input_data), *(each.name for each in self.input_decisions))

    def function(self, session: Session) -> feel.Function:
        def call(run: feel.Run, arguments: list[Any]) -> Any:
            return self.invoke(dict(zip(self.parameters, arguments, strict=True)), session)

        return feel.Function(self.name, self.parameters, call)

    def invoke(self, values: Mapping[str, Any], outer: Session) -> Any:
        """The outputs for the given inputs; nothing that was decided outside is seen inside."""
        session = Session(values, None, NO_TYPES)
        session.run = outer.run
        session.explanation = outer.explanation
        for decision in self.input_decisions:
            session.results[decision.id] = session.fit(values.get(decision.name), decision.type, decision.name, True)
        found = {each.name: each.value(session) for each in self.outputs}
        value = next(iter(found.values())) if len(self.outputs) == 1 else found
        return session.fit(value, self.type, self.name)

    def evaluate(self, context: Mapping[str, Any], env: feel.Env | None = None) -> Result:
        """The service's result for a context that holds its inputs."""
        return _finish(Session(context, env, self.types), lambda session: self.invoke(context, session), self.id)


@dataclass(slots=True, eq=False)
class Decision:
    """One decision and what it requires."""

    id: str
    label: str
    name: str  # of its variable: how other decisions call the result
    type: items.ItemType | None
    logic: Boxed | None = None
    inputs: list[InputData] = field(default_factory=list)
    decisions: list["Decision"] = field(default_factory=list)
    knowledge: list[Knowledge | Service] = field(default_factory=list)
    own_variables: frozenset[str] = frozenset()
    question: str = ""
    types: Types = field(default_factory=dict, repr=False)

    @property
    def variables(self) -> frozenset[str]:
        """The names that the decision and those it requires read from the context."""
        found = self.own_variables | {each.name for each in self.inputs}
        return found.union(*(each.variables for each in self.decisions))

    def evaluate(self, context: Mapping[str, Any], env: feel.Env | None = None) -> Result:
        """Decide: the value, why, and what went wrong on the way. DecisionError when there is no valid result."""
        return _finish(Session(context, env, self.types), self.value, self.id)

    def value(self, session: Session) -> Any:
        """The value within an evaluation: each decision of the graph is evaluated once."""
        if self.id in session.results:
            return session.results[self.id]
        scope = dict(session.context)
        for each in self.inputs:
            scope[each.name] = self._input(each, session)
        for decision in self.decisions:
            scope[decision.name] = decision.value(session)
        for model in self.knowledge:
            scope[model.name] = model.function(session)
        found = self.logic(scope, session) if self.logic is not None else None
        found = session.fit(found, self.type, self.label)
        session.results[self.id] = found
        return found

    def _input(self, data: InputData, session: Session) -> Any:
        if data.id not in session.inputs:
            value = session.context.get(data.name)
            session.inputs[data.id] = session.fit(value, data.type, data.name, texts=True)
        return session.inputs[data.id]


@dataclass(slots=True)
class Definitions:
    """A decision model: what can be decided, by id or by name."""

    name: str
    hash: str
    decisions: list[Decision]
    services: list[Service]
    inputs: list[InputData]
    problems: list[Problem] = field(default_factory=list)  # only of a model that was read leniently

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.decisions]

    def decision(self, id_or_name: str) -> Decision:
        """The decision with this id, else with this name. KeyError when there is none."""
        for each in self.decisions:
            if each.id == id_or_name:
                return each
        for each in self.decisions:
            if id_or_name in (each.label, each.name):
                return each
        raise KeyError(id_or_name)

    def service(self, id_or_name: str) -> Service:
        """The decision service with this id or name. KeyError when there is none."""
        for each in self.services:
            if id_or_name in (each.id, each.name):
                return each
        raise KeyError(id_or_name)


def _finish(session: Session, decide: Callable[[Session], Any], decision: str) -> Result:
    try:
        value = decide(session)
    except feel.FeelLimitError as error:
        raise DecisionError("limit", str(error), decision) from error
    except RecursionError:
        raise DecisionError("limit", "The decision needs deeper recursion than the machine allows.", decision) from None
    return Result(value, session.explanation, session.run.diagnostics)


def shown(value: Any) -> Any:
    """A value for the explanation: as JSON, or its kind where it has no such form."""
    try:
        return feel.to_json(value)
    except feel.FeelError:
        return f"<{feel.kind(value)}>"
