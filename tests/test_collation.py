"""The stored sort key puts Vietnamese words into the order of a dictionary."""

import random
import unicodedata

import pytest

from engine.collation import vietnamese_sort_key

ORDERED = [
    "10 việc",
    "100 việc",
    "an",
    "ăn",
    "ân",
    "ba",
    "ba vì",
    "bà",
    "bả",
    "bã",
    "bá",
    "bạ",
    "bạ ba",
    "ca",
    "ca sĩ",
    "cà chua",
    "cao",
    "da",
    "đa",
    "đà",
    "em",
    "êm",
    "hạ",
    "ho",
    "hô",
    "hơ",
    "hờ",
    "Phòng 2",
    "phòng 10",
    "phòng ban",
    "tu",
    "tư",
    "tự",
    "tý",
    "y",
]


def test_words_come_in_dictionary_order():
    shuffled = random.Random(1).sample(ORDERED, len(ORDERED))
    assert sorted(shuffled, key=vietnamese_sort_key) == ORDERED


def test_a_key_has_only_characters_that_every_collation_orders_alike():
    for text in [*ORDERED, "Sở KH&CN", "Ωmega", "Ärzte", "①", ""]:
        key = vietnamese_sort_key(text)
        assert key.isascii()
        assert not key or key.isalnum()
        assert key == key.lower()


@pytest.mark.parametrize(("one", "other"), [("Giám đốc Sở", "GIÁM ĐỐC SỞ"), ("Sở KH&CN", "sở kh cn")])
def test_case_and_punctuation_do_not_matter(one, other):
    assert vietnamese_sort_key(one) == vietnamese_sort_key(other)


def test_composed_and_decomposed_letters_are_the_same():
    for text in ORDERED:
        assert vietnamese_sort_key(unicodedata.normalize("NFD", text)) == vietnamese_sort_key(text)
