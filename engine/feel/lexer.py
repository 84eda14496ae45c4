"""Text → tokens. FEEL's names may hold blanks and even operators; joining them is the parser's work, which knows
the names."""

import re
from dataclasses import dataclass

from engine.feel.errors import FeelLimitError, FeelSyntaxError
from engine.feel.runtime import MAX_TEXT

# DMN 1.3, grammar rules 28-31 and 60-61 (name start, name part, white space)
NAME_START = (
    "?A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u167f\u1681-\u180d\u180f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff00-\ufffd\U00010000-\U000effff"
)
NAME_PART = NAME_START + "0-9\u00b7\u0300-\u036f\u203f-\u2040"
BLANK = "\\s\u0085\u00a0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"

TOKEN = re.compile(
    rf"""
    (?P<blank>[{BLANK}]+ | //[^\n]* | /\*.*?\*/)
  | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<at>@[{BLANK}]*"(?:[^"\\]|\\.)*")
  | (?P<name>[{NAME_START}][{NAME_PART}]*)
  | (?P<op>\*\*|\.\.|<=|>=|!=|->|[-+*/=<>(){{}}\[\],:.'])
    """,
    re.VERBOSE | re.DOTALL,
)

ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))", re.DOTALL)
SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\", "/": "/"}

KEYWORDS = frozenset(
    [
        "and",
        "or",
        "in",
        "between",
        "then",
        "else",
        "return",
        "satisfies",
        "instance",
        "of",
        "if",
        "for",
        "some",
        "every",
        "function",
        "true",
        "false",
        "null",
    ]
)


@dataclass(frozen=True, slots=True)
class Token:
    """kind: number, string, at, name, op or end; text: as written, a string already without quotes and escapes."""

    kind: str
    text: str
    position: int
    end: int


def unescape(body: str) -> str:
    """The meaning of a string literal's inside. An unknown escape (`\\d` of a pattern) keeps its backslash."""

    def meaning(found: re.Match[str]) -> str:
        four, six, one = found.groups()
        if four or six:
            code = int(four or six, 16)
            return chr(code) if code <= 0x10FFFF else "\ufffd"
        return SIMPLE_ESCAPES.get(one, "\\" + one)

    text = ESCAPE.sub(meaning, body)
    if any("\ud800" <= each <= "\udfff" for each in text):
        # "\uD83D\uDC0E" is one character outside the basic plane; a lonely half cannot be stored as UTF-8
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def tokenize(text: str) -> list[Token]:
    """All tokens of a text, the last one of kind "end"."""
    if len(text) > MAX_TEXT:
        raise FeelLimitError(f"An expression may not be longer than {MAX_TEXT} characters.")
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        found = TOKEN.match(text, position)
        if found is None:
            what = "string without an end" if text[position] == '"' else f"unexpected character {text[position]!r}"
            raise FeelSyntaxError(f"Expected FEEL, found a {what}.", position, text)
        kind = found.lastgroup or ""
        if kind != "blank":
            raw = found.group()
            if kind == "string":
                raw = unescape(raw[1:-1])
            elif kind == "at":
                raw = unescape(raw[raw.index('"') + 1 : -1])
            elif raw == "/" and text.startswith("/*", position):
                raise FeelSyntaxError("Expected the end of the comment.", position, text)
            tokens.append(Token(kind, raw, position, found.end()))
        position = found.end()
    tokens.append(Token("end", "", len(text), len(text)))
    return tokens
