"""Planted bugs: every small change of a module's syntax tree that a careless hand could have made.

Not made: changes that nobody can see (docstrings, annotations, `__repr__`, type aliases, decorators) and changes of
what is only read by people (f-strings, the arguments of what is raised or noted). A bug is known by what it changes and
where, not by its line: an edit elsewhere in the file does not make it another bug.
"""

import ast
import copy
import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Change = Callable[[Any], ast.AST | None]  # a copy of the node → what stands in its place; None: nothing

COMPARISONS = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
PAIRS = {"min": "max", "max": "min", "any": "all", "all": "any"}
WHOLE = {"else dropped", "never entered", "filter dropped", "guard dropped", "case dropped"}
WHOLE |= {"no turn", "first turn only", "first turn left out"}
# What they are given is a message, a type for the type checker, or an estimate of what a step costs.
MESSAGES = {"note", "problem", "report", "refuse", "Problem", "Diagnostic", "Reason", "Fault"}
MESSAGES |= {"cast", "isinstance", "getattr", "charge"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """`nth` tells equal changes in one function apart; `line` is where it stands now."""

    file: str
    place: str
    operator: str
    before: str
    after: str
    nth: int
    line: int

    @property
    def key(self) -> str:
        return "|".join((self.file, self.place, self.operator, self.before, self.after, str(self.nth)))

    def rank(self, seed: str) -> str:
        """Decided by the bug and the seed alone: a sample stays what it is when code elsewhere changes."""
        return hashlib.sha256(f"{seed}|{self.key}".encode()).hexdigest()

    def told(self) -> str:
        """In words, for the table."""
        if self.after == self.operator:
            return f"`{self.before}`: {self.operator}"
        return f"`{self.before}` became `{self.after}`"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def mutants(root: Path, file: str, places: Collection[str] | None = None) -> list[Mutant]:
    """All bugs that can be planted in a file (or in some places of it), in its order; none when the file is gone."""
    if not (root / file).exists():
        return []
    return [mutant for mutant, _ in _all(ast.parse((root / file).read_text(encoding="utf-8")), file, places)]


def planted(root: Path, wanted: Mutant) -> ast.Module | None:
    """The module's tree with the bug in it; None when the place is not there any more."""
    tree = ast.parse((root / wanted.file).read_text(encoding="utf-8"))
    for mutant, plant in _all(tree, wanted.file, {wanted.place}):
        if mutant.key == wanted.key:
            plant()
            return ast.fix_missing_locations(tree)
    return None


def located(root: Path, wanted: Mutant) -> Mutant | None:
    """The bug with the line at which it stands now."""
    tree = ast.parse((root / wanted.file).read_text(encoding="utf-8"))
    return next((each for each, _ in _all(tree, wanted.file, {wanted.place}) if each.key == wanted.key), None)


def spans(root: Path, file: str) -> dict[int, range]:
    """For each line inside a function the lines of its statement (of a compound one: of its head). A bug is on lines
    that run when one of them does; other lines run when the module is loaded."""
    found: dict[int, range] = {}

    def walk(node: ast.AST, inside: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if inside and isinstance(child, ast.stmt):
                body = getattr(child, "body", None) or getattr(child, "cases", None)
                first = body[0] if body else None
                head = getattr(first, "lineno", None) or (first and first.pattern.lineno)
                last = child.end_lineno if head is None else max(child.lineno, head - 1)
                found.update((line, range(child.lineno, last + 1)) for line in range(child.lineno, last + 1))
            walk(child, inside or isinstance(child, ast.FunctionDef))
            for case in getattr(child, "cases", ()) if inside else ():
                found[case.pattern.lineno] = range(case.pattern.lineno, case.pattern.lineno + 1)

    walk(ast.parse((root / file).read_text(encoding="utf-8")), False)
    return found


def _all(
    tree: ast.Module, file: str, only: Collection[str] | None = None
) -> Iterator[tuple[Mutant, Callable[[], None]]]:
    seen: dict[str, int] = {}
    for place, parent, field, index, node in list(_nodes(tree, "")):
        if only is not None and place not in only:
            continue
        for operator, change in _changes(node, parent, field):
            made = change(copy.deepcopy(node))
            before = _short(ast.unparse(node))
            whole = made is None or operator in WHOLE
            after = operator if whole else _short(ast.unparse(made))
            line = next(n.lineno for n in ast.walk(node) if hasattr(n, "lineno"))
            bare = Mutant(file, place, operator, before, after, 0, line)
            seen[bare.key] = seen.get(bare.key, -1) + 1
            mutant = Mutant(bare.file, place, operator, bare.before, bare.after, seen[bare.key], bare.line)
            yield mutant, lambda a=(parent, field, index, node, made): _replace(*a)


def _short(text: str) -> str:
    text = text.strip().partition("\n")[0]
    return text if len(text) <= 90 else text[:60] + " … " + text[-27:]


def _replace(parent: ast.AST, field: str, index: int | None, node: ast.AST, made: ast.AST | None) -> None:
    if index is None:
        setattr(parent, field, made)
        return
    found = getattr(parent, field)
    if made is not None:
        found[index] = ast.copy_location(made, node)
    elif len(found) > 1 or not isinstance(node, ast.stmt):
        del found[index]
    else:
        found[index] = ast.copy_location(ast.Pass(), node)


def _nodes(node: ast.AST, place: str) -> Iterator[tuple[str, ast.AST, str, int | None, ast.AST]]:
    """Every node in which a bug is worth while: place (function), parent, field, index in the field, node."""
    for field, value in ast.iter_fields(node):
        if _unseen(node, field):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if not isinstance(child, ast.AST) or _idle(child):
                continue
            inside = place
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inside = f"{place}.{child.name}".lstrip(".")
            yield inside, node, field, index, child
            yield from _nodes(child, inside)


def _unseen(node: ast.AST, field: str) -> bool:
    """Parts that are never run, or only to make a message."""
    if field in ("annotation", "returns", "decorator_list", "exc", "cause"):
        return True
    if isinstance(node, ast.ClassDef) and field != "body":
        return True
    if isinstance(node, ast.Call) and field in ("args", "keywords"):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in MESSAGES
    return isinstance(node, ast.ExceptHandler) and field == "type"


def _idle(node: ast.AST) -> bool:
    match node:
        case ast.JoinedStr() | ast.Assert() | ast.Import() | ast.ImportFrom() | ast.expr_context():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.FunctionDef(name="__repr__"):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__")):
            return True  # of exceptions, which keep their arguments anyway
        case ast.Expr(value=ast.Call() as call) if _idle(call):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) if name.startswith("__"):
            return True
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() | ast.BinOp(op=ast.BitOr())):
            return name[:1].isupper() and not name.isupper()  # the alias of a type
    return False


