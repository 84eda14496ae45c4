"""Boxed expressions: from XML elements to closures over a scope and a session.

Each reader gets the element and the names that are visible there; FEEL needs them, because names may hold blanks.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from engine import feel
from engine.dmn import items, tables
from engine.dmn.documents import Element, child, children, identity, local, text_of
from engine.dmn.model import Boxed, Scope, Session
from engine.errors import Problem

Names = frozenset[str]

HIT_POLICIES = {
    "U": "UNIQUE",
    "A": "ANY",
    "P": "PRIORITY",
    "F": "FIRST",
    "R": "RULE ORDER",
    "O": "OUTPUT ORDER",
    "C": "COLLECT",
}
SYMBOLS = {"+": "SUM", "<": "MIN", ">": "MAX", "#": "COUNT"}


@dataclass(slots=True)
class Compilation:
    """Reads one model: collects problems, resolves types, compiles FEEL."""

    file: str
    types: items.Types = field(default_factory=items.Types)
    problems: list[Problem] = field(default_factory=list)
    variables: set[str] = field(default_factory=set)  # free names of the decision under way

    def problem(self, element: Element, code: str, message: str, **params: Any) -> None:
        self.problems.append(Problem(self.file, identity(element), code, message, params))

    def type(self, element: Element, ref: str | None, strict: bool = True) -> items.ItemType | None:
        """The type of a reference; None (anything) when there is no reference."""
        if not ref or not ref.strip():
            return None
        ref = ref.strip()
        found = self.types.get(ref)
        if found is not None:
            return found
        prefix, _, plain = ref.rpartition(":")
        space = self.types.spaces.get(element.nsmap.get(prefix) or "") if prefix else None
        found = (space.get(plain) if space is not None else None) or self.types.get(plain)
        if found is not None:
            return found
        base = items.simple(ref) or items.simple(plain)
        if base is None and not strict:
            return None
        if base is None:
            self.problem(element, "unknown_type", f"Expected a known type, found '{ref}'.", type=ref)
            return None
        return None if base == "Any" else items.ItemType(base, base)

    def type_ref(self, element: Element | None) -> items.ItemType | None:
        """The type named by an attribute (1.2+) or a child (1.1)."""
        if element is None:
            return None
        inner = child(element, "typeRef")
        return self.type(element, inner.text if inner is not None else element.get("typeRef"))

    def feel(self, element: Element, text: str, names: Names, tests: bool = False) -> feel.Compiled:
        """Compiled FEEL; a text that is not FEEL is a problem and counts as null."""
        try:
            found = feel.compile_unary_tests(text, names) if tests else feel.compile_expression(text, names)
        except feel.FeelSyntaxError as error:
            self.problem(element, "feel_syntax", str(error), position=error.position, text=text, reason=error.message)
        except feel.FeelLimitError as error:
            self.problem(element, "feel_limit", str(error), text=text[:200], reason=str(error))
        else:
            self.variables |= found.variables
            return found
        return feel.compile_expression("null")

    @contextmanager
    def hiding(self, *names: str) -> Iterator[None]:
        """Names that are declared here are not free outside."""
        outer, self.variables = self.variables, set()
        yield
        self.variables = outer | (self.variables - set(names))

    def language(self, element: Element) -> None:
        found = element.get("expressionLanguage")
        if found and "feel" not in found.lower():
            self.problem(element, "expression_language", f"Expected FEEL, found '{found}'.", language=found)

    # expressions

    def expression(self, parent: Element, names: Names) -> Boxed | None:
        """The boxed expression inside an element; None when there is none."""
        for each in parent:
            if local(each) in READERS:
                return self.one(each, names)
        return None

    def one(self, element: Element, names: Names) -> Boxed:
        """One boxed expression; its result is brought into the type that it names, if it names one."""
        boxed = READERS[local(element)](self, element, names)
        # editors leave types here that are no longer defined; the variable's type is the one that has to be right
        item = self.type(element, element.get("typeRef"), strict=False)
        if item is None or local(element) == "functionDefinition":
            return boxed
        what = element.get("label") or local(element)
        return lambda scope, session: session.fit(boxed(scope, session), item, what)

    def required(self, parent: Element, names: Names, what: str) -> Boxed:
        found = self.expression(parent, names)
        if found is None:
            self.problem(parent, "expression_missing", f"Expected an expression in {what}.", where=what)
            return lambda scope, session: None
        return found

    def inner(self, element: Element, tag: str, names: Names) -> Boxed:
        """The expression inside a child element such as `if` or `return`."""
        found = child(element, tag)
        if found is None:
            self.problem(element, "expression_missing", f"Expected a '{tag}' element.", where=tag)
            return lambda scope, session: None
        return self.required(found, names, f"'{tag}'")

    def literal(self, element: Element, names: Names) -> Boxed:
        self.language(element)
        text = text_of(element)
        if not text:
            if child(element, "importedValues") is not None:
                self.problem(element, "imported_values", "Imported values are not supported.")
            return lambda scope, session: None
        compiled = self.feel(element, text, names)
        return lambda scope, session: compiled.run(scope, session.run)

    def context(self, element: Element, names: Names) -> Boxed:
        entries: list[tuple[str | None, items.ItemType | None, Boxed]] = []
        declared: set[str] = set()
        outer = self.variables
        for entry in children(element, "contextEntry"):
            variable = child(entry, "variable")
            name = variable.get("name") if variable is not None else None
            self.variables = set()
            entries.append((name, self.type_ref(variable), self.required(entry, names, "the context entry")))
            outer |= self.variables - declared
            if name:
                declared.add(name)
                names = names if name in names else names | {name}
        self.variables = outer

        def build(scope: Scope, session: Session) -> Any:
            here = dict(scope)
            result: dict[str, Any] = {}
            for name, item, boxed in entries:
                value = session.fit(boxed(here, session), item, name or "result")
                if name is None:
                    return value
                here[name] = result[name] = value
            return result

        return build

    def invocation(self, element: Element, names: Names) -> Boxed:
        called = self.required(element, names, "the invocation")
        bindings: list[tuple[str, Boxed]] = []
        for binding in children(element, "binding"):
            parameter = child(binding, "parameter")
            name = parameter.get("name") if parameter is not None else None
            if not name:
                self.problem(binding, "parameter_missing", "Expected the name of a parameter.")
                continue
            bindings.append((name, self.expression(binding, names) or (lambda scope, session: None)))

        def invoke(scope: Scope, session: Session) -> Any:
            function = called(scope, session)
            given = {name: boxed(scope, session) for name, boxed in bindings}
            if not isinstance(function, feel.Function):
                session.run.note("no_function", f"Expected a function, found a {feel.kind(function)}.", 0)
                return None
            if function.parameters != ("...",) and set(given) != set(function.parameters):
                session.run.note("wrong_arguments", f"Expected the arguments {', '.join(function.parameters)}.", 0)
                return None
            order = given if function.parameters == ("...",) else function.parameters
            return call(session, function, [given[name] for name in order])

        return invoke

    def relation(self, element: Element, names: Names) -> Boxed:
        columns = [(each.get("name") or "", self.type_ref(each)) for each in children(element, "column")]
        rows = []
        for row in children(element, "row"):
            cells = [self.one(each, names) for each in row if local(each) in READERS]
            if len(cells) != len(columns):
                self.problem(row, "row_length", f"Expected {len(columns)} cells in the row, found {len(cells)}.")
            rows.append(cells)

        def build(scope: Scope, session: Session) -> Any:
            session.run.check_list(len(rows))
            return [
                {
                    name: session.fit(cell(scope, session), item, name)
                    for (name, item), cell in zip(columns, row, strict=False)
                }
                for row in rows
            ]

        return build

    def elements(self, element: Element, names: Names) -> Boxed:
        cells = [self.one(each, names) for each in element if local(each) in READERS]
        return lambda scope, session: [cell(scope, session) for cell in cells]

    def parameters(self, element: Element) -> list[tuple[str, items.ItemType | None]]:
        return [(each.get("name") or "", self.type_ref(each)) for each in children(element, "formalParameter")]

    def function(self, element: Element, names: Names) -> Boxed:
        self.function_kind(element)
        parameters = self.parameters(element)
        inside = tuple(name for name, _ in parameters)
        with self.hiding(*inside):
            body = self.required(element, names | set(inside), "the function")

        def define(scope: Scope, session: Session) -> feel.Function:
            def run_body(run: feel.Run, arguments: Iterable[Any]) -> Any:
                here = dict(scope)
                for (name, item), value in zip(parameters, arguments, strict=True):
                    here[name] = session.argument(value, item, name)
                return body(here, session)

            return feel.Function("", inside, run_body)

        return define

    def function_kind(self, element: Element) -> None:
        if (element.get("kind") or "FEEL") != "FEEL":
            self.problem(element, "function_kind", f"Expected a function in FEEL, found {element.get('kind')}.")

    def conditional(self, element: Element, names: Names) -> Boxed:
        condition, then, otherwise = (self.inner(element, tag, names) for tag in ("if", "then", "else"))
        return lambda scope, session: (then if condition(scope, session) is True else otherwise)(scope, session)

    def filter(self, element: Element, names: Names) -> Boxed:
        source = self.inner(element, "in", names)
        with self.hiding("item"):
            match = self.inner(element, "match", names | {"item"})

        def select(scope: Scope, session: Session) -> Any:
            values = source(scope, session)
            if values is None:
                return None
            kept = []
            for each in values if type(values) is list else [values]:
                session.run.charge(2)
                value = feel.normal(each)
                here = {**scope, "item": value, **(value if type(value) is dict else {})}
                if match(here, session) is True:
                    kept.append(value)
            return kept

        return select

    def iterator(self, element: Element, names: Names) -> Boxed:
        """`for`, `some` and `every`."""
        name = element.get("iteratorVariable") or ""
        kind = local(element)
        source = self.inner(element, "in", names)
        inside = names | {name, "partial"}
        with self.hiding(name, "partial"):
            body = self.inner(element, "return" if kind == "for" else "satisfies", inside)
        # the values to go through are FEEL's business: a list, a range of numbers or of days
        walk = feel.compile_expression("for each in source return each")

        def turns(scope: Scope, session: Session) -> Any:
            values = walk.run({"source": source(scope, session)}, session.run)
            if values is None:
                return None
            results: list[Any] = []
            for each in values:
                session.run.charge(2)
                here = {**scope, name: feel.normal(each)}
                if kind == "for":
                    here["partial"] = results[:]
                results.append(body(here, session))
            if kind == "for":
                return results
            decisive = kind == "some"
            if any(each is decisive for each in results):
                return decisive
            return None if any(type(each) is not bool for each in results) else not decisive

        return turns

    # decision tables

    def table(self, element: Element, names: Names) -> Boxed:
        policy = (element.get("hitPolicy") or "UNIQUE").strip().upper()
        aggregation = (element.get("aggregation") or "").strip().upper() or None
        if policy[:1] in HIT_POLICIES and len(policy) <= 2:
            policy, aggregation = HIT_POLICIES[policy[0]], SYMBOLS.get(policy[1:], aggregation)
        if policy not in (*tables.SINGLE, *tables.MULTIPLE):
            self.problem(element, "hit_policy", f"Expected a known hit policy, found '{policy}'.")
        if aggregation is not None and (policy != "COLLECT" or aggregation not in tables.AGGREGATIONS):
            self.problem(
                element, "aggregation", f"Expected COLLECT with SUM, MIN, MAX or COUNT, found {policy} {aggregation}."
            )
            aggregation = None
        if aggregation is not None and len(children(element, "output")) > 1:
            # DMN 1.5 section 8.2.10: the operators are undefined over several outputs
            self.problem(element, "aggregation_outputs", f"Expected one output, to which {aggregation} can be applied.")
        inputs = [self.table_input(each, names) for each in children(element, "input")]
        outputs = [self.table_output(each, element, names) for each in children(element, "output")]
        if not outputs:
            self.problem(element, "output_missing", "Expected at least one output.")
        if len(outputs) > 1 and (
            "" in {each.name for each in outputs} or len({each.name for each in outputs}) < len(outputs)
        ):
            self.problem(element, "output_names", "Expected a name of its own for each of several outputs.")
        if policy in ("PRIORITY", "OUTPUT ORDER") and outputs and not any(each.priorities for each in outputs):
            self.problem(element, "output_values", f"Expected output values, which {policy} orders by.")
        rules = [self.rule(each, len(inputs), len(outputs), names) for each in children(element, "rule")]
        owner = element.getparent()
        while local(owner) not in ("decision", "businessKnowledgeModel", "definitions"):
            owner = owner.getparent()
        return tables.Table(
            decision=owner.get("id") or owner.get("name") or "",
            name=element.get("outputLabel") or owner.get("name") or "",
            policy=policy,
            aggregation=aggregation,
            inputs=inputs,
            outputs=outputs,
            rules=[each for each in rules if each is not None],
            names=names,
        )

    def table_input(self, element: Element, names: Names) -> tables.Input:
        expression = child(element, "inputExpression")
        text = text_of(expression)
        if not text:
            self.problem(element, "expression_missing", "Expected an input expression.", where="input")
            text = "null"
        if expression is not None:
            self.language(expression)
        allowed = text_of(child(element, "inputValues"))
        return tables.Input(
            label=element.get("label") or text,
            expression=self.feel(element, text, names),
            type=self.type_ref(expression),
            allowed=self.feel(element, allowed, names, tests=True) if allowed else None,
        )

    def table_output(self, element: Element, table: Element, names: Names) -> tables.Output:
        item = self.type_ref(element)
        allowed_text = text_of(child(element, "outputValues"))
        allowed = self.feel(element, allowed_text, names, tests=True) if allowed_text else None
        default = text_of(child(element, "defaultOutputEntry"))
        name = element.get("name") or ""
        priorities = items.constants(allowed) if allowed is not None else []
        if not priorities:
            whole = self.result_type(table)
            for each in (item, whole.component(name) if whole is not None else None, whole):
                priorities = priorities or (each.values() if each is not None else [])
        return tables.Output(
            name=name,
            type=item,
            allowed=allowed,
            priorities=tuple(priorities),
            default=self.feel(element, default, names) if default else None,
            label=element.get("label") or "",
        )

    def result_type(self, table: Element) -> items.ItemType | None:
        """The type of the table, or of the decision, function or entry that it is the logic of."""
        owner = table.getparent()
        if local(owner) == "encapsulatedLogic":
            owner = owner.getparent()
        variable = child(owner, "variable")
        ref = table.get("typeRef") or (variable.get("typeRef") if variable is not None else None)
        found = self.type(table, ref, strict=False)
        return found.result or found if found is not None else None

    def rule(self, element: Element, inputs: int, outputs: int, names: Names) -> tables.Rule | None:
        tests = children(element, "inputEntry")
        results = children(element, "outputEntry")
        if len(tests) != inputs or len(results) != outputs:
            self.problem(
                element,
                "rule_length",
                f"Expected {inputs} input and {outputs} output cells, found {len(tests)} and {len(results)}.",
            )
            return None
        annotations = [text_of(each) for each in children(element, "annotationEntry")]
        description = child(element, "description")
        if not any(annotations) and description is not None:
            annotations = ["".join(description.itertext()).strip()]
        return tables.Rule(
            id=element.get("id") or "",
            tests=tuple(self.feel(each, text_of(each), names | {"?"}, tests=True) for each in tests),
            outputs=tuple(self.feel(each, text_of(each) or "null", names) for each in results),
            annotation="; ".join(each for each in annotations if each),
        )


def call(session: Session, function: feel.Function, arguments: list[Any]) -> Any:
    """Call a function; arguments that do not fit give null and a diagnostic."""
    try:
        return feel.call_function(session.run, function, arguments)
    except feel.Fault as fault:
        session.run.note(fault.code, fault.message, 0)
        return None


READERS: dict[str, Callable[[Compilation, Element, Names], Boxed]] = {
    "literalExpression": Compilation.literal,
    "decisionTable": Compilation.table,
    "context": Compilation.context,
    "invocation": Compilation.invocation,
    "relation": Compilation.relation,
    "list": Compilation.elements,
    "functionDefinition": Compilation.function,
    "conditional": Compilation.conditional,
    "filter": Compilation.filter,
    "for": Compilation.iterator,
    "some": Compilation.iterator,
    "every": Compilation.iterator,
}
