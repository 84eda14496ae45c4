"""Attacks on the evaluator: each ends soon and with little memory, in a value or in an error that names the limit."""

import itertools
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine import feel

ROOT = Path(__file__).parents[1]
LONG = '"' + "a" * 4000 + '"'
STRING = f"s: {LONG}, t: s+s+s+s+s+s+s+s+s+s"
FIFTY = '"' + "a" * 50 + '"'
SIXTEEN = '"(.+)", "' + "$1" * 16 + '"'
LIST = "l: for i in 1..99999 return i"


def tower(first, last):
    """A context whose levels hold the one below ten times: 10 ** 7 leaves in a few bytes."""
    names = "abcdefgh"
    steps = ", ".join(f"{name}: [{','.join([below] * 10)}]" for below, name in itertools.pairwise(names))
    return f"{{a: {first}, {steps}, i: {last}}}"


# text → "value" (it may also be null), "syntax" or "limit"
TEXTS = {
    "brackets": ("(" * 4990 + "1" + ")" * 4990, "limit"),
    "lists": ("[" * 4990 + "]" * 4990, "limit"),
    "contexts": ("{a:" * 2400 + "1" + "}" * 2400, "limit"),
    "minus signs": ("-" * 9000 + "1", "limit"),
    "if in if": ("if true then " * 700 + "1", "limit"),
    "else if": ("if a then 1 else " * 500 + "1", "limit"),
    "a flat sum": ("1" + "+1" * 4900, "value"),
    "a flat conjunction": ("true" + " and true" * 1000, "value"),
    "comparisons": ("1" + "=1" * 4000, "limit"),
    "filters": ("x" + "[1]" * 3000, "limit"),
    "dots": ("x" + ".a" * 4000, "limit"),
    "descendants": ("x" + "...a" * 2400, "limit"),
    "calls": ("f" + "()" * 4000, "limit"),
    "in": ("1" + " in 1" * 1500, "limit"),
    "between": ("1" + " between 1 and 1" * 500, "limit"),
    "types": ("x instance of " + "list<" * 1900 + "number" + ">" * 1900, "limit"),
    "instance of": ("x" + " instance of number" * 500, "limit"),
    "functions": ("function(x) " * 800 + "x", "limit"),
    "loops in loops": ("for i in 1..2 return " * 400 + "1", "limit"),
    "many iterators": ("for " + ", ".join(f"i{n} in [1,2]" for n in range(500)) + " return 1", "limit"),
    "many tests": ("1 in (" + ",".join(["1"] * 4000) + ")", "value"),
    "many names": ("f(" + ", ".join(f"a{n}: 1" for n in range(900)) + ")", "value"),
    "many keys": ("{" + ", ".join(f"a b{n}: 1" for n in range(900)) + "}", "value"),
    "words": (" ".join(["aa"] * 3000), "syntax"),
    "comments": ("/*" * 4900, "syntax"),
    "quotes": ('"' * 9999, "syntax"),
    "question marks": ("?" * 9999, "value"),
    "digits": ("9" * 9900, "syntax"),
    "a long text": (" " * 10_001, "limit"),
    "a long literal": ('@"' + "P1D" * 3000 + '"', "value"),
    "a long date": ('date("' + "2022-" * 1900 + '")', "value"),
    "half a character": ('"\\uD800"', "value"),
    "comparisons without a left side": ("<" * 9000 + "1", "limit"),
    "words in a filter": ("x[" + " ".join(["aa"] * 3000) + "]", "value"),
    "functions of functions": ("function(x) " * 90 + "[" + ",".join(["1+1"] * 1500) + "]", "value"),
}
LOOPS = {
    "all combinations": ("some " + ", ".join(f"i{n} in [1,2]" for n in range(30)) + " satisfies false", "limit"),
    "a long list": ("for i in 1..1000000000 return i", "limit"),
    "a long search": ("some i in 1..1000000000 satisfies false", "limit"),
    "a nested search": ("every i in 1..100000, j in 1..100000 satisfies true", "limit"),
    "a heavy condition": (f"some i in 1..1000000000 satisfies ({'+'.join(['i'] * 2000)}) < 0", "limit"),
    "a heavy filter": (f"(for i in 1..99999 return i)[({'+'.join(['item'] * 2000)}) < 0]", "limit"),
    "filters of filters": ("{l: for i in 1..300 return i, r: l[l[l[item>0][1]>0][1]>0]}", "limit"),
    "lists of lists": ("for i in 1..100000 return for j in 1..100000 return 1", "limit"),
    "partial results": ("for i in 1..99999 return partial", "limit"),
    "index of": (f"{{{LIST}, r: for j in l return index of(l, j)}}", "limit"),
    "list contains": (f"{{{LIST}, r: for j in l return list contains(l, j)}}", "limit"),
    "sums": (f"{{{LIST}, r: for j in l return sum(l)}}", "limit"),
    "unions": (f"{{{LIST}, r: for j in l return union(l, l)}}", "limit"),
    "sorting": ("sort(for i in 1..99999 return modulo(i * 7919, 100003), function(x, y) x < y)", "limit"),
    "deviations": ("for i in 1..1000 return stddev(for j in 1..1000 return j / 7)", "limit"),
    "working days": ('working days after("2022-01-01", 999999999)', "limit"),
    "days of all ages": ('for d in @"0001-01-01"..@"9999-12-31" return d', "limit"),
    "powers": ("for i in 1..100000 return 1.0000123 ** (i + 0.5)", "limit"),
    "logarithms": ("for i in 1..100000 return log(i)", "limit"),
    "endless recursion": ("{f: function(n) f(n + 1), r: f(0)}.r", "limit"),
    "deep recursion": ("{f: function(n) " + "1+(" * 12 + "f(n + 1)" + ")" * 12 + ", r: f(0)}.r", "limit"),
    "fibonacci": ("{f: function(n) if n < 2 then n else f(n - 1) + f(n - 2), r: f(40)}.r", "limit"),
    "self application": ("(function(x) x(x))(function(x) x(x))", "limit"),
    "days of all ages, unseen": ('some d in @"-999999999-01-01"..@"999999999-12-31" satisfies false', "limit"),
    "ranges as text": (f"{{{STRING}, r: for i in 1..100000 return range(t)}}", "limit"),
    "types of large functions": (
        "{f: function(a) {" + ",".join(f"k{i}: a" for i in range(900)) + "}, "
        "r: for i in 1..100000 return f instance of function<number> -> context<k1: number>}",
        "limit",
    ),
    "moments in a zone": ('for i in 1..100000 return @"2022-01-01T00:00:00@Europe/Paris" + @"PT1H" * i', "limit"),
    "a range without end": ("for i in 1..1e6000 return i", "value"),
}
SIZES = {
    "doubling strings": (f"{{{STRING}, u: t+t+t+t+t, v: u+u+u+u+u, w: v+v}}", "limit"),
    "tenfold lists": (
        "{a: [1,2,3,4,5,6,7,8,9,10], "
        + ", ".join(f"{b}: concatenate({','.join([a] * 10)})" for a, b in zip("abcde", "bcdef", strict=True))
        + "}",
        "limit",
    ),
    "a joined string": ('string join(for i in 1..99999 return "aaaaaaaaaaaaaaaaaaaaaaaaa")', "limit"),
    "many long strings": (f"{{{STRING}, l: for i in 1..100000 return t + string(i)}}", "limit"),
    "many upper cases": (f"{{{STRING}, l: for i in 1..100000 return upper case(t)}}", "limit"),
    "many parts": (f"{{{STRING}, l: for i in 1..100000 return substring(t, 2)}}", "limit"),
    "many comparisons": (f'{{{STRING}, u: t + "", l: every i in 1..1000000 satisfies t <= u}}', "limit"),
    "a list as text": (f"{{s: {LONG}, l: for i in 1..1000 return s, t: string(l)}}", "limit"),
    "a tower as text": (tower('"xxxxxxxxxx"', "string(h)"), "limit"),
    "equal towers": (tower("1", "h = h"), "limit"),
    "a flat tower": (tower("1", "flatten(h)"), "limit"),
    "a path into a tower": (tower("{x: 1}", "h.x"), "limit"),
    "the descendants of a tower": (tower("{x: 1}", "h...x"), "limit"),
    "the type of a tower": (tower("1", "h instance of " + "list<" * 7 + "number" + ">" * 7), "limit"),
    "a search in a tower": (tower("1", "2 in h"), "limit"),
    "copied contexts": (
        "{l: for i in 1..99999 return {key: string(i), value: i}, c: context(l), "
        'd: for i in 1..99999 return context put(c, "a", i)}',
        "limit",
    ),
    "entries": (
        "{l: for i in 1..50000 return {key: string(i), value: i}, c: context(l), "
        "d: for i in 1..99999 return get entries(c)}",
        "limit",
    ),
    "closures": ("{f: function(x) function(y) x + y, g: for i in 1..99999 return f(i)}", "limit"),
    "numbers as text": ("for i in 1..100000 return string(1e6144)", "limit"),
    "diagnostics": ("for i in 1..99999 return foo.bar", "value"),
}
NUMBERS = {
    "a huge power": ("10 ** 999999999", "value"),
    "a fine power": ("1.000000001 ** 999999999999", "value"),
    "a huge exponential": ("exp(99999999999)", "value"),
    "overflow": ("1e6144 * 10", "value"),
    "underflow": ("1e-6143 / 10", "value"),
    "a huge scale": ("decimal(1, 99999999999)", "value"),
    "a huge duration": ('@"P999999999D" * 99999999999999', "value"),
    "huge durations": ('for i in 1..100000 return @"P1D" * 1e6100', "value"),
    "huge months": ('for i in 1..100000 return @"P1M" * 1e6100', "value"),
    "a huge year": ('@"2022-01-01" + @"P999999999999Y"', "value"),
}
PATTERNS = {
    "(a+)+": (f'matches("{"a" * 3000}b", "(a+)+$")', "value"),
    "a*a*a*": (f'matches("{"a" * 3000}b", "a*a*a*a*a*a*a*c")', "value"),
    "(a|a)*": (f'matches("{"a" * 3000}b", "(a|a)*c")', "value"),
    "back references": (f'matches("{"a" * 3000}b", "(a*)(a*)(a*)\\\\1\\\\2\\\\3c")', "limit"),
    "nested counts": ('matches("a", "((((a{100}){100}){100}){100})")', "limit"),
    "a huge count": ('matches("a", "a{99999}")', "limit"),
    "nested groups": (f'matches("a", "{"(" * 400}a{")" * 400}")', "limit"),
    "nested classes": (f'matches("a", "{"[a-z-" * 150}{"]" * 150}")', "limit"),
    "a long pattern": (f'matches("a", "{"a|" * 3000}")', "limit"),
    "replacements that grow": (
        f'{{a: {FIFTY}, b: replace(a, "a", a), c: replace(b, "a", b), d: replace(c, "a", c)}}',
        "limit",
    ),
    "groups that grow": (
        f"{{a: {FIFTY}, "
        + ", ".join(f"{y}: replace({x}, {SIXTEEN})" for x, y in zip("abcde", "bcdef", strict=True))
        + "}",
        "limit",
    ),
}
ATTACKS = {**TEXTS, **LOOPS, **SIZES, **NUMBERS, **PATTERNS}

