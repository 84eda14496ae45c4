"""Regular expressions of XPath and XML Schema, for `matches`, `replace`, `split` and `extract`.

Python's own `re` cannot be interrupted, and a pattern such as `(a+)+$` keeps it busy for years. This one compiles a
pattern to a small program and walks it with a stack of its own; no place of the program is tried twice at the same
character, and every step is charged. Lookaround and back references to the future do not exist in XPath and are
refused.
"""

import functools
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.feel.errors import Fault, FeelLimitError
from engine.feel.unicode_blocks import BLOCKS

MAX_PATTERN = 1_000
MAX_PROGRAM = 5_000
MAX_NESTING = 50
MAX_REPEAT = 1_000
MAX_KNOWN = 1_000

CHAR, SET, SPLIT, JUMP, SAVE, START, END, BACK, MATCH = range(9)
Instruction = tuple[int, object, object]
Test = Callable[[str], bool]

NAME_START = frozenset({"Ll", "Lu", "Lo", "Lt", "Lm", "Nl"})


def _name_start(c: str) -> bool:
    return c in "_:" or unicodedata.category(c) in NAME_START


def _name_char(c: str) -> bool:
    return _name_start(c) or c in "-.·" or unicodedata.category(c) in ("Nd", "Mn", "Mc")


CLASSES: dict[str, Test] = {
    "s": lambda c: c in " \t\n\r",
    "d": lambda c: unicodedata.category(c) == "Nd",
    "w": lambda c: unicodedata.category(c)[0] not in "PZC",
    "i": _name_start,
    "c": _name_char,
}
ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
LITERAL_ESCAPES = frozenset("\\|.-^?*+{}()[]$/\"' #")
CATEGORIES = frozenset(
    [
        "L",
        "Lu",
        "Ll",
        "Lt",
        "Lm",
        "Lo",
        "M",
        "Mn",
        "Mc",
        "Me",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "Z",
        "Zs",
        "Zl",
        "Zp",
        "S",
        "Sm",
        "Sc",
        "Sk",
        "So",
        "C",
        "Cc",
        "Cf",
        "Co",
        "Cn",
    ]
)


def _without_blanks(text: str) -> str:
    """A pattern of flag x: blanks do not count, except those in square brackets."""
    found: list[str] = []
    depth = 0
    escaped = False
    for c in text:
        if c in " \t\n\r" and not depth:
            continue
        found.append(c)
        if not escaped:
            depth += (c == "[") - (c == "]" and depth > 0)
        escaped = c == "\\" and not escaped
    return "".join(found)


def _negated(test: Test) -> Test:
    return lambda c: not test(c)


@dataclass(slots=True)
class CharSet:
    """What one character may be; answers are remembered, there are few different characters in a text."""

    test: Test
    known: dict[str, bool] = field(default_factory=dict)

    def __contains__(self, c: str) -> bool:
        found = self.known.get(c)
        if found is None:
            found = self.test(c)
            if len(self.known) < MAX_KNOWN:
                self.known[c] = found
        return found


