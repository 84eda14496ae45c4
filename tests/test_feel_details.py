"""Small things of FEEL that no other test looked at: each was found by a planted bug that nobody noticed."""

import collections

import pytest

from engine import feel


def value(text: str) -> object:
    return feel.compile_expression(text).evaluate({})


@pytest.mark.parametrize(
    "text",
    [
        "time(12, 0, 60)",
        "time(12, 0, -1)",
        'time(12, 0, 0, "no zone")',
        "before(null, 3)",
        "after([1..3], null)",
        "starts(null, [1..3])",
        'duration("P999999999D") * 1000000',
    ],
)
def test_what_has_no_value_is_null_with_a_reason(text: str) -> None:
    found, why = feel.compile_expression(text).trace({})
    assert found is None and why


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("round up(2.45)", "3"),
        ("round up(-2.45)", "-3"),
        ("round down(2.45)", "2"),
        ("round half up(2.45)", "2"),
        ("round half up(2.5)", "3"),
        ("round half down(2.5)", "2"),
        ("floor(2.45)", "2"),
        ("ceiling(2.45)", "3"),
        ("time(12, 0, 59.5)", 'time("12:00:59.5")'),
        ('date("2000-01-01") - duration("P1D")', 'date("1999-12-31")'),
        ('date("2400-01-31") + duration("P1D")', 'date("2400-02-01")'),
    ],
)
def test_a_number_without_scale_is_rounded_to_a_whole_one(text: str, expected: str) -> None:
    assert value(text) == value(expected) is not None


@pytest.mark.parametrize("text", ["append(x, 1)", "concatenate(x, [1])", "insert before(x, 1, 1)", "union(x, [-1])"])
def test_no_function_makes_a_longer_list_than_is_allowed(text: str) -> None:
    compiled = feel.compile_expression(text)
    limits = feel.Limits(list_size=50)
    assert compiled.evaluate({"x": list(range(49))}, feel.Env(limits=limits)) is not None
    with pytest.raises(feel.FeelLimitError):
        compiled.evaluate({"x": list(range(50))}, feel.Env(limits=limits))


def test_a_number_that_json_cannot_hold_is_not_stored() -> None:
    assert feel.to_json(value("10 ** 308")) == 10**308
    with pytest.raises(feel.FeelLimitError):
        feel.to_json(value("10 ** 309"))


@pytest.mark.parametrize(
    ("text", "code"),
    [("[1, 2][date(2020, 1, 1)]", "wrong_type"), ("odd + 1", "unknown_value"), ("odd", "unknown_value")],
)
def test_what_cannot_be_used_is_told(text: str, code: str) -> None:
    found, why = feel.compile_expression(text).trace({"odd": object()})
    assert not found and code in [each.code for each in why]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'matches("5", "[\\d]")', True),
        (r'matches("x", "[\\d]")', False),
        (r'matches("x5", "^[a-z\\d]+$")', True),
        (r'matches("abab", "^(ab)\\1$")', True),
        (r'matches("abcd", "^(ab)\\1")', False),
        (r'matches("ab", "^(?:ab)$")', True),
        (r'matches("a?b", "(?b)")', None),
        (r'matches("aab", "(a)\\1c")', False),
        (r'matches("aac", "(a)\\1c")', True),
        (r'matches("\u0000", "\\p{IsBasicLatin}")', True),
        ("(function(a, a) a)(1, 2)", None),
        ("(function(a b) a b)(1)", 1),
        ("2 in ]..3[", None),
        ("for n in 1000000000000000000..999999999999999998 return 1", [1, 1, 1]),
        ('string(if x then 1 else "a")', "a"),
        ("x.a", None),
    ],
)
def test_an_odd_corner_has_its_value(text: str, expected: object) -> None:
    try:
        assert value(text) == expected
    except feel.FeelSyntaxError:
        assert expected is None


