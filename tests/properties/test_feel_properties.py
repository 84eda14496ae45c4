"""FEEL against what is known without it (Python's integers and dates, Kleene's tables); and what it may raise."""

import datetime as dt
import itertools
import json
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
