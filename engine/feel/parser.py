"""Tokens → syntax tree: precedence climbing, so that nesting costs few Python frames.

FEEL names may contain blanks and operators (`monthly salary`, `date and time`, `a-b`). A name of several tokens is
recognised when it is known: a built-in, a name handed in by the caller, or one that the expression itself declares
(context key, loop variable, parameter). After a dot, words that follow each other always form one name. Longest
match wins.
"""

import decimal
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from decimal import Decimal

from engine.feel import names as names_of_tokens
from engine.feel import nodes
from engine.feel.depth import measure
from engine.feel.errors import FeelLimitError, FeelSyntaxError
from engine.feel.lexer import KEYWORDS, Token, tokenize
from engine.feel.runtime import MAX_NESTING
from engine.feel.typenames import read_type
from engine.feel.values import ARITHMETIC

OR, AND, COMPARE, ADD, MULTIPLY, POWER, NEGATE, INSTANCE = range(1, 9)
ORDER = ("<", "<=", ">", ">=")
COMPARISONS = (*ORDER, "=", "!=")
OPERATORS = {"+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY, "**": POWER}
NAME_OPERATORS = frozenset("./-+*'")
CONSTANTS = {"true": True, "false": False, "null": None}


class Parser:
    """One text, read once."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.index = 0
        self.nesting = 0
        self.uses_input = False
        self.open_ends = False
        self.filters = 0
        self.given = names_of_tokens.known(frozenset(names))
        self.known: dict[str, names_of_tokens.Row] = {}  # rows of `given` that this text adds to

    # tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.index + ahead, len(self.tokens) - 1)]

    def at(self, *texts: str) -> bool:
        token = self.token
        return token.text in texts and token.kind in ("op", "name")

    def take(self, *texts: str) -> Token | None:
        if self.at(*texts):
            self.index += 1
            return self.tokens[self.index - 1]
        return None

    def expect(self, text: str) -> Token:
        found = self.take(text)
        if found is None:
            raise self.error(f"Expected '{text}', found {self.found()}.")
        return found

    def found(self) -> str:
        return "the end of the text" if self.token.kind == "end" else f"'{self.token.text[:40]}'"

    def error(self, message: str, position: int | None = None) -> FeelSyntaxError:
        return FeelSyntaxError(message, self.token.position if position is None else position, self.text)

    # names

    def declare(self, name: str) -> tuple[str, tuple[str, ...]] | None:
        """Make a name of several tokens recognisable; returns what `forget` needs."""
        parts = names_of_tokens.parts_of(name)
        if parts is None:
            return None
        if parts[0] not in self.known:
            self.known[parts[0]] = list(self.given.get(parts[0], ()))
        row = self.known[parts[0]]
        row.append((parts, name))
        row.sort(key=lambda each: -len(each[0]))
        return parts[0], parts

    def forget(self, mark: tuple[str, tuple[str, ...]] | None) -> None:
        if mark is not None:
            row = self.known[mark[0]]
            row.remove(next(each for each in row if each[0] == mark[1]))

    def known_name(self) -> tuple[str, int] | None:
        """The longest known name of several tokens that starts here, and its number of tokens."""
        first = self.token.text
        for parts, name in self.known.get(first) or self.given.get(first) or ():
            end = self.index + len(parts)
            if end <= len(self.tokens) - 1 and all(
                token.text == part and token.kind in ("name", "number", "op")
                for token, part in zip(self.tokens[self.index : end], parts, strict=True)
            ):
                return name, len(parts)
        return None

    def written_name(self, *stops: str) -> str:
        """A name that is being declared: every token up to one of the stops."""
        start = self.index
        while not self.at(*stops) and (
            self.token.kind in ("name", "number") or (self.token.kind == "op" and self.token.text in NAME_OPERATORS)
        ):
            self.index += 1
        if start == self.index or self.tokens[start].kind != "name" or not self.at(*stops):
            self.index = max(start, self.index)
            raise self.error(f"Expected a name, found {self.found()}.")
        return " ".join(self.text[self.tokens[start].position : self.tokens[self.index - 1].end].split())

    def path_name(self) -> str:
        """The name after a dot: a known one, or all words that follow each other."""
        known = self.known_name()
        if known is not None:
            self.index += known[1]
            return known[0]
        if self.token.kind != "name":
            raise self.error(f"Expected a name after '.', found {self.found()}.")
        words = [self.token.text]
        self.index += 1
        while self.token.kind == "name" and self.token.text not in KEYWORDS:
            words.append(self.token.text)
            self.index += 1
        return " ".join(words)

    # nesting

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise FeelLimitError(f"An expression may not be nested deeper than {MAX_NESTING} levels.")
        yield
        self.nesting -= 1

    # expressions

    def expression(self, power: int = 0) -> nodes.Node:
        """An expression whose operators bind tighter than `power`."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise FeelLimitError(f"An expression may not be nested deeper than {MAX_NESTING} levels.")
        left = self.operand()
        while True:
            token = self.token
            text = token.text
            if token.kind == "op":
                binding = OPERATORS.get(text)
                if binding is not None and binding > power:
                    left = self.arithmetic(left, binding)
                elif text in COMPARISONS and power < COMPARE:
                    self.index += 1
                    left = nodes.Comparison(token.position, text, left, self.expression(COMPARE))
                else:
                    break
            elif token.kind == "name":
                if text in ("and", "or") and power < (AND if text == "and" else OR):
                    left = self.logic(left, text, AND if text == "and" else OR)
                elif text == "between" and power < COMPARE:
                    self.index += 1
                    low = self.expression(COMPARE)
                    self.expect("and")
                    left = nodes.Between(token.position, left, low, self.expression(COMPARE))
                elif text == "in" and power < COMPARE:
                    self.index += 1
                    left = nodes.In(token.position, left, self.in_tests())
                elif text == "instance" and self.peek().text == "of" and power < INSTANCE:
                    self.index += 2
                    left = nodes.InstanceOf(token.position, left, self.type())
                else:
                    break
            else:
                break
        self.nesting -= 1
        return left

    def logic(self, left: nodes.Node, operator: str, binding: int) -> nodes.Node:
        position = self.token.position
        operands = [left]
        while self.token.kind == "name" and self.take(operator):
            operands.append(self.expression(binding))
        return nodes.Logic(position, operator, tuple(operands))

    def arithmetic(self, left: nodes.Node, binding: int) -> nodes.Node:
        position = self.token.position
        rest: list[tuple[str, nodes.Node, int]] = []
        while self.token.kind == "op" and OPERATORS.get(self.token.text) == binding:
            operator = self.token
            self.index += 1
            rest.append((operator.text, self.expression(binding), operator.position))
        return nodes.Arithmetic(position, left, tuple(rest))

    def operand(self) -> nodes.Node:
        """A prefix operator or a primary with everything that is hung onto it."""
        token = self.token
        if token.kind == "op" and token.text == "-":
            self.index += 1
            operand = self.expression(NEGATE)
            if isinstance(operand, nodes.Const) and isinstance(operand.value, Decimal):
                return nodes.Const(token.position, -operand.value)
            return nodes.Negation(token.position, operand)
        if token.kind == "op" and token.text in ORDER:
            # a comparison without a left side is the range of all that fit (DMN 1.4): `[< 3, > 5]`
            self.index += 1
            return self.half_range(token.position, token.text, self.expression(COMPARE))
        left = self.primary()
        while True:
            token = self.token
            if token.kind != "op":
                return left
            if token.text == ".":
                self.index += 1
                left = nodes.Path(token.position, left, self.path_name())
            elif token.text == ".." and self.peek().text == "." and self.peek().position == token.end:
                self.index += 2
                left = nodes.Descendants(token.position, left, self.path_name())
            elif token.text == "[" and self.filter_follows():
                self.index += 1
                self.filters += 1
                condition = self.expression()
                self.filters -= 1
                self.expect("]")
                left = nodes.Filter(token.position, left, condition)
            elif token.text == "(":
                left = self.call(left)
            else:
                return left

    def filter_follows(self) -> bool:
        """`[` after an operand opens a filter, except where nothing can follow: then it ends a range (`]1..5[`)."""
        after = self.peek()
        if after.kind == "end":
            return False
        if after.kind == "op":
            return after.text in ("(", "[", "{", "-")
        return after.text not in ("and", "or", "then", "else", "return", "satisfies", "in", "between", "instance")

    def primary(self) -> nodes.Node:
        token = self.token
        if token.kind == "number":
            self.index += 1
            try:
                return nodes.Const(token.position, ARITHMETIC.create_decimal(token.text))
            except decimal.DecimalException:
                raise self.error("Expected a number that 34 digits can hold.", token.position) from None
        if token.kind == "string":
            self.index += 1
            return nodes.Const(token.position, token.text)
        if token.kind == "at":
            self.index += 1
            return nodes.AtLiteral(token.position, token.text)
        if token.kind == "op":
            if token.text == "(":
                return self.parenthesis()
            if token.text in ("[", "]"):
                return self.bracket()
            if token.text == "{":
                return self.context()
        if token.kind == "name":
            return self.word()
        raise self.error(f"Expected an expression, found {self.found()}.")

    def word(self) -> nodes.Node:
        """A name, or an expression that begins with a keyword."""
        token = self.token
        known = self.known_name()
        if known is not None:
            self.index += known[1]
            return nodes.Name(token.position, known[0])
        special = {
            "if": self.conditional,
            "for": self.loop,
            "some": self.quantified,
            "every": self.quantified,
        }.get(token.text)
        if special is not None:
            self.index += 1
            return special(token)
        if token.text == "function" and self.peek().text in ("(", "<"):
            self.index += 1
            return self.function(token)
        if token.text in CONSTANTS:
            self.index += 1
            return nodes.Const(token.position, CONSTANTS[token.text])
        if token.text in KEYWORDS:
            raise self.error(f"Expected an expression, found the keyword '{token.text}'.")
        self.index += 1
        if token.text == "?":
            self.uses_input = True
        words = [token.text]
        while self.token.kind == "name" and self.token.text not in KEYWORDS:
            if not self.filters:
                raise self.error(f"Expected an operator after '{token.text}', found {self.found()}.")
            # the entries of the elements are not known here: words in a row can only be the name of one
            words.append(self.token.text)
            self.index += 1
        return nodes.Name(token.position, " ".join(words))

    def parenthesis(self) -> nodes.Node:
        """`(expression)`, `(a..b]`, or `(< 5)`."""
        opening = self.expect("(")
        if self.at(*ORDER, "="):
            operator = self.token.text
            self.index += 1
            limit = self.expression(COMPARE)
            self.expect(")")
            return self.half_range(opening.position, operator, limit)
        if self.open_ends and self.take(".."):
            return self.range_end(opening.position, None, False)
        inner = self.expression()
        if self.take(".."):
            return self.range_end(opening.position, inner, False)
        self.expect(")")
        return inner

    def half_range(self, position: int, operator: str, limit: nodes.Node) -> nodes.Node:
        """The range that a comparison stands for."""
        if operator == "=":
            return nodes.RangeLiteral(position, limit, limit, True, True)
        if operator in ("<", "<="):
            return nodes.RangeLiteral(position, None, limit, False, operator == "<=")
        return nodes.RangeLiteral(position, limit, None, operator == ">=", False)

    def bracket(self) -> nodes.Node:
        """`[a, b]`, `[a..b)`, or `]a..b[`."""
        opening = self.token
        self.index += 1
        if opening.text == "[" and self.take("]"):
            return nodes.ListLiteral(opening.position, ())
        if self.open_ends and opening.text == "]" and self.take(".."):
            return self.range_end(opening.position, None, False)
        elements = [self.expression()]
        if self.take(".."):
            return self.range_end(opening.position, elements[0], opening.text == "[")
        if opening.text == "]":
            raise self.error(f"Expected '..', found {self.found()}.")
        while self.take(","):
            elements.append(self.expression())
        self.expect("]")
        return nodes.ListLiteral(opening.position, tuple(elements))

    def range_end(self, position: int, start: nodes.Node | None, start_included: bool) -> nodes.Node:
        if self.open_ends and start is not None and self.take(")", "["):
            return nodes.RangeLiteral(position, start, None, start_included, False)
        end = self.expression()
        closing = self.take("]", ")", "[")
        if closing is None:
            raise self.error(f"Expected the end of a range, found {self.found()}.")
        return nodes.RangeLiteral(position, start, end, start_included, closing.text == "]")

    def context(self) -> nodes.Node:
        opening = self.expect("{")
        entries: list[tuple[str, nodes.Node]] = []
        marks = []
        while not self.at("}"):
            if self.token.kind == "string":
                key = self.token.text
                self.index += 1
            else:
                key = self.written_name(":")
            self.expect(":")
            entries.append((key, self.expression()))
            marks.append(self.declare(key))
            if not self.take(","):
                break
        self.expect("}")
        for mark in marks:
            self.forget(mark)
        return nodes.ContextLiteral(opening.position, tuple(entries))

    def call(self, function: nodes.Node) -> nodes.Node:
        opening = self.expect("(")
        arguments: list[nodes.Node] = []
        names: list[str] = []
        if not self.at(")"):
            while True:
                if self.name_and_colon():
                    names.append(self.written_name(":"))
                    self.expect(":")
                arguments.append(self.expression())
                if not self.take(","):
                    break
        self.expect(")")
        if names and (len(names) != len(arguments) or len(set(names)) != len(names)):
            raise self.error("Expected either names for all arguments, each once, or for none.", opening.position)
        return nodes.Call(opening.position, function, tuple(arguments), tuple(names) if names else None)

    def name_and_colon(self) -> bool:
        ahead = 0
        while True:
            token = self.peek(ahead)
            if token.kind == "op" and token.text == ":":
                return ahead > 0
            if token.kind not in ("name", "number") and not (token.kind == "op" and token.text in NAME_OPERATORS):
                return False
            ahead += 1

    def conditional(self, start: Token) -> nodes.Node:
        condition = self.expression()
        self.expect("then")
        then = self.expression()
        self.expect("else")
        return nodes.If(start.position, condition, then, self.expression())

    def iterators(self, closing: str) -> tuple[tuple[nodes.Iterator, ...], list[tuple[str, tuple[str, ...]] | None]]:
        found: list[nodes.Iterator] = []
        marks = []
        while True:
            position = self.token.position
            name = self.written_name("in")
            self.expect("in")
            source = self.expression()
            end = self.expression() if self.take("..") else None
            found.append(nodes.Iterator(name, source, end, position))
            marks.append(self.declare(name))
            if not self.take(","):
                break
        self.expect(closing)
        return tuple(found), marks

    def loop(self, start: Token) -> nodes.Node:
        iterators, marks = self.iterators("return")
        body = self.expression()
        for mark in marks:
            self.forget(mark)
        return nodes.For(start.position, iterators, body)

    def quantified(self, start: Token) -> nodes.Node:
        iterators, marks = self.iterators("satisfies")
        condition = self.expression()
        for mark in marks:
            self.forget(mark)
        return nodes.Quantified(start.position, start.text == "every", iterators, condition)

    def function(self, start: Token) -> nodes.Node:
        self.expect("(")
        parameters: list[tuple[str, nodes.TypeRef | None]] = []
        while not self.at(")"):
            name = self.written_name(":", ",", ")")
            parameters.append((name, self.type() if self.take(":") else None))
            if not self.take(","):
                break
        self.expect(")")
        if len({name for name, _ in parameters}) != len(parameters):
            raise self.error("Expected each parameter once.", start.position)
        marks = [self.declare(name) for name, _ in parameters]
        external = self.token.kind == "name" and self.token.text == "external" and self.peek().text == "{"
        if external:
            self.index += 1
        body = self.expression()
        for mark in marks:
            self.forget(mark)
        return nodes.FunctionDefinition(start.position, tuple(parameters), body, external)

    def type(self) -> nodes.TypeRef:
        return read_type(self)

    # unary tests

    def test(self) -> nodes.Test:
        """One positive unary test."""
        outer, self.uses_input = self.uses_input, False
        token = self.token
        if token.kind == "op" and token.text in COMPARISONS:
            self.index += 1
            found = nodes.Test(token.position, token.text, self.expression(COMPARE), True)
        else:
            operand = self.group() if self.group_follows() else self.expression()
            found = nodes.Test(token.position, None, operand, self.uses_input)
        self.uses_input = outer
        return found

    def group_follows(self) -> bool:
        """Whether several tests stand here in brackets: `("a", > 5)`."""
        depth = 0
        several = False
        for number in range(self.index, len(self.tokens) - 1 if self.at("(") else self.index):
            token = self.tokens[number]
            if token.kind != "op":
                continue
            depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
            several = several or (token.text == "," and depth == 1)
            if depth == 0:
                after = self.tokens[number + 1]
                return several and (after.kind == "end" or after.text in (",", ")"))
        return False

    def group(self) -> nodes.Node:
        """Such tests as a list, which a value fits when it fits one of them."""
        opening = self.expect("(")
        elements = [self.expression()]
        while self.take(","):
            elements.append(self.expression())
        self.expect(")")
        return nodes.ListLiteral(opening.position, tuple(elements))

    def in_tests(self) -> tuple[nodes.Test, ...]:
        """What follows `in`: a test, or several in brackets (`(1..5)` is a range, not a bracket)."""
        if not self.at("("):
            if self.at(*COMPARISONS):
                return (self.test(),)
            outer, self.uses_input = self.uses_input, False
            position = self.token.position
            operand = self.expression(COMPARE)
            uses_input, self.uses_input = self.uses_input, outer
            return (nodes.Test(position, None, operand, uses_input),)
        opening = self.expect("(")
        tests = [self.test()]
        if tests[0].operator is None and self.take(".."):
            interval = self.range_end(opening.position, tests[0].operand, False)
            return (nodes.Test(opening.position, None, interval, False),)
        while self.take(","):
            tests.append(self.test())
        self.expect(")")
        return tuple(tests)

    def unary_tests(self) -> nodes.UnaryTests:
        """A whole cell of a decision table."""
        if self.token.kind == "end" or (self.at("-") and self.peek().kind == "end"):
            self.index = len(self.tokens) - 1
            return nodes.UnaryTests(0, (), False)
        negated = self.at("not") and self.peek().text == "(" and self.closes_at_end(self.index + 1)
        if negated:
            self.index += 2
        tests = [self.test()]
        while self.take(","):
            tests.append(self.test())
        if negated:
            self.expect(")")
        return nodes.UnaryTests(0, tuple(tests), negated)

    def closes_at_end(self, opening: int) -> bool:
        """Whether the bracket at token number `opening` is closed by the last token."""
        depth = 0
        for number in range(opening, len(self.tokens) - 1):
            token = self.tokens[number]
            if token.kind == "op" and token.text in ("(", ")"):
                depth += 1 if token.text == "(" else -1
                if depth == 0:
                    return number == len(self.tokens) - 2
        return False

    def finish(self) -> None:
        if self.token.kind != "end":
            raise self.error(f"Expected the end of the expression, found {self.found()}.")


def parse_expression(text: str, names: Collection[str] = ()) -> nodes.Node:
    """The tree of one expression."""
    parser = Parser(text, names)
    found = parser.expression()
    parser.finish()
    measure(found)
    return found


def parse_range(text: str) -> nodes.RangeLiteral:
    """The tree of a range as text (DMN 1.5): an interval, of which one end may be left out."""
    parser = Parser(text, ())
    parser.open_ends = True
    opening = parser.token
    if not parser.at("[", "(", "]") or parser.peek().text in COMPARISONS:
        raise parser.error(f"Expected an interval, found {parser.found()}.")
    found = parser.bracket() if opening.text != "(" else parser.parenthesis()
    parser.finish()
    measure(found)
    if not isinstance(found, nodes.RangeLiteral):
        raise parser.error("Expected an interval.", opening.position)
    return found


def parse_unary_tests(text: str, names: Collection[str] = ()) -> nodes.UnaryTests:
    """The tree of a decision table's input cell."""
    parser = Parser(text, names)
    found = parser.unary_tests()
    parser.finish()
    measure(found)
    return found
