"""The built-in functions of FEEL, each with what it gives and what makes it null."""

import datetime as dt
import random
import re
from decimal import Decimal

import pytest

from engine import feel
from engine.feel import builtins
from engine.feel.regexp import Pattern

D = Decimal
ZONE = dt.timezone(dt.timedelta(hours=7))


class Calendar:
    """Monday to Friday without Friday 2022-04-01."""

    def is_working_day(self, day):
        return day.weekday() < 5 and day != dt.date(2022, 4, 1)


ENV = feel.Env(calendar=Calendar(), now=dt.datetime(2022, 3, 31, 17, 0, tzinfo=dt.UTC))


def value(text, **context):
    return feel.compile_expression(text).evaluate(context, ENV)


NUMBERS = [
    ("decimal(1/3, 2)", D("0.33")),
    ("decimal(2.5, 0)", 2),
    ("decimal(1234, -2)", 1200),
    ("floor(-1.5)", -2),
    ("floor(1.56, 1)", D("1.5")),
    ("ceiling(-1.5)", -1),
    ("round up(-5.5, 0)", -6),
    ("round down(-5.5, 0)", -5),
    ("round half up(-5.5, 0)", -6),
    ("round half down(5.5, 0)", 5),
    ("round half up(1.125, 2)", D("1.13")),
    ("abs(-3)", 3),
    ('abs(@"-P1D")', dt.timedelta(days=1)),
    ("modulo(-12, 5)", 3),
    ("modulo(12, -5)", -3),
    ("modulo(10.1, 4.5)", D("1.1")),
    ("modulo(1, 0)", None),
    ("sqrt(16)", 4),
    ("sqrt(-1)", None),
    ("log(1)", 0),
    ("log(0)", None),
    ("exp(0)", 1),
    ("odd(5)", True),
    ("even(-2)", True),
    ("even(1.5)", None),
    ("min(3, 1, 2)", 1),
    ('max(["a", "c", "b"])', "c"),
    ("min([])", None),
    ('min(1, "a")', None),
    ("sum([1, 2, 3])", 6),
    ("sum([])", None),
    ('sum([1, "a"])', None),
    ("mean(1, 2, 3)", 2),
    ("median([8, 2, 5, 3, 4])", 4),
    ("median([6, 1, 2, 3])", D("2.5")),
    ("stddev(2, 4, 7, 5)", D("2.081665999466132735282297706979931")),
    ("stddev(1)", None),
    ("mode(6, 3, 9, 6, 6)", [6]),
    ("mode([6, 1, 9, 6, 1])", [1, 6]),
    ("mode([])", []),
    ("product([2, 3, 4])", 24),
]
STRINGS = [
    ('substring("foobar", 3)', "obar"),
    ('substring("foobar", 3, 3)', "oba"),
    ('substring("foobar", -2, 1)', "a"),
    ('substring("foobar", 0)', None),
    ('substring("🐎ab", 2)', "ab"),
    ('string length("🐎")', 1),
    ('upper case("aBc4đ")', "ABC4Đ"),
    ('lower case("ĐẶNG")', "đặng"),
    ('substring before("foobar", "bar")', "foo"),
    ('substring before("foobar", "xyz")', ""),
    ('substring after("foobar", "ob")', "ar"),
    ('substring after("", "a")', ""),
    ('contains("foobar", "of")', False),
    ('starts with("foobar", "fo")', True),
    ('ends with("foobar", "r")', True),
    ('string join(["a", null, "c"], ", ")', "a, c"),
    ('string join(["a"])', "a"),
    ("string join([1])", None),
    ('trim("  a ")', "a"),
    ('matches("foobar", "^fo*b")', True),
    ('matches("FOO", "foo", "i")', True),
    ('matches("Đặng", "^\\p{Lu}\\p{Ll}+$")', True),
    ('matches("a", "(?=a)")', None),
    ('matches("aXa", "(a)X\\1")', True),
    ('replace("abcd", "(ab)|(a)", "[1=$1][2=$2]")', "[1=ab][2=]cd"),
    ('replace("abracadabra", "a.*?a", "*")', "*c*bra"),
    ('replace("abc", "x*", "-")', None),
    ('replace("a1", "[0-9]", "\\\\$")', "a$"),
    ('replace("x.y", ".", "-", "q")', "x-y"),
    ('split("John Doe", "\\s")', ["John", "Doe"]),
    ('split("a;b;;c", ";")', ["a", "b", "", "c"]),
    ('extract("T1.02 and T1.12", "T[0-9]\\.[0-9]+")', ["T1.02", "T1.12"]),
    ('substring(string: "foobar", start position: 3)', "obar"),
    ('substring(text: "foobar", start position: 3)', None),
    ('contains(["foobar"], "foo")', True),
]
LISTS = [
    ("list contains([1, 2, null], null)", True),
    ("list contains([[1], [2]], [2.0])", True),
    ("count([1, [2, 3]])", 2),
    ("count(null)", None),
    ("all([true, null, false])", False),
    ("all([true, null])", None),
    ("all([])", True),
    ("any([false, null, true])", True),
    ("any([])", False),
    ("not(true)", False),
    ("not(null)", None),
    ("sublist([4, 5, 6], 1, 2)", [4, 5]),
    ("sublist([4, 5, 6], -2)", [5, 6]),
    ("sublist([4, 5, 6], 4)", None),
    ("append([1], 2, 3)", [1, 2, 3]),
    ("concatenate([1, 2], [3])", [1, 2, 3]),
    ("insert before([1, 3], 2, 2)", [1, 2, 3]),
    ("remove([1, 2, 3], 2)", [1, 3]),
    ("list replace([2, 4, 7], 3, 6)", [2, 4, 6]),
    ("list replace([2, 4, 7], function(item, newItem) item < newItem, 5)", [5, 5, 7]),
    ("reverse([1, 2, 3])", [3, 2, 1]),
    ("index of([1, 2, 3, 2], 2)", [2, 4]),
    ("union([1, 2], [2, 3])", [1, 2, 3]),
    ("distinct values([1, 2, 1.0, null, null])", [1, 2, None]),
    ("duplicate values([1, 2, 1])", [1]),
    ("flatten([[1, 2], [[3]], 4])", [1, 2, 3, 4]),
    ("partition([1, 2, 3], 2)", [[1, 2], [3]]),
    ("sort([3, 1, 2], function(x, y) x > y)", [3, 2, 1]),
    ('sort(["b", "a"])', ["a", "b"]),
    ('sort([1, "a"])', None),
    ("is empty([])", True),
    ("get or else(null, 1)", 1),
    ("is defined(missing)", False),
]
CONTEXTS = [
    ('get value({a: 1}, "a")', 1),
    ('get value({a: {b: 2}}, ["a", "b"])', 2),
    ('get value({a: 1}, "b")', None),
    ("get entries({a: 1})", [{"key": "a", "value": 1}]),
    ('context([{key: "a", value: 1}])', {"a": 1}),
    ('context([{key: "a", value: 1}, {key: "a", value: 2}])', None),
    ('context put({x: 1}, "y", 2)', {"x": 1, "y": 2}),
    ('context put({x: {y: 1}}, ["x", "y"], 2)', {"x": {"y": 2}}),
    ("context merge([{x: 1}, {x: 2, y: 3}])", {"x": 2, "y": 3}),
]
RANGES = [
    ("before(1, 10)", True),
    ("before([1..10], 10)", False),
    ("before([1..10), 10)", True),
    ("before([1..10], (10..20])", True),
    ("after([11..20], [1..11))", True),
    ("after(12, [1..5])", True),
    ("meets([1..5], [5..10])", True),
    ("meets([1..5), [5..10])", False),
    ("met by([5..10], [1..5])", True),
    ("overlaps([1..5], [3..8])", True),
    ("overlaps([1..5), [5..8])", False),
    ("overlaps before([1..5], [3..8])", True),
    ("overlaps before([1..5], [1..5])", False),
    ("overlaps before([1..5), [1..5])", False),
    ("overlaps after([3..8], [1..5])", True),
    ("finishes(10, [1..10])", True),
    ("finishes([5..10], [1..10])", True),
    ("finishes([5..10), [1..10])", False),
    ("finished by([1..10], 10)", True),
    ("includes([1..10], 5)", True),
    ("includes([1..10], (1..10))", True),
    ("includes((1..10], [1..10])", False),
    ("during(5, [1..10])", True),
    ("starts(1, [1..10])", True),
    ("starts((1..5], (1..10])", True),
    ("started by([1..10], [1..5])", True),
    ("coincides([1..5], [1..5])", True),
    ("coincides(3, 3)", True),
    ("before((< 5), [5..6])", True),
    ("includes((>= 5), 7)", True),
    ('before(1, "a")', None),
    ('range("[1..5)").end included', False),
    ('range("(1..")', None),
    ('range("[@\\"2022-01-01\\"..@\\"2022-02-01\\"]").end.month', 2),
]
CONVERSIONS = [
    ('number("1,000.5", ",", ".")', D("1000.5")),
    ('number("1.000,5", ".", ",")', D("1000.5")),
    ('number("1 000", " ", null)', 1000),
    ('number("12")', 12),
    ('number("a")', None),
    ('number("1,0", ",", ",")', None),
    ("string(1.50)", "1.5"),
    ("string(10 ** 20)", "100000000000000000000"),
    ('string("a")', "a"),
    ("string(null)", None),
    ('string([1, "a", {b: true}])', '[1, "a", {b: true}]'),
    ('string(@"P1DT2H3.5S")', "P1DT2H3.5S"),
    ('string(@"-P14M")', "-P1Y2M"),
    ("string([1..5))", "[1..5)"),
    ('date("2022-03-31")', dt.date(2022, 3, 31)),
    ("date(2022, 13, 1)", None),
    ('date(date and time("2022-03-31T10:00:00Z"))', dt.date(2022, 3, 31)),
    ('time("10:30:00+07:00").hour', 10),
    ('string(time(10, 30, 0, duration("PT7H")))', "10:30:00+07:00"),
    ('time("25:00:00")', None),
    ('string(date and time("2022-03-31T10:00:00.120"))', "2022-03-31T10:00:00.12"),
    ('string(date and time(date("2022-03-31"), time("10:00:00Z")))', "2022-03-31T10:00:00Z"),
    ('date and time("2022-03-31T10:00:00@Europe/Paris").time offset', dt.timedelta(hours=2)),
    ('date and time("2022-03-31T10:00:00@Nowhere/Land")', None),
    ('date and time("2022-03-31T10:00:00@../../etc/passwd")', None),
    ('duration("P1Y2M")', feel.YearsMonths(14)),
    ('duration("P1M2D")', None),
    ('duration("P")', None),
    ('duration("P9999999999999D")', None),
    ('years and months duration(date("2011-12-22"), date("2013-08-24"))', feel.YearsMonths(20)),
    ('years and months duration(date("2013-08-24"), date("2011-12-22"))', feel.YearsMonths(-20)),
]
MOMENTS = [
    ("now()", dt.datetime(2022, 4, 1, 0, 0, tzinfo=ZONE)),
    ("today()", dt.date(2022, 4, 1)),
    ('day of year(date("2019-09-17"))', 260),
    ('day of week(date("2019-09-17"))', "Tuesday"),
    ('month of year(date("2019-09-17"))', "September"),
    ('week of year(date("2005-01-01"))', 53),
    ('last day of month(date("2024-02-10"))', dt.date(2024, 2, 29)),
    ('is(@"10:00:00Z", @"11:00:00+01:00")', False),
    ('@"10:00:00Z" = @"11:00:00+01:00"', True),
    ("is(1, 1.0)", True),
    ('is(1, "1")', False),
]
OURS = [
    ('is working day("2022-04-01")', False),
    ('is working day(@"2022-04-04")', True),
    ('days after("2022-06-10", 15)', dt.date(2022, 6, 27)),
    ('days after("2022-06-10", 14)', dt.date(2022, 6, 24)),
    ('days before("2022-12-07", 10)', dt.date(2022, 11, 25)),
    ('days before("2022-12-07", 15)', dt.date(2022, 11, 22)),
    ('working days after("2022-03-31", 1)', dt.date(2022, 4, 4)),
    ('working days after(@"2022-04-04", -1)', dt.date(2022, 3, 31)),
    ('working days after("2022-04-01", 0)', dt.date(2022, 4, 4)),
    ('working days after("2022-04-04", 0)', dt.date(2022, 4, 4)),
    ('working days after(@"2022-03-31T09:00:00+07:00", 2)', dt.datetime(2022, 4, 5, 9, 0, tzinfo=ZONE)),
    ('working days between("2022-03-31", "2022-04-05")', 2),
    ('working days between("2022-04-05", "2022-03-31")', -2),
    ('start of month("2022-03")', dt.date(2022, 3, 1)),
    ('end of month("2022-03")', dt.date(2022, 3, 31)),
    ('end of month(@"2024-02-10")', dt.date(2024, 2, 29)),
    ('last working day of month("2022-04")', dt.date(2022, 4, 29)),
    ('last working day of month("2021-02")', dt.date(2021, 2, 26)),
    ('end of month("3/2022")', None),
]
ALL = [*NUMBERS, *STRINGS, *LISTS, *CONTEXTS, *RANGES, *CONVERSIONS, *MOMENTS, *OURS]


