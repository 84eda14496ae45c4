"""How wide a Vietnamese label is, and where its lines break.

Diagrams are laid out and drawn where no font is installed, and the same model must give the same bytes everywhere.
So widths come from a table measured once from Be Vietnam Pro 500 (advance widths in thousandths of an em), never from a
font file. This is not a text shaper: marks are taken to be as wide as their base letter, which is true of that font.
"""

import functools
import unicodedata

# Advance width → the characters that have it (rounded to 10/1000 em).
_BY_WIDTH = {
    190: "'",
    230: "’ `",
    270: "Il·‘",
    285: "ij",
    300: "!.:",
    320: ",;",
    340: '"',
    400: "fr1“",
    420: "|”",
    430: "t",
    440: "(){}",
    470: "J[]°~",
    510: "*\\sz/",
    560: "<>",
    575: "kuvxnưy",
    600: "h?7×e-+c",
    630: "EL",
    645: "FS8$",
    655: "agoơ±bdpqPTZ2",
    670: "35đ",
    685: "BKRY069–«»",
    715: "HV_4€§",
    735: "DNUXƯ=",
    750: "A&",
    780: "CGĐ…",
    825: "OQƠ#",
    865: "M—%",
    880: "wm",
    1015: "W@",
}
_WIDTH = {character: width for width, characters in _BY_WIDTH.items() for character in characters}
_OTHER = 700
# Fallback faces (Noto Sans, Liberation Sans) run a little wider than Be Vietnam Pro in places.
_SAFETY = 1.03


@functools.lru_cache(maxsize=2048)
def _character(character: str) -> int:
    if character in _WIDTH:
        return _WIDTH[character]
    decomposed = unicodedata.normalize("NFD", character)
    base = decomposed[0]
    if "\u031b" in decomposed:  # the horn of ơ and ư
        base = unicodedata.normalize("NFC", base + "\u031b")
    return _WIDTH.get(base, _OTHER)


def width(text: str, size: float) -> float:
    """Width of one line in pixels at a font size in pixels."""
    return sum(_character(c) for c in unicodedata.normalize("NFC", text)) * size * _SAFETY / 1000


def wrap(text: str, limit: float, size: float) -> list[str]:
    """The lines of a label: as few as fit `limit`, then as even as possible; a word wider than the limit is cut."""
    return list(_wrapped(text, limit, size))


@functools.lru_cache(maxsize=4096)
def _wrapped(text: str, limit: float, size: float) -> tuple[str, ...]:
    words = [piece for word in text.split() for piece in _pieces(word, limit, size)]
    if not words:
        return ()
    lines = _greedy(words, limit, size)
    if len(lines) == 1:
        return tuple(lines)
    # Same number of lines with the smallest possible width: balanced, as `text-wrap: balance` would do.
    low, high = 0.0, limit
    for _ in range(12):
        middle = (low + high) / 2
        if max(width(w, size) for w in words) <= middle and len(_greedy(words, middle, size)) <= len(lines):
            high = middle
        else:
            low = middle
    return tuple(_greedy(words, high, size))


def fitted(name: str, limit: float, size: float, most: int) -> list[str]:
    """The lines of a name; what does not fit ends with an ellipsis."""
    lines = wrap(name, limit, size)
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1] + " " + lines[most] + "…"]
        while len(lines[-1]) > 2 and width(lines[-1], size) > limit:
            lines[-1] = lines[-1][:-2].rstrip() + "…"
    return lines


def _greedy(words: list[str], limit: float, size: float) -> list[str]:
    lines: list[str] = []
    current = ""
    for word in words:
        longer = f"{current} {word}" if current else word
        if current and width(longer, size) > limit:
            lines.append(current)
            current = word
        else:
            current = longer
    lines.append(current)
    return lines


def _pieces(word: str, limit: float, size: float) -> list[str]:
    """A word that is wider than the line, cut after its hyphens, slashes and underscores, else anywhere."""
    if width(word, size) <= limit:
        return [word]
    pieces: list[str] = []
    current = ""
    for character in word:
        if current and width(current + character, size) > limit:
            cut = max(current.rfind(mark) for mark in "-/_.") + 1
            cut = cut if cut > 1 else len(current)
            pieces.append(current[:cut])
            current = current[cut:]
        current += character
    return [*pieces, current]