class Pattern:
    """A compiled pattern."""

    def __init__(self, text: str, flags: str) -> None:
        if len(text) > MAX_PATTERN:
            raise FeelLimitError(f"A pattern may not be longer than {MAX_PATTERN} characters.")
        if set(flags) - set("smixq"):
            raise Fault("invalid_pattern", f"Expected flags out of s, m, i, x and q, found {flags[:20]!r}.")
        self.text = _without_blanks(text) if "x" in flags and "q" not in flags else text
        self.flags = flags
        self.index = 0
        self.groups = 0
        self.closed: set[int] = set()
        self.depth = 0
        self.backs = False
        self.program: list[Instruction] = []
        self.fold = "i" in flags
        if "q" in flags:
            for c in text:
                self.emit_char(c)
        else:
            self.alternatives()
            if self.index < len(self.text):
                raise self.invalid()
        self.emit(MATCH)
        first = self.program[0]
        self.first = first[1] if first[0] == CHAR and not self.fold else None

    # reading: each method appends the instructions for what it reads

    def invalid(self) -> Fault:
        return Fault("invalid_pattern", f"Expected a regular expression, found {self.text[self.index :][:20]!r}.")

    def emit(self, code: int, a: object = None, b: object = None) -> int:
        if len(self.program) >= MAX_PROGRAM:
            raise FeelLimitError("The pattern is too large.")
        self.program.append((code, a, b))
        return len(self.program) - 1

    def emit_char(self, c: str) -> None:
        self.emit(CHAR, c.lower() if self.fold else c)

    def emit_set(self, test: Test) -> None:
        self.emit(SET, CharSet(test))

    def peek(self) -> str:
        return self.text[self.index] if self.index < len(self.text) else ""

    def take(self, c: str) -> bool:
        if self.peek() == c:
            self.index += 1
            return True
        return False

    def alternatives(self) -> None:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise FeelLimitError(f"A pattern may not be nested deeper than {MAX_NESTING} levels.")
        jumps = []
        start = len(self.program)
        self.sequence()
        while self.take("|"):
            self.insert(start, SPLIT, 1, len(self.program) - start + 2)
            jumps.append(self.emit(JUMP))
            start = len(self.program)
            self.sequence()
        for each in jumps:
            self.program[each] = (JUMP, len(self.program) - each, None)
        self.depth -= 1

    def insert(self, where: int, code: int, a: int, b: int) -> None:
        """Put an instruction before a finished piece; jumps are relative, so the piece may move."""
        self.emit(code)
        self.program.insert(where, (code, a, b))
        self.program.pop()

    def sequence(self) -> None:
        while self.peek() not in ("", "|", ")"):
            start = len(self.program)
            self.atom()
            self.quantifier(start)

    def quantifier(self, start: int) -> None:
        c = self.peek()
        if c == "{":
            low, high = self.counts()
        elif c in ("?", "*", "+") and c:
            self.index += 1
            low, high = {"?": (0, 1), "*": (0, None), "+": (1, None)}[c]
        else:
            return
        lazy = self.take("?")
        if self.peek() in ("?", "*", "+", "{") and self.peek():
            raise self.invalid()
        piece = self.program[start:]
        del self.program[start:]
        for _ in range(low):
            self.append(piece)
        if high is None:
            self.branch(lazy, len(piece) + 2)
            self.append(piece)
            self.emit(JUMP, -len(piece) - 1)
        else:
            for left in range(high - low, 0, -1):
                self.branch(lazy, left * (len(piece) + 1))
                self.append(piece)

    def branch(self, lazy: bool, past: int) -> None:
        """Go on or skip ahead by `past`; the first of the two is tried first."""
        self.emit(SPLIT, *((past, 1) if lazy else (1, past)))

    def append(self, piece: list[Instruction]) -> None:
        if len(self.program) + len(piece) > MAX_PROGRAM:
            raise FeelLimitError("The pattern is too large.")
        self.program.extend(piece)

    def counts(self) -> tuple[int, int | None]:
        end = self.text.find("}", self.index)
        parts = self.text[self.index + 1 : end].split(",") if end > 0 else []
        if len(parts) not in (1, 2) or not all((part.isdecimal() and len(part) < 6) or not part for part in parts):
            raise self.invalid()
        if not parts[0]:
            raise self.invalid()
        low = int(parts[0])
        high = low if len(parts) == 1 else int(parts[1]) if parts[1] else None
        if max(low, high or 0) > MAX_REPEAT:
            raise FeelLimitError(f"A repetition may not ask for more than {MAX_REPEAT} times.")
        if high is not None and high < low:
            raise self.invalid()
        self.index = end + 1
        return low, high

    def atom(self) -> None:
        c = self.peek()
        if c in "?*+{}])":
            raise self.invalid()
        self.index += 1
        match c:
            case "(":
                self.group()
            case "[":
                self.emit_set(self.char_class())
            case ".":
                self.emit_set((lambda c: True) if "s" in self.flags else (lambda c: c not in "\n\r"))
            case "^":
                self.emit(START)
            case "$":
                self.emit(END)
            case "\\":
                self.escape()
            case _:
                self.emit_char(c)

    def group(self) -> None:
        if self.text.startswith("?:", self.index):
            self.index += 2
            self.alternatives()
        elif self.peek() == "?":
            raise self.invalid()
        else:
            self.groups += 1
            number = self.groups
            self.emit(SAVE, 2 * number)
            self.alternatives()
            self.emit(SAVE, 2 * number + 1)
            self.closed.add(number)
        if not self.take(")"):
            raise self.invalid()

    def escape(self) -> None:
        c = self.text[self.index : self.index + 1]
        if c.isdecimal() and c != "0":
            self.index += 1
            if int(c) not in self.closed:
                raise self.invalid()
            self.backs = True
            self.emit(BACK, int(c))
        elif c.lower() in CLASSES or c in ("p", "P"):
            self.emit_set(self.escaped_class())
        else:
            self.emit_char(self.escaped_char())

    def escaped_char(self) -> str:
        c = self.text[self.index : self.index + 1]
        if c not in ESCAPED and (not c or c not in LITERAL_ESCAPES):
            raise self.invalid()
        self.index += 1
        return ESCAPED.get(c, c)

    def escaped_class(self) -> Test:
        c = self.text[self.index]
        self.index += 1
        if c in "pP":
            end = self.text.find("}", self.index)
            name = self.text[self.index + 1 : end]
            if not self.text.startswith("{", self.index) or end < 0:
                raise self.invalid()
            if name in CATEGORIES:

                def belongs(c: str) -> bool:
                    return unicodedata.category(c).startswith(name)

            elif name.startswith("Is") and name[2:] in BLOCKS:
                low, high = BLOCKS[name[2:]]

                def belongs(c: str) -> bool:
                    return low <= ord(c) <= high

            else:
                raise self.invalid()
            self.index = end + 1
            return belongs if c == "p" else _negated(belongs)
        return CLASSES[c] if c in CLASSES else _negated(CLASSES[c.lower()])

    def char_class(self) -> Test:
        """What stands in square brackets, with XML Schema's subtraction `[a-z-[aeiou]]`."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise FeelLimitError(f"A pattern may not be nested deeper than {MAX_NESTING} levels.")
        negative = self.text.startswith("^", self.index)
        self.index += negative
        singles: set[str] = set()
        ranges: list[tuple[str, str]] = []
        tests: list[Test] = []
        without: Test | None = None
        begin = self.index
        while not self.text.startswith("]", self.index) or self.index == begin:
            if self.index >= len(self.text):
                raise self.invalid()
            if self.text.startswith("-[", self.index) and self.index > begin:
                self.index += 2
                without = self.char_class()
                if not self.text.startswith("]", self.index):
                    raise self.invalid()
                break
            c = self.text[self.index]
            self.index += 1
            if c == "[" or (c == "]" and self.index - 1 == begin):
                raise self.invalid()
            if c == "\\":
                follow = self.text[self.index : self.index + 1]
                if follow.lower() in CLASSES or follow in ("p", "P"):
                    tests.append(self.escaped_class())
                    continue
                c = self.escaped_char()
            if self.text.startswith("-", self.index) and self.text[self.index + 1 : self.index + 2] not in (
                "]",
                "[",
                "",
            ):
                self.index += 1
                last = self.text[self.index]
                self.index += 1
                if last == "\\":
                    last = self.escaped_char()
                if last < c:
                    raise self.invalid()
                ranges.append((c, last))
            else:
                singles.add(c)
        self.index += 1
        self.depth -= 1

        fold = self.fold

        def listed(c: str) -> bool:
            return c in singles or any(a <= c <= b for a, b in ranges)

        def inside(c: str) -> bool:
            found = listed(c) or any(test(c) for test in tests)
            if fold and not found:
                # the case of what is listed does not matter, that of a category such as \\p{Lu} does
                found = listed(c.lower()) or listed(c.upper())
            return found is not negative and (without is None or not without(c))

        return inside

    # matching

    def search(self, text: str, start: int, charge: Callable[[int], None]) -> list[int] | None:
        """The leftmost match from `start` on, as [start, end, start of group 1, end of group 1, …] (-1: no part)."""
        tried: set[int] | None = None if self.backs else set()
        for begin in range(start, len(text) + 1):
            if self.first is not None:
                begin = text.find(str(self.first), begin)
                if begin < 0:
                    return None
                if begin < start:
                    continue
                start = begin + 1
            saved = self.walk(text, begin, tried, charge)
            if saved is not None:
                return saved
            charge(1)
        return None

    def walk(self, text: str, begin: int, tried: set[int] | None, charge: Callable[[int], None]) -> list[int] | None:
        """A match that begins exactly there."""
        program, fold, width = self.program, self.fold, len(text) + 1
        lines = "m" in self.flags
        saved = [-1] * (2 * self.groups + 2)
        saved[0] = begin
        # a negative place means: give a group's border its former value back
        stack = [(0, begin)]
        unpaid = 0
        while stack:
            place, at = stack.pop()
            if place < 0:
                saved[-place] = at
                continue
            while True:
                unpaid += 1
                if unpaid == 100:
                    charge(200)
                    unpaid = 0
                if tried is not None:
                    mark = place * width + at
                    if mark in tried:
                        break
                    tried.add(mark)
                code, a, b = program[place]
                if code == CHAR:
                    if at + 1 == width or (text[at].lower() if fold else text[at]) != a:
                        break
                    at += 1
                elif code == SET:
                    if at + 1 == width or text[at] not in a:  # type: ignore[operator]
                        break
                    at += 1
                elif code == SPLIT:
                    stack.append((place + b, at))  # type: ignore[operator]
                    place += a  # type: ignore[operator]
                    continue
                elif code == JUMP:
                    place += a  # type: ignore[operator]
                    continue
                elif code == SAVE:
                    slot: int = a  # type: ignore[assignment]
                    stack.append((-slot, saved[slot]))
                    saved[slot] = at
                elif code == START:
                    if at and not (lines and text[at - 1] == "\n"):
                        break
                elif code == END:
                    if at + 1 < width and not (lines and text[at] == "\n"):
                        break
                elif code == BACK:
                    group: int = a  # type: ignore[assignment]
                    low, high = saved[2 * group], saved[2 * group + 1]
                    part = text[low:high] if low >= 0 and high >= 0 else ""
                    charge(1 + (len(part) >> 6))
                    here = text[at : at + len(part)]
                    if here != part and not (fold and here.lower() == part.lower()):
                        break
                    at += len(part)
                else:
                    saved[1] = at
                    charge(2 * unpaid)
                    return saved
                place += 1
        charge(2 * unpaid)
        return None


@functools.lru_cache(maxsize=256)
def compile_pattern(text: str, flags: str) -> Pattern:
    """A pattern, remembered; a Fault when it is none, FeelLimitError when it is too large."""
    return Pattern(text, flags)