@pytest.mark.parametrize(("text", "expected"), ALL)
def test_a_built_in_gives_its_result(text, expected):
    found = value(text)
    assert found == expected
    assert isinstance(found, bool) == isinstance(expected, bool)


def test_every_built_in_is_shown_here():
    shown = " ".join(text for text, _ in ALL)
    missing = [name for name in builtins.BUILTINS if not re.search(rf"(^|[^a-z ]) *{re.escape(name)}\(", shown)]
    assert not missing


def test_without_a_calendar_monday_to_friday_work():
    found = feel.compile_expression('working days after("2022-04-01", 1)').evaluate({})
    assert found == dt.date(2022, 4, 4)


def test_without_a_clock_there_is_no_now():
    found, diagnostics = feel.compile_expression("now()").trace({})
    assert found is None
    assert diagnostics[0].code == "no_clock"


def random_pattern(source, depth=0):
    roll = source.random()
    if depth > 3 or roll < 0.4:
        return source.choice(["a", "b", "c", ".", "[ab]", "[^a]", r"\d"])
    if roll < 0.55:
        return f"({random_pattern(source, depth + 1)})"
    if roll < 0.65:
        return f"(?:{random_pattern(source, depth + 1)}|{random_pattern(source, depth + 1)})"
    if roll < 0.8:
        return random_pattern(source, depth + 1) + random_pattern(source, depth + 1)
    return f"(?:{random_pattern(source, depth + 1)})" + source.choice(["*", "+", "?", "*?", "{2}", "{1,2}", "{2,}"])


def test_patterns_match_what_python_says_they_match():
    source = random.Random(5)
    for _ in range(1500):
        pattern = source.choice(["", "^"]) + random_pattern(source) + source.choice(["", "$"])
        text = "".join(source.choice("abc1") for _ in range(source.randint(0, 8)))
        expected = re.search(pattern, text)
        found = Pattern(pattern, "").search(text, 0, lambda steps: None)
        assert (found is None) == (expected is None), (pattern, text)
        if found is not None and expected is not None and "?" not in pattern.replace("(?:", ""):
            assert found[:2] == list(expected.span()), (pattern, text)
