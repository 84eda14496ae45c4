"""FEEL, construct by construct: what each evaluates to, and what becomes null with which diagnostic."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest

from engine import feel

NOON = feel.Env(now=dt.datetime(2022, 3, 31, 5, 0, tzinfo=dt.UTC))
UTC = dt.UTC


def value(text, names=(), **context):
    return feel.compile_expression(text, names).evaluate(context, NOON)


def codes(text, **context):
    found, diagnostics = feel.compile_expression(text).trace(context, NOON)
    assert found is None
    return [each.code for each in diagnostics]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("2 ** 3 ** 2", 64),
        ("-5 ** 2", 25),
        ("10--5", 15),
        ("1 / 4", Decimal("0.25")),
        (".5 + 1.5e2", Decimal("150.5")),
        ('"a" + "b"', "ab"),
        ("1 = 1.0", True),
        ("1 != 2", True),
        ('"a" < "b"', True),
        ("null = null", True),
        ("1 = null", False),
        ("2 between 1 and 3", True),
        ("2 between 3 and 4", False),
        ("not(false)", True),
        ("if 1 > 2 then 3 else 4", 4),
        ("if null then 3 else 4", 4),
        ("for i in 1..3 return i * i", [1, 4, 9]),
        ("for i in 3..1 return i", [3, 2, 1]),
        ("for i in [1..3) return i", [1, 2]),
        ("for i in [1, 2], j in [i, 10] return i + j", [2, 11, 4, 12]),
        ("for i in 1..4 return if i < 3 then 1 else partial[-1] + partial[-2]", [1, 1, 2, 3]),
        ("some x in [1, 2] satisfies x > 1", True),
        ("every x in [1, 2] satisfies x > 1", False),
        ("every x in [] satisfies x > 1", True),
        ("some x in [null, 2], y in [2] satisfies x = y", True),
        ("[1, 2, 3][item > 1]", [2, 3]),
        ("[1, 2, 3][2]", 2),
        ("[1, 2, 3][-1]", 3),
        ("[{a: 1, b: 2}, {a: 3, b: 4}][a > 1].b", [4]),
        ("[{item: 1}, {item: 2}][item = 2]", [{"item": 2}]),
        ("{a: 1, b: a + 1}.b", 2),
        ('{"a b": 1, c: a b + 1}.c', 2),
        ("{first name: 3}.first name", 3),
        ("{f: function(n) if n = 0 then 1 else n * f(n - 1), r: f(20)}.r", 2432902008176640000),
        ("(function(a: number, b) a - b)(b: 1, a: 3)", 2),
        ("(function(a: number) a)([3])", 3),
        ("(function(a: list<number>) a)(3)", [3]),
        ('(function(a: number) a = null)("x")', None),
        ("(function(a: number) a = null)(null)", True),
        ("5 in (1..5]", True),
        ("1 in (1..5]", False),
        ("1 in ]1..5]", False),
        ("5 in [1..5[", False),
        ("5 in (< 3, > 4)", True),
        ("5 in > 4", True),
        ('"b" in ("a", "b")', True),
        ('"b" in ["a", "b"]', True),
        ("3 in ([1..2], [3..4])", True),
        ("3 in (? > 2 and ? < 4)", True),
        ("[1..5].end", 5),
        ("[1..5).end included", False),
        ("1 instance of number", True),
        ("[1, 2] instance of list<number>", True),
        ('[1, "a"] instance of list<number>', False),
        ("{a: 1} instance of context<a: number>", True),
        ("(function(a) a) instance of function<number> -> number", True),
        ('@"P1D" instance of days and time duration', True),
        ("null instance of number", False),
        ("/* a comment */ 1 // another", 1),
        ('"\\u0041\\U01F40E\\n\\"\\\\d"', 'A🐎\n"\\d'),
        ('"\\uD83D\\uDC0E"', "🐎"),
        ("[[1, 2], [3]] = [[1.0, 2], [3]]", True),
        ("{a: 1, b: 2} = {b: 2, a: 1}", True),
    ],
)
def test_a_construct_has_its_value(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('@"2022-03-31"', dt.date(2022, 3, 31)),
        ('date("2022-02-30")', None),
        ('date(2022, 3, 31) + duration("P1M")', dt.date(2022, 4, 30)),
        ('@"2022-03-31" - @"2022-03-01"', dt.timedelta(days=30)),
        ('@"2022-03-31" + @"P1D"', dt.date(2022, 4, 1)),
        ('@"2022-03-31T17:00:00Z" + @"PT1H30M"', dt.datetime(2022, 3, 31, 18, 30, tzinfo=UTC)),
        ('@"2022-03-31T17:00:00Z" = @"2022-04-01T00:00:00+07:00"', True),
        ('@"2022-03-31T17:00:00Z" < @"2022-04-01T00:00:00@Asia/Ho_Chi_Minh"', False),
        ('@"23:30:00" + @"PT1H"', dt.time(0, 30)),
        ('@"10:00:00" - @"09:00:00"', dt.timedelta(hours=1)),
        ('@"P1Y2M"', feel.YearsMonths(14)),
        ('@"P1Y2M".months', 2),
        ('@"-P1DT2H".hours', -2),
        ('@"P1D" / @"PT6H"', 4),
        ('@"P1Y" * 1.5', feel.YearsMonths(18)),
        ('@"2022-03-31".weekday', 4),
        ('@"2022-03-31T17:00:00.25+07:00".time offset', dt.timedelta(hours=7)),
        ('@"2022-03-31T17:00:00@Asia/Ho_Chi_Minh".timezone', "Asia/Ho_Chi_Minh"),
        ("now()", dt.datetime(2022, 3, 31, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=7)))),
        ("today()", dt.date(2022, 3, 31)),
        ('for d in @"2022-03-30"..@"2022-04-01" return d.day', [30, 31, 1]),
    ],
)
def test_dates_and_durations(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('string(@"9999-12-31" + @"P1D")', "10000-01-01"),
        ('string(@"0001-01-01" - @"P1D")', "0000-12-31"),
        ('string(@"-2017-12-31T11:22:33.123456789+02:00")', "-2017-12-31T11:22:33.123456789+02:00"),
        ('string(@"2022-01-01T00:00:00.000000001" - @"PT0.000000002S")', "2021-12-31T23:59:59.999999999"),
        ('string(@"999999999-12-31T10:00:00@Europe/Paris" - @"PT1H")', "999999999-12-31T09:00:00@Europe/Paris"),
        ('date("999999999-12-31") + @"P1D"', None),
        ('@"-0004-02-29" + @"P1Y" = @"-0003-02-28"', True),
        ('@"12000-02-29" - @"2000-02-29" = duration("P3652425D")', True),
        ('day of week(@"12022-03-31")', "Thursday"),
        ('@"P999999999D" + @"P999999999D" > @"P1999999997D"', True),
        ('string(@"PT0.000000001S" * 2)', "PT0.000000002S"),
        ('string(time("23:59:59.999999999") + @"PT0.000000001S")', "00:00:00"),
        ('string(date and time("2021-12-31T24:00:00Z"))', "2022-01-01T00:00:00Z"),
        ('working days after(@"12022-01-01", 1)', None),
    ],
)
def test_dates_beyond_what_python_holds(text, expected):
    assert value(text) == expected


def test_python_s_own_values_come_out_wherever_it_has_them():
    assert type(value('@"10000-01-01" - @"P1D"')) is dt.date
    assert type(value('@"2022-01-01T00:00:00.0000015" + @"PT0.0000005S"')) is dt.datetime
    assert type(value('@"PT0.000000001S" * 1000')) is dt.timedelta


def test_today_is_the_day_in_vietnam_not_in_greenwich():
    late = feel.Env(now=dt.datetime(2022, 3, 31, 17, 0, tzinfo=UTC))
    assert feel.compile_expression("today()").evaluate({}, late) == dt.date(2022, 4, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("missing", "unknown_variable"),
        ("1 / 0", "division_by_zero"),
        ('1 + "a"', "wrong_type"),
        ("1 < null", "incomparable"),
        ('1 = "1"', "incomparable"),
        ("true < false", "incomparable"),
        ("[1][2]", "no_such_element"),
        ("{a: 1}.b", "no_such_entry"),
        ("missing()", "unknown_variable"),
        ("count()", "wrong_arguments"),
        ('@"nonsense"', "invalid_literal"),
        ("10 ** 100000", "out_of_range"),
        ('date and time("2022-01-01T00:00:00") < now()', "incomparable"),
        ('date("2022-13-01")', "invalid_text"),
        ("for x in null return x", "wrong_type"),
        ("x instance of nonsense", "unknown_type"),
        ("123()", "no_function"),
        ('"abs"(-1)', "no_function"),
    ],
)
def test_an_error_inside_gives_null_and_says_why(text, code):
    assert code in codes(text, x=1)


def test_a_diagnostic_points_at_its_place():
    _, found = feel.compile_expression("1 + missing").trace({}, NOON)
    assert found[0] == feel.Diagnostic("unknown_variable", "Expected a variable 'missing'.", 4)


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("1 + count()", "Expected count(list) or count(list...), found 0 arguments.", 9),
        ("abs(x: 1)", "Expected abs(n), found the arguments x.", 3),
        ('substring("a")', "Expected substring(string, start position, length?), found 1 arguments.", 9),
        ("1 / 0", "Expected a divisor other than 0.", 2),
        ("[1, 2][3]", "Expected an index within 1..2, found 3.", 6),
        ('1 < "a"', "Expected values that can be compared, found number 1 and string 'a'.", 2),
        ("date(2022, 2, 30)", "Expected arguments that have a result within range.", 4),
        ("if 5 then 1 else null", "Expected a boolean condition, found number 5.", 0),
        ('[1.."a"]', "Expected two ends of one ordered type in a range.", 0),
        ("{a: 1, a: 2}", "Expected each key once, found 'a' again.", 0),
    ],
)
def test_a_diagnostic_says_what_was_expected_and_where(text, message, position):
    found, diagnostics = feel.compile_expression(text).trace({}, NOON)
    assert found is None
    assert (diagnostics[0].message, diagnostics[0].position) == (message, position)


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("1 +", "Expected an expression, found the end of the text.", 3),
        ("if a then b", "Expected 'else', found the end of the text.", 11),
        ("[1, 2", "Expected ']', found the end of the text.", 5),
        ("a b", "Expected an operator after 'a', found 'b'.", 2),
        ('"open', "Expected FEEL, found a string without an end.", 0),
        ("1 instance of", "Expected a type, found the end of the text.", 13),
        ("f(a: 1, 2)", "Expected either names for all arguments, each once, or for none.", 1),
        ("for i in [1] i", "Expected 'return', found 'i'.", 13),
    ],
)
def test_a_refusal_says_what_was_expected_and_where(text, message, position):
    with pytest.raises(feel.FeelSyntaxError) as caught:
        feel.compile_expression(text)
    assert (caught.value.message, caught.value.position) == (message, position)


def test_a_condition_reads_json_variables():
    assert value('outcome = "dong_y" and round < 3', outcome="dong_y", round=2) is True
    assert value("rate * 3", rate=0.1) == Decimal("0.3")
    assert value("list contains(xs, 0.1)", xs=[0.1, 2]) is True
    assert value("xs[1] + 1", xs=[1]) == 2
    assert value("flag < 3", flag=True) is None


def test_names_with_blanks_and_operators_are_known_when_given():
    assert value("applicant age + 1", names=["applicant age"], **{"applicant age": 20}) == 21
    assert value("a-b + 1", names=["a-b"], **{"a-b": 5}) == 6
    assert value("a-b", a=7, b=5) == 2


def test_the_free_names_are_known():
    found = feel.compile_expression("a + count(b) + (for i in c return i + d)[item > e and f]")
    assert found.variables == {"a", "b", "c", "d"}
    assert found.possible_variables == {"e", "f"}


def test_a_value_is_an_expression_only_after_an_equals_sign():
    assert feel.compile_value("P7D").evaluate({}) == "P7D"
    assert feel.compile_value("= 1 + 1").evaluate({}) == 2
    assert feel.compile_value("=drafter").variables == {"drafter"}
    assert feel.compile_value("text").constant


@pytest.mark.parametrize(
    ("text", "input_value", "expected"),
    [
        ("-", 1, True),
        ("", 1, True),
        ("< 5", 3, True),
        ('"a", "b"', "b", True),
        ('not("a", "b")', "b", False),
        ('not("a")', "b", True),
        ("[1..5]", 5, True),
        ("? > 3 and ? < 5", 4, True),
        ("? > 3 and ? < 5", 6, False),
        ("null", None, True),
        ("not(null)", None, False),
        ("1", None, False),
        ("< 5", None, None),
        ("> limit", 7, True),
        ("limits", 7, True),
        ("false", False, True),
        ('starts with(?, "a")', "abc", True),
        ('contains(?, "z")', "abc", False),
        ("?", "abc", True),
        ("?", False, True),
        ("? = true", False, False),
        ("limit = 5", "abc", False),
        ("limit = 5", True, True),
        ('date("2022-01-01"), > date("2022-02-01")', dt.date(2022, 3, 1), True),
    ],
)
def test_a_unary_test(text, input_value, expected):
    found = feel.compile_unary_tests(text).evaluate({"?": input_value, "limit": 5, "limits": [6, 7]})
    assert found is expected


@pytest.mark.parametrize(
    "text", ["", "1 +", "(1", "[1, 2", '"open', "a b", "if a then b", "{a 1}", "1 2", "x instance of", "#"]
)
def test_a_text_that_is_not_feel_is_refused_with_its_position(text):
    with pytest.raises(feel.FeelSyntaxError) as caught:
        feel.compile_expression(text)
    assert 0 <= caught.value.position <= len(text)
    assert caught.value.text == text


def test_each_closure_sees_the_loop_variable_of_its_own_turn():
    assert value("[f[1](), f[2]()]", f=value("for i in 1..2 return function() i")) == [1, 2]


@pytest.mark.parametrize(
    "word", ["x.__class__", '"".__class__', "{}.__dict__", "today().__init__", "count.__globals__"]
)
def test_no_python_attribute_can_be_reached(word):
    assert "no_such_entry" in codes(word, x=1)


def test_json_out_and_in():
    assert feel.to_json(
        value('[1, 0.5, "a", null, true, {a: @"2022-03-31"}, @"PT1H", @"P1Y", @"2022-03-31T17:00:00Z"]')
    ) == [
        *(1, 0.5, "a", None, True),
        *({"a": "2022-03-31"}, "PT1H", "P1Y", "2022-03-31T17:00:00Z"),
    ]
    assert feel.from_json({"a": [1, 0.1, True]}) == {"a": [Decimal(1), Decimal("0.1"), True]}
    with pytest.raises(feel.FeelValueError):
        feel.to_json(value("function(x) x"))


def test_the_example_of_the_readme_gives_what_it_says():
    text = (Path(feel.__file__).parent / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    names = {"now": dt.datetime(2022, 3, 31, tzinfo=UTC)}
    said = 0
    for line in filter(None, example.splitlines()):
        code, _, comment = line.partition("  # ")
        if not comment:
            exec(code, names)
            continue
        found, wanted = eval(code, names), eval(comment.split(": no")[0], names)
        assert found == wanted, line
        said += 1
    assert said >= 6
