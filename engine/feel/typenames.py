"""How types are written (DMN 1.5 grammar rules 51-52)."""

from typing import TYPE_CHECKING

from engine.feel import nodes
from engine.feel.lexer import KEYWORDS

if TYPE_CHECKING:
    from engine.feel.parser import Parser

TYPE_NAMES = (
    ("days", "and", "time", "duration"),
    ("day", "and", "time", "duration"),
    ("years", "and", "months", "duration"),
    ("year", "and", "month", "duration"),
    ("date", "and", "time"),
)


def read_type(parser: "Parser") -> nodes.TypeRef:
    """A type as it stands in the text: `list<number>`, `function<string> -> date`, or a name of the host's."""
    with parser.deeper():
        for words in TYPE_NAMES:
            if tuple(parser.peek(n).text for n in range(len(words))) == words:
                parser.index += len(words)
                return nodes.TypeRef(" ".join(words))
        if parser.token.kind != "name":
            raise parser.error(f"Expected a type, found {parser.found()}.")
        name = parser.token.text
        parser.index += 1
        while True:
            if parser.token.kind == "name" and parser.token.text not in KEYWORDS:
                name += " " + parser.token.text
                parser.index += 1
            elif parser.at(".") and parser.peek().kind == "name":
                name += "." + parser.peek().text
                parser.index += 2
            else:
                break
        if name in ("list", "range") and parser.take("<"):
            inner = read_type(parser)
            parser.expect(">")
            return nodes.TypeRef(name, (inner,))
        if name == "context" and parser.take("<"):
            members = []
            while not parser.at(">"):
                member = parser.written_name(":")
                parser.expect(":")
                members.append((member, read_type(parser)))
                if not parser.take(","):
                    break
            parser.expect(">")
            return nodes.TypeRef(name, (), tuple(members))
        if name == "function" and parser.take("<"):
            arguments = []
            while not parser.at(">"):
                arguments.append(read_type(parser))
                if not parser.take(","):
                    break
            parser.expect(">")
            parser.expect("->")
            return nodes.TypeRef(name, tuple(arguments), (), read_type(parser))
        return nodes.TypeRef(name)
