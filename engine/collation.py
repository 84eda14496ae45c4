"""The Vietnamese order of words as a text to store: sorting these keys sorts the words.

Databases disagree on the order (and mostly lack Vietnamese), so a key has only small letters and digits, which every
collation orders alike. Words are compared one after the other, by letters first and by tone second, as dictionaries do:
"ca sĩ" stands before "cà chua". Not here: search without marks.
"""

import re
import unicodedata

LETTERS = {letter: f"{weight}" for weight, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz", 10)}
# ngang < huyền < hỏi < ngã < sắc < nặng
TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
WORDS = re.compile(r"\d+|[^\W\d_]+")
LENGTH_MAX = 200


def vietnamese_sort_key(text: str) -> str:
    """The key by which a text sorts: letters a ă â b … d đ …, tones after letters, numbers by value, case ignored."""
    composed = unicodedata.normalize("NFC", text[:LENGTH_MAX]).lower()
    return "".join(_number(word) if word[0].isdecimal() else _word(word) for word in WORDS.findall(composed))


def _number(digits: str) -> str:
    value = str(int(digits[:30]))
    # Between the ends of words (00-05) and letters (10 on); the number of digits first, so that 9 < 10.
    return f"07{len(value):02}{value}"


def _word(word: str) -> str:
    weights, tone = "", "0"
    marks = unicodedata.normalize("NFD", word)
    # A tone may stand between a letter and the mark of its shape; it is taken out first.
    for mark in marks:
        tone = TONES.get(mark, tone)
    letters = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in TONES))
    for letter in letters:
        known = letter if letter in LETTERS else unicodedata.normalize("NFD", letter)[0]
        weights += LETTERS.get(known) or f"99{ord(known):06x}"
    # The end of a word is less than any letter: "ca" before "cao".
    return f"{weights}0{tone}"