# on an idle machine none needs more than half a second; the tests may share the machine with others
SECONDS = 1.5
MEGABYTES = 400


def outcome(text):
    try:
        feel.compile_expression(text).evaluate({"a": False, "x": [1]})
    except feel.FeelSyntaxError:
        return "syntax"
    except feel.FeelLimitError:
        return "limit"
    return "value"


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_ends_soon(name):
    text, expected = ATTACKS[name]
    start = time.process_time()
    found = outcome(text)
    assert time.process_time() - start < SECONDS
    assert found == expected


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from Linux's /proc")
def test_attacks_need_little_memory():
    # Not ru_maxrss: Linux hands a process the peak of the one that started it, so a grown pytest worker would count.
    program = (
        "import json, pathlib, re, sys\n"
        "from engine import feel\n"
        "for text in json.load(sys.stdin):\n"
        "    try:\n"
        "        feel.compile_expression(text).evaluate({})\n"
        "    except feel.FeelError:\n"
        "        pass\n"
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "print(int(re.search(r'VmHWM:\\s+(\\d+) kB', status)[1]) // 1024)\n"
    )
    texts = json.dumps([text for text, _ in SIZES.values()])
    found = subprocess.run(
        [sys.executable, "-c", program], input=texts, capture_output=True, text=True, check=True, cwd=ROOT, timeout=120
    )
    assert int(found.stdout) < MEGABYTES