def test_values_of_a_librarys_own_types_are_read_as_the_plain_ones() -> None:
    given = {"x": collections.OrderedDict(a=1), "far": float("inf"), "n": 1}
    assert feel.compile_expression("x.a + n").evaluate(given) == 2
    for text in ("far + n", "n + far", "far * far"):
        assert feel.compile_expression(text).trace(given)[0] is None


def test_brackets_side_by_side_do_not_count_as_nested() -> None:
    assert value("[" + ", ".join(["[[1]]"] * 200) + "]") == [[[1]]] * 200
    assert value(" + ".join(["((1))"] * 200)) == 200


def test_a_duration_beyond_all_dates_is_null() -> None:
    for text in ('duration("P999999999Y") * 1000000000', 'duration("P1Y") * 100000000000000'):
        found, why = feel.compile_expression(text).trace({})
        assert found is None and why


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("1", "2"),
        ('"a"', '"b"'),
        ('date("2020-01-01")', 'date("2020-01-02")'),
        ('time("10:00:00")', 'time("10:00:01")'),
        ('date and time("2020-01-01T10:00:00")', 'date and time("2020-01-01T10:00:01")'),
        ('duration("P1D")', 'duration("PT25H")'),
        ('duration("P11M")', 'duration("P1Y")'),
    ],
)
def test_every_comparison_of_every_ordered_type(low: str, high: str) -> None:
    """With literals and with variables: the two are compiled apart."""
    expected = {"<": (True, False, False), "<=": (True, True, False), ">": (False, False, True)}
    expected |= {">=": (False, True, True), "=": (False, True, False), "!=": (True, False, True)}
    for operator, answers in expected.items():
        for (a, b), answer in zip(((low, high), (low, low), (high, low)), answers, strict=True):
            given = {"a": value(a), "b": value(b)}
            for text in (f"{a} {operator} {b}", f"a {operator} b", f"a {operator} {b}", f"{a} {operator} b"):
                assert feel.compile_expression(text).evaluate(given) is answer, text
            if operator != "!=":
                tests = feel.compile_unary_tests(f"{operator} b").evaluate({"?": given["a"], **given})
                assert tests is answer


def test_an_argument_that_may_be_of_two_types_is_tried() -> None:
    assert value('(function(x: string) x)(if false then 1 else "a")') == "a"
    assert value('(function(x: string) x)(if true then 1 else "a")') is None


def test_brackets_are_counted() -> None:
    assert value("(" * 99 + "1" + ")" * 99) == 1
    with pytest.raises(feel.FeelLimitError):
        value("(" * 100 + "1" + ")" * 100)


def test_digits_beyond_a_nanosecond_are_left_out() -> None:
    assert value('time("12:00:00.1234567891")') == value('time("12:00:00.123456789")') is not None


@pytest.mark.parametrize("text", ["]..3[", "(..3)"])
def test_a_range_may_be_open_towards_the_past(text: str) -> None:
    assert value(f'2 in range("{text}")') is True and value(f'3 in range("{text}")') is False
    assert value(f'range("{text}").start included') is False and value(f'range("{text}").end included') is False


def test_types_are_nested_so_deep_and_no_deeper() -> None:
    def nested(depth: int) -> str:
        return "null instance of " + "list<" * depth + "number" + ">" * depth

    assert value(nested(90)) is False
    with pytest.raises(feel.FeelLimitError):
        value(nested(110))
    beside = ", ".join(f"k{n}: list<number>" for n in range(150))
    assert value(f"null instance of context<{beside}>") is False


def test_a_function_whose_result_may_be_of_two_types_is_of_both() -> None:
    function = '(function(x: number) if x > 1 then 1 else "a")'
    for result in ("number", "string", "Any"):
        assert value(f"{function} instance of function<number> -> {result}") is True
    assert value("(function(x: number) 1) instance of function<number> -> string") is False


def test_parameters_stand_apart_by_commas() -> None:
    with pytest.raises(feel.FeelSyntaxError):
        feel.compile_expression("function(a: number b: number) a")
