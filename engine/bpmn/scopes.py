"""Variables and expressions: what a token sees, where a value is written, and what counts as a failed expression.

As in Camunda 8: every scope (process, sub-process, child of a multi-instance, activity with input mappings) has
variables of its own; reading goes up the chain, writing goes to the nearest scope that has the name, else to the
outermost. A called process sees nothing of its caller but what was passed to it.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine import feel
from engine.bpmn.definition import Element, Value
from engine.bpmn.faults import Fault
from engine.bpmn.state import Host, Token, ordered, plain

if TYPE_CHECKING:
    from engine.bpmn.run import Run


def chain(run: "Run", token: Token, inside: bool = False) -> Iterator[Token]:
    """The token and the scopes whose variables it sees, innermost first; `inside`: as seen by what moves within it."""
    yield token
    if inside and token.called is not None:
        return
    scope = run.around(token)
    while scope is not None:
        yield scope
        if scope.called is not None:
            return
        scope = run.around(scope)


def counters(host: Host) -> dict[str, int]:
    """The attributes of a multi-instance (BPMN table 10.30), also under the names of Camunda 8."""
    values = (host.total, host.active, host.completed, host.terminated)
    names = ("Instances", "ActiveInstances", "CompletedInstances", "TerminatedInstances")
    return {f"{prefix}{n}": v for prefix in ("nrOf", "numberOf") for n, v in zip(names, values, strict=True)}


def context(
    run: "Run", expression: feel.Compiled, token: Token, extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The values of the names that an expression reads."""
    names = (
        expression.variables | expression.possible_variables if expression.possible_variables else expression.variables
    )
    found: dict[str, Any] = {}
    if not names:
        return found
    missing = set(names)
    if extra:
        for name in names & extra.keys():
            found[name] = extra[name]
            missing.discard(name)
    for frame in chain(run, token):
        if not missing:
            break
        values = frame.variables
        if values:
            for name in missing & values.keys():
                found[name] = plain(values[name])
                missing.discard(name)
        if missing and frame.host is not None:
            numbers = counters(frame.host)
            for name in missing & numbers.keys():
                found[name] = numbers[name]
                missing.discard(name)
    return found


def everything(run: "Run", token: Token) -> dict[str, Any]:
    """All variables that a token sees."""
    found: dict[str, Any] = {}
    for frame in reversed(list(chain(run, token))):
        found.update(frame.values())
    return found


def evaluate(run: "Run", expression: feel.Compiled, token: Token, extra: Mapping[str, Any] | None = None) -> Any:
    """The FEEL value of an expression as a token sees it; exceeding a limit of FEEL is a fault."""
    try:
        return expression.evaluate(context(run, expression, token, extra), run.feel_env)
    except feel.FeelError as error:
        raise Fault("feel", f"{expression.text}: {error}") from None


def value(run: "Run", given: Value | None, token: Token) -> Any:
    """The FEEL value of a literal or an expression."""
    if given is None or isinstance(given, str):
        return given
    return evaluate(run, given, token)


def stored(run: "Run", given: Value, token: Token, extra: Mapping[str, Any] | None = None) -> Any:
    """The same as JSON, for a variable."""
    if isinstance(given, str):
        return given
    return as_json(evaluate(run, given, token, extra), given.text)


def as_json(result: Any, where: str) -> Any:
    """A FEEL value as JSON; a function or an endless number cannot be kept."""
    if result is None or isinstance(result, str | bool):
        return result
    try:
        return ordered(feel.to_json(result))
    except feel.FeelError as error:
        raise Fault("not_storable", f"{where}: {error}") from None


def boolean(
    run: "Run", expression: feel.Compiled, token: Token, what: str, extra: Mapping[str, Any] | None = None
) -> bool:
    """A condition: true or false, anything else is a fault that says why."""
    result = evaluate(run, expression, token, extra)
    if result is True or result is False:
        return bool(result)
    _, diagnostics = expression.trace(context(run, expression, token, extra), run.feel_env)
    reason = "; ".join(d.message for d in diagnostics[:3])
    found = f"{feel.kind(result)}: {expression.text}{f' ({reason})' if reason else ''}"
    raise Fault("not_boolean", f"Expected true or false from {what}, found {found}")


def text(run: "Run", given: Value | None, token: Token, what: str) -> str:
    """A name or a key: a string that is not empty, or a number."""
    result = value(run, given, token)
    if isinstance(result, str) and result:
        return result
    if feel.kind(result) == "number":
        return f"{feel.to_json(result)}"
    raise Fault("not_text", f"Expected a text as {what}, found {feel.kind(result)}.")


def write(run: "Run", token: Token, name: str, new: Any, inside: bool = False) -> None:
    """Set a variable where it is declared, seen from a token, else in the outermost scope."""
    frame = token
    for frame in chain(run, token, inside):
        if frame.variables is not None and name in frame.variables:
            break
    declare(run, frame, name, new)


def declare(run: "Run", frame: Token, name: str, new: Any) -> None:
    """Set a variable in this very scope."""
    if frame.variables is None:
        run.put(frame, "variables", {})
    values = frame.variables
    assert values is not None
    if name in values:
        old = values[name]
        run.undo.append(lambda: values.__setitem__(name, old))
    else:
        run.undo.append(lambda: values.pop(name, None))
    values[name] = new
    run.changed.add(frame.part.id)


def open_data(run: "Run", token: Token) -> None:
    """The data objects of a sub-process are empty when it is entered."""
    for name in run.node(token).data:
        if name not in (token.variables or {}):
            declare(run, token, name, None)


def _assign(run: "Run", token: Token, target: str, new: Any, local: bool) -> None:
    """Set a name or a dotted path; contexts on the way are copied, never changed in place."""
    name, _, path = target.partition(".")
    if path:
        old: Any = None
        for frame in chain(run, token, inside=not local):
            if frame.variables is not None and name in frame.variables:
                old = plain(frame.variables[name])
                break
            if local:
                break
        new = _put(old, path.split("."), new)
    if local:
        declare(run, token, name, new)
    else:
        write(run, token, name, new, inside=True)


def _put(old: Any, path: list[str], new: Any) -> Any:
    if not path:
        return new
    base = dict(old) if isinstance(old, dict) else {}
    base[path[0]] = _put(base.get(path[0]), path[1:], new)
    return {key: base[key] for key in sorted(base)}


def map_in(run: "Run", token: Token, element: Element) -> None:
    """Input mappings make variables that only the activity sees."""
    for mapping in element.inputs:
        _assign(run, token, mapping.target, stored(run, mapping.source, token), local=True)


def map_out(run: "Run", token: Token, element: Element) -> None:
    """Output mappings read what the activity sees and write outside; what one turn of a loop puts out stays its own."""
    scope = run.scope(token)
    own = element.loop.output_name if element.loop is not None and run.is_child(token) else None
    for mapping in element.outputs:
        inside = own is not None and mapping.target.partition(".")[0] == own
        _assign(run, token if inside else scope, mapping.target, stored(run, mapping.source, token), local=inside)


def take(run: "Run", token: Token, element: Element, result: Mapping[str, Any]) -> None:
    """What came back (of a task, a job, a message): kept inside when output mappings will choose, else written out."""
    for name, new in result.items():
        if element.outputs:
            declare(run, token, name, new)
        else:
            write(run, token, name, new)
