"""FEEL against what is known without it (Python's integers and dates, Kleene's tables); and what it may raise."""

import datetime as dt
import itertools
import json
import zoneinfo
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feel

CALM = settings(max_examples=150, deadline=None)
SIGNS = [*"()[]{},:.+-*/=<>?'@", "..", "**", "!=", "<=", ">=", "->", "//", "/*", "*/", "\n"]
LITERALS = ["1", "2.5", "1e9", '"a"', '"\\u00"', '@"2022-01-01"', '@"P1D"', "true", "false", "null", "a", "b"]
WORDS = "and or in between instance of if then else for some every return satisfies function external item number"
CALLS = [
    "not(",
    "date(",
    "date and time(",
    "string length(",
    "list contains(",
    "matches(",
    "replace(",
    "sort(",
    "count(",
]
PIECES = st.sampled_from([*SIGNS, *LITERALS, *WORDS.split(), *CALLS, "list<", "context<"])
KLEENE = {"true": True, "false": False, "null": None}


def quiet_env():
    return feel.Env(limits=feel.Limits(steps=20_000))


@CALM
@given(st.text(max_size=60))
def test_any_text_compiles_or_is_refused(text):
    for compile_text in (feel.compile_expression, feel.compile_unary_tests, feel.compile_value):
        try:
            compile_text(text)
        except (feel.FeelSyntaxError, feel.FeelLimitError):
            continue


@settings(max_examples=600, deadline=None)
@given(st.lists(PIECES, max_size=14).map(" ".join))
def test_a_soup_of_tokens_gives_a_value_or_is_refused(text):
    try:
        found = feel.compile_expression(text)
    except (feel.FeelSyntaxError, feel.FeelLimitError):
        return
    try:
        value, diagnostics = found.trace({"a": 3, "b": [1, {"a": "x"}]}, quiet_env())
    except feel.FeelLimitError:
        return
    assert feel.kind(value) != "unknown"
    assert all(0 <= each.position <= len(text) for each in diagnostics)


INTEGERS = st.recursive(
    st.integers(-999, 999).map(lambda n: f"({n})"),
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    max_leaves=8,
)


def python_value(text):
    """The same arithmetic by a tiny evaluator of its own over Python's tokens."""
    import ast

    def walk(node):
        match node:
            case ast.Constant(value=value):
                return value
            case ast.UnaryOp(operand=operand):
                return -walk(operand)
            case ast.BinOp(left=left, op=op, right=right):
                a, b = walk(left), walk(right)
                return a + b if isinstance(op, ast.Add) else a - b if isinstance(op, ast.Sub) else a * b

    return walk(ast.parse(text, mode="eval").body)


@CALM
@given(INTEGERS, INTEGERS)
def test_whole_numbers_calculate_as_in_python(left, right):
    a, b = python_value(left), python_value(right)
    if max(abs(a), abs(b)) < 10**34:
        assert feel.compile_expression(left).evaluate({}) == a
        assert feel.compile_expression(f"{left} < {right}").evaluate({}) is (a < b)
        assert feel.compile_expression(f"{left} = {right}").evaluate({}) is (a == b)
        assert feel.compile_expression("x >= y").evaluate({"x": a, "y": b}) is (a >= b)


@CALM
@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6).filter(bool))
def test_floor_and_modulo_agree_with_python(a, b):
    assert feel.compile_expression("modulo(a, b)").evaluate({"a": a, "b": b}) == a % b
    assert feel.compile_expression("floor(a / b)").evaluate({"a": a, "b": b}) == a // b


@pytest.mark.parametrize(("a", "b"), list(itertools.product(KLEENE, KLEENE)))
def test_and_or_follow_kleene(a, b):
    x, y = KLEENE[a], KLEENE[b]
    both = False if x is False or y is False else (True if x and y else None)
    either = True if x or y else (False if x is False and y is False else None)
    for text, names in ((f"{a} OP {b}", {}), ("x OP y", {"x": x, "y": y})):
        assert feel.compile_expression(text.replace("OP", "and")).evaluate(names) is both
        assert feel.compile_expression(text.replace("OP", "or")).evaluate(names) is either


SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=10)
SCALARS = SCALARS | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
)


@CALM
@given(VALUES)
def test_json_comes_back_as_it_went(value):
    there = feel.from_json(value)
    back = feel.to_json(there)
    json.dumps(back)
    assert feel.equal(feel.from_json(back), there) is True
    assert feel.equal(feel.compile_expression("x").evaluate({"x": value}), there) is True


@CALM
@given(VALUES, VALUES)
def test_equality_is_the_same_both_ways_and_hashes_alike(a, b):
    assert feel.equal(a, b) is feel.equal(b, a)
    found = feel.compile_expression("[list contains([a], b), count(distinct values([a, b])) = 1]").evaluate(
        {"a": a, "b": b}
    )
    assert found[0] is found[1] is (feel.equal(a, b) is True)


