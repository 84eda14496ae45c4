"""Decisions at run time: the graph of requirements, its evaluation, and the explanation of a result."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from engine import feel
from engine.dmn import items
from engine.errors import Problem

Scope = dict[str, Any]
Types = Mapping[str, items.ItemType]
NO_TYPES: Types = {}
MAX_REQUIREMENTS = 64
LOCAL: tuple[tuple[str, ...], ...] = ((),)

N = TypeVar("N", bound="InputData | Decision | Knowledge | Service", covariant=True)


class DecisionError(Exception):
    """A decision has no valid result: two rules of a unique table hit, or a limit was exceeded."""

    def __init__(self, code: str, message: str, decision: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.decision = decision


@dataclass(slots=True)
class Room:
    """How much may still be explained: a table that is asked in a loop must not fill the memory."""

    tables: int = 1_000
    rules: int = 10_000  # that did not hit


class Session:
    """One evaluation of a decision with everything it requires. `detail`: explain the steps too, and the rules that
    did not hit."""

    def __init__(
        self, context: Mapping[str, Any], env: feel.Env | None, types: Types, run: feel.Run | None = None
    ) -> None:
        # numbers once, not whenever an expression reads them
        self.context = {
            name: feel.normal(value) if type(value) in (int, float) else value for name, value in context.items()
        }
        self.run = run or feel.Run(env or feel.Env(), types)
        self.results: dict[Decision, Any] = {}
        self.inputs: dict[InputData, Any] = {}
        self.explanation: list[dict[str, Any]] = []
        self.detail = False
        self.room = Room()

    def fit(self, value: Any, item: items.ItemType | None, what: str, texts: bool = False) -> Any:
        """The value in its type, or null with a diagnostic."""
        if item is None:
            return value
        try:
            return items.fit(value, item, self.run, texts)
        except feel.Fault as fault:
            self.run.note(fault.code, f"{what}: {fault.message}", 0)
            return None

    def argument(self, value: Any, item: items.ItemType | None, what: str, texts: bool = False) -> Any:
        """An argument in the type of its parameter; a Fault when it does not fit: then the function is not called, and
        what it would have given is null."""
        try:
            return value if item is None else items.fit(value, item, self.run, texts)
        except feel.Fault as fault:
            raise feel.Fault(fault.code, f"{what}: {fault.message}") from None

    def within(self, values: Mapping[str, Any]) -> "Session":
        """An evaluation inside this one that sees nothing of it: of a decision service."""
        inner = Session(values, None, NO_TYPES, self.run)
        inner.explanation, inner.detail, inner.room = self.explanation, self.detail, self.room
        return inner

    def step(self, node: "Decision", used: list[tuple["Link[Any]", Any]], value: Any, since: int) -> None:
        """Explain one decision: what it was given, its value, and what its tables and services did."""
        done = self.explanation[since:]
        self.explanation[since:] = [
            {
                "decision": node.id,
                "name": node.label,
                "value": shown(value),
                "requires": [
                    {"name": link.name, "kind": link.node.KIND, "value": shown(found)} for link, found in used
                ],
                "tables": [each for each in done if "table" in each],
                "services": [each for each in done if "table" not in each],
            }
        ]


Boxed = Callable[[Scope, Session], Any]


@dataclass(frozen=True, slots=True)
class Result:
    """`value` of the decision; `explanation`: one entry a decision table, in the order of evaluation, JSON-able;
    `diagnostics`: why parts became null."""

    value: Any
    explanation: list[dict[str, Any]]
    diagnostics: list[feel.Diagnostic]


@dataclass(frozen=True, slots=True)
class Link(Generic[N]):
    """A requirement: the element, and the names of the imports by which it is reached."""

    node: N
    path: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return ".".join((*self.path, self.node.name))

    @property
    def root(self) -> str:
        """The first part of the name: what is free in an expression that uses it."""
        return self.path[0] if self.path else self.node.name


def scope_of(base: Mapping[str, Any], used: Iterable[tuple[Link[Any], Any]]) -> Scope:
    """The names that an expression sees: elements of imported models are entries of a context with the import's
    name."""
    found = dict(base)
    imported: Scope = {}
    for link, value in used:
        if not link.path:
            found[link.node.name] = value
            continue
        here = imported
        for step in link.path:
            here = here.setdefault(step, {})
        here[link.node.name] = value
    found.update(imported)
    return found


def given(context: Mapping[str, Any], name: str, paths: Iterable[tuple[str, ...]]) -> Any:
    """A value from the caller's context. Of an imported model it is looked for inside contexts with the names of the
    imports, else under its dotted name, else under its own name."""
    for path in paths:
        here: Any = context
        for step in path:
            here = here.get(step) if isinstance(here, Mapping) else None
        if isinstance(here, Mapping) and name in here:
            return here[name]
        dotted = ".".join((*path, name))
        if dotted in context:
            return context[dotted]
    return context.get(name)


@dataclass(slots=True, eq=False)
class InputData:
    KIND = "input"

    id: str
    name: str
    type: items.ItemType | None
    paths: tuple[tuple[str, ...], ...] = LOCAL  # the imports that lead here from the model that was read

    def value(self, session: Session) -> Any:
        if self not in session.inputs:
            found = given(session.context, self.name, self.paths)
            session.inputs[self] = session.fit(found, self.type, self.name, texts=True)
        return session.inputs[self]


@dataclass(slots=True, eq=False)
class Knowledge:
    """A business knowledge model: a function of the model."""

    KIND = "knowledge"

    id: str
    name: str
    parameters: list[tuple[str, items.ItemType | None]]
    result: items.ItemType | None
    body: Boxed | None = None
    requires: list["Link[Knowledge | Service]"] = field(default_factory=list)
    types: Types = field(default_factory=dict, repr=False)
    paths: tuple[tuple[str, ...], ...] = LOCAL

    def function(self, session: Session) -> feel.Function:
        names = tuple(name for name, _ in self.parameters)

        def call(run: feel.Run, arguments: list[Any]) -> Any:
            if self.body is None:
                return None
            scope = scope_of({}, [(link, link.node.function(session)) for link in self.requires])
            scope[self.name] = own
            outer, run.types = run.types, self.types
            try:
                for (name, item), value in zip(self.parameters, arguments, strict=True):
                    scope[name] = session.argument(value, item, name)
                return session.fit(self.body(scope, session), self.result, self.name)
            finally:
                run.types = outer

        own = feel.Function(self.name, names, call)
        return own

    def evaluate(self, context: Mapping[str, Any], env: feel.Env | None = None, detail: bool = False) -> Result:
        """The function's result for a context that holds its parameters."""

        def call(session: Session) -> Any:
            arguments = [context.get(name) for name, _ in self.parameters]
            try:
                return feel.call_function(session.run, self.function(session), arguments)
            except feel.Fault as fault:
                session.run.note(fault.code, fault.message, 0)
                return None

        return _finish(Session(context, env, self.types), call, self.id, detail)


