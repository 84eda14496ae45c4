"""Names of several tokens (`monthly salary`, `date and time`, `a-b`): how they are recognised in a text."""

import functools

from engine.feel.builtins import BUILTINS
from engine.feel.errors import FeelLimitError, FeelSyntaxError
from engine.feel.lexer import tokenize

Parts = tuple[str, ...]
Row = list[tuple[Parts, str]]

LONG_BUILTINS = {name: tuple(name.split()) for name in BUILTINS if " " in name}


@functools.lru_cache(maxsize=16_384)
def parts_of(name: str) -> Parts | None:
    """The tokens of a name that has several."""
    if name.isidentifier():
        return None
    try:
        parts = tuple(token.text for token in tokenize(name)[:-1])
    except (FeelSyntaxError, FeelLimitError):
        return None
    return parts if len(parts) > 1 else None


@functools.lru_cache(maxsize=64)
def known(names: frozenset[str]) -> dict[str, Row]:
    """Built-ins and these names by their first token, the longest first: for every text that is read with them."""
    found: dict[str, Row] = {}
    for name, parts in LONG_BUILTINS.items():
        found.setdefault(parts[0], []).append((parts, name))
    for name in sorted(names):
        own = parts_of(name)
        if own is not None:
            found.setdefault(own[0], []).append((own, name))
    for row in found.values():
        row.sort(key=lambda each: -len(each[0]))
    return found