@CALM
@given(st.dates(), st.integers(-4000, 4000))
def test_days_add_up_as_in_python(day, count):
    try:
        expected = day + dt.timedelta(days=count)
    except OverflowError:
        return
    names = {"day": day, "span": dt.timedelta(days=count)}
    assert feel.compile_expression("day + span").evaluate(names) == expected
    assert feel.compile_expression("(day + span) - span = day").evaluate(names) is True
    assert feel.compile_expression("date(string(day)) = day").evaluate(names) is True


@CALM
@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_a_number_survives_its_text(number):
    assert feel.compile_expression("number(string(x)) = x").evaluate({"x": number}) is True
    assert feel.compile_expression(f"{number:f}").evaluate({}) == Decimal(number)


@CALM
@given(st.timedeltas(), st.datetimes(timezones=st.just(dt.UTC)))
def test_durations_and_moments_survive_their_text(span, moment):
    names = {"span": span, "moment": moment}
    assert feel.compile_expression("duration(string(span)) = span").evaluate(names) is True
    assert feel.compile_expression("date and time(string(moment)) = moment").evaluate(names) is True


@CALM
@given(st.lists(st.integers(-5, 5), max_size=8), st.integers(-9, 9))
def test_lists_are_cut_as_in_python(values, place):
    expected = None
    if place and abs(place) <= len(values):
        expected = values[place - 1 if place > 0 else place]
    assert feel.compile_expression("xs[n]").evaluate({"xs": values, "n": place}) == expected
    assert feel.compile_expression("xs[item > n]").evaluate({"xs": values, "n": place}) == [
        x for x in values if x > place
    ]
    assert feel.compile_expression("sort(xs, function(a, b) a < b)").evaluate({"xs": values}) == sorted(values)
    assert feel.compile_expression("reverse(reverse(xs)) = xs").evaluate({"xs": values}) is True


FAR_DATES = st.tuples(st.integers(-999_999_000, 999_999_000), st.integers(1, 12), st.integers(1, 28))


@CALM
@given(FAR_DATES, FAR_DATES, st.integers(-(10**6), 10**6))
def test_dates_of_all_ages_have_an_order_a_distance_and_a_text(first, second, count):
    names = {"y": first[0], "m": first[1], "d": first[2], "u": second[0], "v": second[1], "w": second[2], "n": count}
    found = feel.compile_expression(
        '{a: date(y, m, d), b: date(u, v, w), span: @"P1D" * n, order: [a < b, a = b, a > b],'
        " back: (a + span) - span = a,"
        " far: (a + span) - a = span, apart: a + (b - a) = b, text: date(string(a)) = a,"
        ' months: if abs(n) < 100000 then a + @"P1M" * n - @"P1M" * n = a else true}'
    ).evaluate(names)
    assert found["order"] == [first < second, first == second, first > second]
    assert all(found[each] is True for each in ("back", "far", "apart", "text", "months"))


ZONES = st.sampled_from(["Europe/Paris", "Asia/Ho_Chi_Minh", "America/New_York", "Australia/Melbourne", "UTC"])


@CALM
@given(
    st.datetimes(dt.datetime(1975, 1, 1), dt.datetime(2080, 1, 1)),  # noqa: DTZ001
    ZONES.map(zoneinfo.ZoneInfo),
    st.integers(-(10**9), 10**9),
)
def test_real_time_passes_in_every_zone_as_python_says(local, zone, seconds):
    start = local.replace(tzinfo=zone).astimezone(dt.UTC).astimezone(zone)
    span = dt.timedelta(seconds=seconds)
    found = feel.compile_expression("x + span").evaluate({"x": start, "span": span})
    expected = start.astimezone(dt.UTC) + span
    assert found.astimezone(dt.UTC) == expected and found.utcoffset() == expected.astimezone(zone).utcoffset()
    assert feel.compile_expression("(x + span) - x = span").evaluate({"x": start, "span": span}) is True


RANGES = st.tuples(st.integers(0, 8), st.integers(1, 4), st.booleans(), st.booleans()).map(
    lambda found: feel.Range(found[0], found[0] + found[1], found[2], found[3])
)


def points(interval):
    """The points of a range on a grid of quarters, which is as good as all of them for ends that are whole."""
    inside = (Decimal(n) / 4 for n in range(4 * 14))
    return {
        x
        for x in inside
        if (x > interval.start or (x == interval.start and interval.start_included))
        and (x < interval.end or (x == interval.end and interval.end_included))
    }


@CALM
@given(RANGES, RANGES, st.integers(0, 12))
def test_relations_of_ranges_are_those_of_their_points(a, b, point):
    first, second = points(a), points(b)

    def holds(text):
        return feel.compile_expression(text).evaluate({"a": a, "b": b, "p": point})

    assert holds("overlaps(a, b)") is bool(first & second)
    assert holds("includes(a, b)") is holds("during(b, a)") is (second <= first)
    assert holds("before(a, b)") is holds("after(b, a)") is (max(first) < min(second))
    assert holds("coincides(a, b)") is holds("a = b") is (first == second)
    assert holds("includes(a, p)") is holds("p in a") is (point in first)
    assert holds("before(p, a)") is (point < min(first))
    assert holds("after(p, a)") is (point > max(first))
    assert holds("starts(a, b)") is (first <= second and min(first) == min(second))
    assert holds("finishes(a, b)") is (first <= second and max(first) == max(second))