def _changes(node: ast.AST, parent: ast.AST, field: str) -> Iterator[tuple[str, Change]]:
    """The bugs that can stand at a node. A change may spoil the node that it is given."""
    match node:
        case ast.If() | ast.While() | ast.IfExp():
            yield "negated", _negate
            if isinstance(node, ast.If):
                if node.orelse:
                    yield "else dropped", lambda n: _with(n, orelse=[])
                yield "never entered", lambda n: _with(n, test=ast.Constant(False))
        case ast.comprehension(ifs=[_, *_]):
            yield "filter dropped", lambda n: _with(n, ifs=[])
        case ast.match_case():
            if node.guard is not None:
                yield "guard dropped", lambda n: _with(n, guard=None)
            elif field == "cases" and len(parent.cases) > 1:
                yield "case dropped", lambda n: _with(n, guard=ast.Constant(False))
        case ast.Compare():
            for position, operation in enumerate(node.ops):
                for other in COMPARISONS[type(operation)]:
                    yield "compared", lambda n, p=position, o=other: _with_item(n, "ops", p, o())
        case ast.BoolOp() if not isinstance(node.values[-1], ast.JoinedStr):
            swapped = ast.Or if isinstance(node.op, ast.And) else ast.And
            yield "and/or", lambda n: _with(n, op=swapped())
            for position in range(len(node.values)):
                yield "part dropped", lambda n, p=position: _without(n, p)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield "sign dropped", lambda n: n.operand
        case ast.BinOp() if type(node.op) in ARITHMETIC:
            if not (isinstance(node.op, ast.Mod | ast.Add) and _is_text(node)):
                yield "calculated", lambda n: _with(n, op=ARITHMETIC[type(n.op)]())
        case ast.AugAssign():
            if type(node.op) in ARITHMETIC:
                yield "calculated", lambda n: _with(n, op=ARITHMETIC[type(n.op)]())
            yield "removed", lambda n: None
        case ast.Constant(value=bool()):
            yield "flipped", lambda n: ast.Constant(not n.value)
        case ast.Constant(value=int() as number) if number < 100:
            yield "off by one", lambda n: ast.Constant(n.value + 1)
            if number:
                yield "off by one", lambda n: ast.Constant(n.value - 1)
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield "returns null", lambda n: ast.Return(ast.Constant(None))
        case ast.Break():
            yield "break/continue", lambda n: ast.Continue()
        case ast.Continue():
            yield "removed", lambda n: None
            yield "break/continue", lambda n: ast.Break()
        case ast.Delete() | ast.Raise() | ast.Expr(value=ast.Call()):
            if not (isinstance(node, ast.Expr) and _is_message(node.value)):
                yield "removed", lambda n: None
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "removed", lambda n: None
        case ast.For():
            yield "no turn", lambda n: _with(n, iter=ast.Tuple([], ast.Load()))
            yield "first turn only", lambda n: _with(n, iter=_cut(n.iter, upper=1))
            yield "first turn left out", lambda n: _with(n, iter=_cut(n.iter, lower=1))
        case ast.Slice(lower=lower, upper=upper):
            if lower is not None:
                yield "cut", lambda n: _with(n, lower=None)
            if upper is not None:
                yield "cut", lambda n: _with(n, upper=None)
        case ast.Call():
            yield from _of_call(node)