@pytest.mark.parametrize("limits", [feel.Limits(steps=10), feel.Limits(list_size=10)])
def test_limits_are_the_caller_s_to_lower(limits):
    with pytest.raises(feel.FeelLimitError):
        feel.compile_expression("for i in 1..20 return i").evaluate({}, feel.Env(limits=limits))


def test_a_deep_value_is_refused_when_it_is_stored():
    value = []
    for _ in range(500):
        value = [value]
    with pytest.raises(feel.FeelLimitError):
        feel.to_json(value)


def test_a_deep_variable_ends_in_a_limit():
    value = []
    for _ in range(5000):
        value = [value]
    for text in ("x = x", "string(x)", "x instance of list<number>", "distinct values(x)"):
        try:
            feel.compile_expression(text).evaluate({"x": value})
        except feel.FeelLimitError:
            continue


def test_a_list_of_partial_results_does_not_hold_itself():
    found = feel.compile_expression("for i in 1..3 return partial").evaluate({})
    assert found == [[], [[]], [[], [[]]]]


@pytest.mark.parametrize(
    "value",
    [object(), open, type, lambda: None, Exception("x"), b"bytes", {1, 2}, 1j],
    ids=["object", "open", "type", "lambda", "exception", "bytes", "set", "complex"],
)
def test_a_python_object_in_the_context_is_null(value):
    for text in (
        "x",
        "x.__class__",
        "x()",
        "x + 1",
        "[x][1]",
        "{a: x}.a",
        "for i in [x] return i.__dict__",
        "string(x)",
    ):
        found, _ = feel.compile_expression(text).trace({"x": value})
        assert found in (None, [None])


def test_compiled_expressions_are_remembered_up_to_a_bound():
    first = feel.compile_expression("1 + 1")
    assert feel.compile_expression("1 + 1") is first
    for number in range(feel.CACHE_SIZE + 10):
        feel.compile_expression(f"{number}")
    assert feel.compile_expression("1 + 1") is not first