@dataclass(slots=True, eq=False)
class Service:
    """A decision service: some decisions of the graph behind one signature."""

    KIND = "service"

    id: str
    name: str
    outputs: list["Link[Decision]"] = field(default_factory=list)
    input_decisions: list["Link[Decision]"] = field(default_factory=list)
    input_data: list[Link[InputData]] = field(default_factory=list)
    type: items.ItemType | None = None
    types: Types = field(default_factory=dict, repr=False)
    paths: tuple[tuple[str, ...], ...] = LOCAL

    @property
    def parameters(self) -> tuple[str, ...]:
        return (*(each.name for each in self.input_data), *(each.name for each in self.input_decisions))

    def function(self, session: Session) -> feel.Function:
        def call(run: feel.Run, arguments: list[Any]) -> Any:
            inputs: list[Link[Any]] = [*self.input_data, *self.input_decisions]
            fitting = [
                session.argument(value, each.node.type, each.name, True)
                for each, value in zip(inputs, arguments, strict=True)
            ]
            return self.invoke(dict(zip(self.parameters, fitting, strict=True)), session)

        return feel.Function(self.name, self.parameters, call)

    def invoke(self, values: Mapping[str, Any], outer: Session) -> Any:
        """The outputs for the given inputs; nothing that was decided outside is seen inside."""
        session = outer.within(values)
        for link in self.input_data:
            data = link.node
            session.inputs[data] = session.fit(values.get(link.name), data.type, link.name, True)
        for each in self.input_decisions:
            found = session.fit(values.get(each.name), each.node.type, each.name, True)
            session.results[each.node] = found
        outputs = {each.node.name: each.node.value(session) for each in self.outputs}
        value = next(iter(outputs.values())) if len(self.outputs) == 1 else outputs
        return session.fit(value, self.type, self.name)

    def evaluate(self, context: Mapping[str, Any], env: feel.Env | None = None, detail: bool = False) -> Result:
        """The service's result for a context that holds its inputs."""
        values = dict(context)
        inputs: list[Link[Any]] = [*self.input_data, *self.input_decisions]
        for each in inputs:
            values[each.name] = given(context, each.node.name, each.node.paths)
        return _finish(Session(context, env, self.types), lambda run: self.invoke(values, run), self.id, detail)