def _of_call(node: ast.Call) -> Iterator[tuple[str, Change]]:
    plain = [each for each in node.args if not isinstance(each, ast.Starred)]
    if _is_message(node):
        return
    if len(plain) == len(node.args) >= 2 and ast.dump(plain[0]) != ast.dump(plain[1]):
        yield "arguments swapped", lambda n: _with(n, args=[n.args[1], n.args[0], *n.args[2:]])
    if isinstance(node.func, ast.Name):
        if node.func.id in PAIRS:
            yield "another function", lambda n: _with(n, func=ast.Name(PAIRS[n.func.id], ast.Load()))
        if node.func.id in ("reversed", "sorted") and len(node.args) == 1:
            yield "order left alone", lambda n: ast.Call(ast.Name("list", ast.Load()), n.args, [])


def _is_message(node: ast.AST) -> bool:
    name = ""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in MESSAGES


def _is_text(node: ast.BinOp) -> bool:
    sides = (node.left, node.right)
    return any(isinstance(s, ast.JoinedStr) or isinstance(getattr(s, "value", None), str) for s in sides)


def _negate(node: Any) -> ast.AST:
    test = node.test
    plain = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    return _with(node, test=test.operand if plain else ast.UnaryOp(ast.Not(), test))


def _cut(iterable: ast.expr, **bounds: int) -> ast.expr:
    """`list(iterable)[lower:upper]`"""
    ends = {name: ast.Constant(value) for name, value in bounds.items()}
    return ast.Subscript(ast.Call(ast.Name("list", ast.Load()), [iterable], []), ast.Slice(**ends), ast.Load())


def _with(node: Any, **fields: Any) -> ast.AST:
    for name, value in fields.items():
        setattr(node, name, value)
    changed: ast.AST = node
    return changed


def _with_item(node: Any, field: str, index: int, value: ast.AST) -> ast.AST:
    getattr(node, field)[index] = value
    changed: ast.AST = node
    return changed


def _without(node: ast.BoolOp, index: int) -> ast.AST:
    del node.values[index]
    return node.values[0] if len(node.values) == 1 else node
