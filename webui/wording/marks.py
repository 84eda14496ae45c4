"""The two smallest things the other modules of words are made of."""

from typing import NamedTuple


def N_(text: str) -> str:
    """Marks a message for the catalogue where it is written; `_` translates it where it is shown."""
    return text


class Mark(NamedTuple):
    """A state as a reader sees it: icon and word, a tone of colour, and how loud (tag or bare text)."""

    icon: str
    text: str
    tone: str  # late warn ok act done ext idle
    loud: str = "text"  # solid | tint | text