@dataclass(slots=True, eq=False)
class Decision:
    """One decision and what it requires."""

    KIND = "decision"

    id: str
    label: str
    name: str  # of its variable: how other decisions call the result
    type: items.ItemType | None
    logic: Boxed | None = None
    inputs: list[Link[InputData]] = field(default_factory=list)
    decisions: list["Link[Decision]"] = field(default_factory=list)
    knowledge: list[Link[Knowledge | Service]] = field(default_factory=list)
    own_variables: frozenset[str] = frozenset()
    question: str = ""
    types: Types = field(default_factory=dict, repr=False)
    paths: tuple[tuple[str, ...], ...] = LOCAL

    @property
    def variables(self) -> frozenset[str]:
        """The names that the decision and those it requires read from the context."""
        found: set[str] = set()
        seen: set[Decision] = {self}
        waiting = [self]
        while waiting:
            here = waiting.pop()
            found |= here.own_variables
            found |= {each.node.name for each in here.inputs}
            fresh = [each.node for each in here.decisions if each.node not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
        return frozenset(found)

    def evaluate(self, context: Mapping[str, Any], env: feel.Env | None = None, detail: bool = False) -> Result:
        """Decide: the value, why, and what went wrong on the way. DecisionError when there is no valid result.

        `detail`: the explanation has one entry a decision, with what it required and why each rule did not hit.
        """
        return _finish(Session(context, env, self.types), self.value, self.id, detail)

    def value(self, session: Session) -> Any:
        """The value within an evaluation: each decision of the graph is evaluated once."""
        if self in session.results:
            return session.results[self]
        run = session.run
        used: list[tuple[Link[Any], Any]] = [(each, each.node.value(session)) for each in self.inputs]
        used += [(each, each.node.value(session)) for each in self.decisions]
        used += [(each, each.node.function(session)) for each in self.knowledge]
        since = len(session.explanation)
        outer, run.types = run.types, self.types
        try:
            # a decision without logic is made elsewhere: its value may be handed in like an input's
            if self.logic is not None:
                found = self.logic(scope_of(session.context, used), session)
                found = session.fit(found, self.type, self.label)
            else:
                found = given(session.context, self.name, self.paths)
                found = session.fit(found, self.type, self.label, texts=True)
        finally:
            run.types = outer
        session.results[self] = found
        if session.detail:
            session.step(self, used, found, since)
        return found


Invocable = Decision | Service | Knowledge


@dataclass(slots=True)
class Definitions:
    """A decision model: what can be decided, by id or by name. `exported`: what stands in models that are imported
    without a name, and counts as part of this one."""

    name: str
    hash: str
    decisions: list[Decision]
    services: list[Service]
    inputs: list[InputData]
    problems: list[Problem] = field(default_factory=list)  # only of a model that was read leniently
    knowledge: list[Knowledge] = field(default_factory=list)
    exported: list[InputData | Invocable] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.decisions]

    def decision(self, id_or_name: str) -> Decision:
        """The decision with this id, else with this name. KeyError when there is none."""
        decisions = [*self.decisions, *(each for each in self.exported if isinstance(each, Decision))]
        for each in decisions:
            if each.id == id_or_name:
                return each
        for each in decisions:
            if id_or_name in (each.label, each.name):
                return each
        raise KeyError(id_or_name)

    def service(self, id_or_name: str) -> Service:
        """The decision service with this id or name. KeyError when there is none."""
        return _named(id_or_name, [*self.services, *(each for each in self.exported if isinstance(each, Service))])

    def invocable(self, id_or_name: str) -> Invocable:
        """What can be evaluated under this id or name: a decision, else a service, else a knowledge model."""
        try:
            return self.decision(id_or_name)
        except KeyError:
            rest: list[Invocable] = [*self.services, *self.knowledge]
            return _named(id_or_name, [*rest, *(each for each in self.exported if not isinstance(each, InputData))])


I_ = TypeVar("I_", bound=Invocable)


def _named(id_or_name: str, among: list[I_]) -> I_:
    for each in among:
        if id_or_name in (each.id, each.name):
            return each
    raise KeyError(id_or_name)


def _finish(session: Session, decide: Callable[[Session], Any], decision: str, detail: bool) -> Result:
    session.detail = detail
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
