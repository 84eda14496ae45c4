"""Built-ins on strings. Positions count from 1 and in characters, as Python has them."""

from decimal import ROUND_DOWN, Decimal
from typing import Any

from engine.feel.builtins.registry import ABSENT, builtin, to_integer, to_list, to_number, to_string
from engine.feel.errors import Fault
from engine.feel.regexp import Pattern, compile_pattern
from engine.feel.runtime import Run


@builtin("string length", "string")
def string_length(run: Run, string: Any) -> Decimal:
    return Decimal(len(to_string(string)))


def whole(value: Any) -> int:
    """A number of characters; what is behind the point is cut off."""
    return to_integer(to_number(value).to_integral_value(ROUND_DOWN))


@builtin("substring", "string, start position, length?")
def substring(run: Run, string: Any, start: Any, length: Any = ABSENT) -> str:
    text, first = to_string(string), whole(start)
    if first == 0:
        raise Fault("wrong_argument", "Expected a start position other than 0.")
    first = first - 1 if first > 0 else len(text) + first
    if length is ABSENT:
        return text[max(first, 0) :]
    count = whole(length)
    if count < 0:
        raise Fault("wrong_argument", "Expected a length that is not negative.")
    return text[max(first, 0) : max(first + count, 0)]


@builtin("upper case", "string")
def upper_case(run: Run, string: Any) -> str:
    return to_string(string).upper()


@builtin("lower case", "string")
def lower_case(run: Run, string: Any) -> str:
    return to_string(string).lower()


@builtin("substring before", "string, match")
def substring_before(run: Run, string: Any, match: Any) -> str:
    before, found, _ = to_string(string).partition(to_string(match)) if match != "" else ("", "", "")
    return before if found else ""


@builtin("substring after", "string, match")
def substring_after(run: Run, string: Any, match: Any) -> str:
    if match == "":
        return to_string(string)
    return to_string(string).partition(to_string(match))[2]


@builtin("contains", "string, match")
def contains(run: Run, string: Any, match: Any) -> bool:
    return to_string(match) in to_string(string)


@builtin("starts with", "string, match")
def starts_with(run: Run, string: Any, match: Any) -> bool:
    return to_string(string).startswith(to_string(match))


@builtin("ends with", "string, match")
def ends_with(run: Run, string: Any, match: Any) -> bool:
    return to_string(string).endswith(to_string(match))


@builtin("trim", "string")
def trim(run: Run, string: Any) -> str:
    return to_string(string).strip()


@builtin("string join", "list", "list, delimiter", "list, delimiter, prefix, suffix")
def string_join(run: Run, values: Any, delimiter: Any = "", prefix: Any = "", suffix: Any = "") -> str:
    """Strings one after the other; nulls are left out."""
    parts = [to_string(each, "a list of strings") for each in to_list(values) if each is not None]
    between = "" if delimiter is None else to_string(delimiter)
    before, after = to_string(prefix), to_string(suffix)
    size = sum(map(len, parts)) + len(between) * max(len(parts) - 1, 0) + len(before) + len(after)
    run.check_string(size)
    return before + between.join(parts) + after


def pattern_of(pattern: Any, flags: Any) -> Pattern:
    return compile_pattern(
        to_string(pattern, "a pattern"), "" if flags is ABSENT or flags is None else to_string(flags)
    )


@builtin("matches", "input, pattern, flags?")
def matches(run: Run, text: Any, pattern: Any, flags: Any = ABSENT) -> bool:
    """Whether the pattern is found anywhere in the text."""
    return pattern_of(pattern, flags).search(to_string(text), 0, run.charge) is not None


def pieces(run: Run, text: str, pattern: Pattern) -> list[list[int]]:
    """All matches from left to right; a pattern that matches nothing at all cannot cut a text."""
    if pattern.search("", 0, run.charge) is not None:
        raise Fault("invalid_pattern", "Expected a pattern that does not match the empty string.")
    found: list[list[int]] = []
    start = 0
    while (match := pattern.search(text, start, run.charge)) is not None:
        if match[1] == match[0]:  # only between two characters, as in "^" of several lines
            start = match[1] + 1
            if start > len(text):
                break
            continue
        run.check_list(len(found) + 1) if len(found) % 64 == 63 else run.charge(1)
        found.append(match)
        start = match[1]
    return found


@builtin("replace", "input, pattern, replacement, flags?")
def replace(run: Run, text: Any, pattern: Any, replacement: Any, flags: Any = ABSENT) -> str:
    """Each match replaced; in the replacement `$1` is the first group, `$0` the match, `\\$` a dollar sign."""
    source, wanted, compiled = to_string(text), to_string(replacement), pattern_of(pattern, flags)
    template = [wanted] if "q" in compiled.flags else parsed_replacement(wanted, compiled.groups)
    result: list[str] = []
    size = end = 0
    for match in pieces(run, source, compiled):
        parts = [source[end : match[0]]]
        for each in template:
            if isinstance(each, str):
                parts.append(each)
            elif match[2 * each] >= 0:
                parts.append(source[match[2 * each] : match[2 * each + 1]])
        size += sum(map(len, parts))
        run.check_string(size) if len(result) % 64 == 0 else None
        if size > run.limits.string_size:
            run.check_string(size)
        result.extend(parts)
        end = match[1]
    run.check_string(size + len(source) - end)
    return "".join(result) + source[end:]


def parsed_replacement(text: str, groups: int) -> list[str | int]:
    """Texts and numbers of groups, in turn; a group that does not exist counts as empty."""
    parts: list[str | int] = []
    index = 0
    while index < len(text):
        c, follow = text[index], text[index + 1 : index + 2]
        if c == "\\":
            if follow not in ("\\", "$") or not follow:
                raise Fault("invalid_replacement", "Expected \\\\ or \\$ after a backslash in the replacement.")
            parts.append(follow)
            index += 2
        elif c == "$":
            end = index + 1
            while (
                end < len(text)
                and text[end] in "0123456789"
                and (end == index + 1 or int(text[index + 1 : end + 1]) <= groups)
            ):
                end += 1
            if end == index + 1:
                raise Fault("invalid_replacement", "Expected the number of a group after $ in the replacement.")
            number = int(text[index + 1 : end])
            parts.append(number if number <= groups else "")
            index = end
        else:
            parts.append(c)
            index += 1
    return parts


@builtin("split", "string, delimiter")
def split(run: Run, text: Any, delimiter: Any) -> list[str]:
    """The parts between the matches of a pattern."""
    source = to_string(text)
    found = pieces(run, source, pattern_of(delimiter, ABSENT))
    run.check_list(len(found) + 1)
    ends = [0, *(each[1] for each in found)]
    starts = [*(each[0] for each in found), len(source)]
    run.check_string(len(source))
    return [source[a:b] for a, b in zip(ends, starts, strict=True)]


@builtin("extract", "input, pattern")
def extract(run: Run, text: Any, pattern: Any) -> list[str]:
    """All matches of a pattern."""
    source = to_string(text)
    found = pieces(run, source, pattern_of(pattern, ABSENT))
    run.check_list(len(found))
    return [source[each[0] : each[1]] for each in found]
