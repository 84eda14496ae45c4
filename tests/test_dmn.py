"""DMN: hit policies, boxed expressions, requirement graphs, types, explanations, and models that are refused."""

import datetime as dt
import random
from decimal import Decimal

import pytest

from engine import dmn, feel
from engine.dmn.columns import Column
from engine.errors import DefinitionError

SPACE = 'xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"'


def model(body, space=SPACE):
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{head}<definitions {space} id="m" name="m" namespace="n">{body}</definitions>'.encode()


def cell(tag, text):
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f"<{tag}><text>{escaped}</text></{tag}>"


def table(policy, inputs, outputs, rules, extra="", output_values=None, default=None):
    """A decision `d` with a table; a rule is a list of cells, inputs first."""
    values = (f"<outputValues><text>{output_values}</text></outputValues>" if output_values else "") + (
        cell("defaultOutputEntry", default) if default else ""
    )
    rows = "".join(
        f'<rule id="r{n}">'
        + "".join(cell("inputEntry", each) for each in rule[: len(inputs)])
        + "".join(cell("outputEntry", each) for each in rule[len(inputs) :])
        + f"<annotationEntry><text>row {n}</text></annotationEntry></rule>"
        for n, rule in enumerate(rules, 1)
    )
    return model(
        f'<decision id="d" name="Decide"><decisionTable {policy}>'
        + "".join(f'<input id="i{n}">{cell("inputExpression", each)}</input>' for n, each in enumerate(inputs))
        + "".join(f'<output id="o{n}" name="{each}">{values}</output>' for n, each in enumerate(outputs))
        + rows
        + f"</decisionTable></decision>{extra}"
    )


def decide(xml, name="d", env=None, **context):
    return dmn.parse(xml, "m.dmn").decision(name).evaluate(context, env).value


def problems(xml):
    with pytest.raises(DefinitionError) as caught:
        dmn.parse(xml, "m.dmn")
    return [(each.element, each.code) for each in caught.value.problems]


RULES = [["< 10", '"small"'], ["< 100", '"medium"'], ["-", '"large"']]


@pytest.mark.parametrize(
    ("policy", "rules", "value", "expected"),
    [
        ('hitPolicy="FIRST"', RULES, 5, "small"),
        ('hitPolicy="FIRST"', RULES, 500, "large"),
        ('hitPolicy="RULE ORDER"', RULES, 50, ["medium", "large"]),
        ('hitPolicy="COLLECT"', RULES, 5, ["small", "medium", "large"]),
        ("", [["1", '"one"'], ["2", '"two"']], 2, "two"),
        ("", [["1", '"one"']], 2, None),
        ('hitPolicy="COLLECT"', [["1", '"one"']], 2, []),
        ('hitPolicy="ANY"', [["1", '"one"'], ["[1..2]", '"one"']], 1, "one"),
        ('hitPolicy="COLLECT" aggregation="SUM"', [["-", "1"], ["> 1", "2"]], 5, 3),
        ('hitPolicy="COLLECT" aggregation="MIN"', [["-", "1"], ["> 1", "2"]], 5, 1),
        ('hitPolicy="COLLECT" aggregation="MAX"', [["-", "1"], ["> 1", "2"]], 5, 2),
        ('hitPolicy="COLLECT" aggregation="COUNT"', [["-", "1"], ["> 1", "1"]], 5, 2),
        ('hitPolicy="COLLECT" aggregation="COUNT"', [["1", "1"]], 5, 0),
        ('hitPolicy="COLLECT" aggregation="SUM"', [["1", "1"]], 5, None),
        ('hitPolicy="C+"', [["-", "1"], ["> 1", "2"]], 5, 3),
    ],
)
def test_a_hit_policy_makes_its_result(policy, rules, value, expected):
    assert decide(table(policy, ["x"], ["out"], rules), x=value) == expected


@pytest.mark.parametrize(
    ("policy", "code"),
    [("", "several_rules"), ('hitPolicy="UNIQUE"', "several_rules"), ('hitPolicy="ANY"', "different_outputs")],
)
def test_rules_that_may_not_both_hit_are_an_error(policy, code):
    with pytest.raises(dmn.DecisionError) as caught:
        decide(table(policy, ["x"], ["out"], [["1", "1"], ["[1..2]", "2"]]), x=1)
    assert caught.value.code == code
    assert "rules 1, 2" in caught.value.message


@pytest.mark.parametrize(("policy", "expected"), [("PRIORITY", "high"), ("OUTPUT ORDER", ["high", "middle", "low"])])
def test_output_values_give_the_order(policy, expected):
    rules = [["-", '"low"'], ["> 1", '"high"'], ["> 2", '"middle"']]
    xml = table(f'hitPolicy="{policy}"', ["x"], ["out"], rules, output_values='"high","middle","low"')
    assert decide(xml, x=5) == expected


def test_without_a_hit_the_default_output_counts():
    assert decide(table("", ["x"], ["out"], [["1", "1"]], default='"none"'), x=5) == "none"


def test_several_outputs_make_a_context_and_cells_may_be_expressions():
    xml = table("", ["amount", "kind"], ["fee", "note"], [["> limit", '"a","b"', "amount * 0.1", 'kind + "!"']])
    assert decide(xml, amount=200, kind="b", limit=100) == {"fee": 20, "note": "b!"}
    assert decide(xml, amount=20, kind="b", limit=100) is None


def test_constants_ranges_and_negations_in_one_column():
    rules = [['"a"', "1"], ['not("a", "b")', "2"], ['"b", "a"', "3"], ["null", "4"], ['? = "c"', "5"]]
    xml = table('hitPolicy="COLLECT"', ["x"], ["out"], rules)
    assert decide(xml, x="a") == [1, 3]
    assert decide(xml, x="b") == [3]
    assert decide(xml, x="c") == [2, 5]
    assert decide(xml) == [2, 4]


def test_the_index_of_a_table_agrees_with_its_cells_evaluated_one_by_one():
    source = random.Random(3)
    ends = ["1", "2.5", "-3", "10"]
    others = [
        *('"x"', '"y"', "true", "null", '@"2022-01-01"', '> date("2021-01-01")', 'date("2022-02-30")', '< @"P1D"'),
        *('[date("2021-01-01")..@"2022-01-01")', '["a".."y"]', "(< 5)", "[1, 10]", '@"12:00:00"', '>= @"P2M"'),
        *('> @"2021-05-05T00:00:00Z"', '= @"2022-01-01T00:00:00Z"', '< @"2022-01-01T00:00:00"', '> @"-20000-01-01"'),
        *("? = null", "? = 10", "10 >= ?", '"b" < ?', "? between 1 and 3", "? > 1 and ? <= 10", '? > 1 and ? < "x"'),
        *('? < 0 or ? = "x" or ? > 9', "? != 1", "? + 0 > 2", "? > 1 and ? > 2 and 3 > ?", "not(1, 2.5)", "not(null)"),
        *(
            'not("x", @"2022-01-01")',
            "not(< 5)",
            "not(? = 1)",
            "? in [1..3]",
            "?",
            "[1..5], ? > 9",
            "? instance of number",
        ),
        *('time("12:00:00Z")', "? = 1 and ? = 1", 'date and time("2022-01-01T00:00:00Z")', '? >= date("2022-01-01")'),
    ]

    def cell_text():
        a, b = sorted(source.sample(ends, 2), key=float)
        one = [a, f"< {a}", f">= {b}", f"= {a}", f"!= {a}", f"[{a}..{b}]", f"({a}..{b})", f"]{a}..{b}]", f"[{b}..{a}]"]
        one += [f"not({a}, {b})", f"? > {a}", f"? >= {a} and ? < {b}", f"{b} = ?"]
        first, second = source.sample([each for each in one + others if not each.startswith("not")], 2)
        return source.choice([source.choice(one), source.choice(others), f"{first}, {second}", "-"])

    cells = [cell_text() for _ in range(800)]
    assert set(others) <= set(cells)
    decision = dmn.parse(table('hitPolicy="COLLECT"', ["x"], ["out"], [[c, f"{n}"] for n, c in enumerate(cells)]))
    given = [1, 2, 2.5, Decimal("-3"), 10, 99, -99, 0.5, "x", "z", "b", True, False, None, [1], {"a": 1}]
    texts = ["2022-01-01", "2021-05-05", "PT0S", "P1D", "P2M", "2022-01-01T00:00:00Z", "2021-05-05T07:00:00+07:00"]
    texts += ["2022-01-01T00:00:00", "12:00:00", "12:00:00Z", "-30000-01-01", "20000-05-05T10:00:00Z", "P99999999999D"]
    for value in [*given, *(feel.compile_expression(f'@"{text}"').evaluate({}) for text in texts)]:
        expected = [n for n, c in enumerate(cells) if feel.compile_unary_tests(c).evaluate({"?": value}) is True]
        found = decision.decision("d").evaluate({"x": value}).value
        assert [cells[int(n)] for n in found] == [cells[n] for n in expected], value


@pytest.mark.parametrize(
    ("answered", "cells"),
    [
        (
            True,
            ["1", '"a", "b"', "null", "true", "< 3", ">= 3", "= 3", "[1..3)", "1, [3..5], > 9", "-", "", '["a".."c"]'],
        ),
        (True, ['date("2022-01-01")', '@"P1D"', '> @"P1M"', '< date("2022-01-01")', '[@"08:00:00"..@"12:00:00"]']),
        (
            True,
            ["? = 1", "1 = ?", "? < 3", "3 > ?", "? between 1 and 3", "? > 1 and ? <= 3", "? = 1 or ? = 2 or ? > 9"],
        ),
        (True, ["not(1)", 'not("a", null)', 'not(date("2022-01-01"))']),
        (False, ["not(< 1)", "not([1..2])", "not(? = 1)", "!= 1", "? != 1", "x", "< x", "[1..x]", "[1, 2]", "even(?)"]),
        (
            False,
            ["? > 1 and ? > x", "? + 1 = 2", "? = 1 and ? = 2", 'date("2022-02-30")', "date(x)", "? in [1..3]", "?"],
        ),
    ],
)
def test_which_cells_the_index_answers(answered, cells):
    for each in cells:
        column = Column([feel.compile_unary_tests(each)], frozenset({"time"}))
        assert (column.others == 0) is answered, each
    assert Column(
        [feel.compile_unary_tests('time("08:00:00")')], frozenset({"time"})
    ).others  # the model's own function


def test_a_boolean_is_not_a_number_in_a_cell():
    xml = table('hitPolicy="COLLECT"', ["x"], ["out"], [["1", '"number"'], ["true", '"boolean"']])
    assert decide(xml, x=True) == ["boolean"]
    assert decide(xml, x=1) == ["number"]


def test_an_explanation_names_the_rules_that_count():
    result = dmn.parse(table('hitPolicy="FIRST"', ["x"], ["out"], RULES)).decision("d").evaluate({"x": 50})
    assert result.explanation == [
        {
            "decision": "d",
            "table": "Decide",
            "hit_policy": "FIRST",
            "inputs": [{"label": "x", "value": 50}],
            "rules": [
                {"index": 2, "id": "r2", "annotation": "row 2", "inputs": ["< 100"], "outputs": {"out": "medium"}},
            ],
        }
    ]


def test_an_explanation_in_detail_says_why_the_other_rules_did_not_hit():
    rules = [["1", "> 5", '"a"'], ["< 100", "-", '"b"'], ["-", "-", '"c"'], ["3", "?", '"d"']]
    xml = table('hitPolicy="FIRST"', ["x", "y"], ["out"], rules)
    (step,) = dmn.parse(xml).decision("d").evaluate({"x": 50, "y": 7}, detail=True).explanation
    assert (step["decision"], step["name"], step["value"], step["requires"]) == ("d", "Decide", "b", [])
    (told,) = step["tables"]
    assert [each["index"] for each in told["rules"]] == told["hits"] == [2]
    assert [(each["index"], each["input"], each["value"], each["test"]) for each in told["others"]] == [
        (1, "x", 50, "1"),
        (3, None, None, None),
        (4, "x", 50, "3"),
    ]
    assert (told["others_left"], told["default"]) == (0, False)


def test_an_explanation_in_detail_has_a_step_for_each_decision():
    steps = dmn.parse(GRAPH).decision("net").evaluate({"gross pay": 200}, detail=True).explanation
    assert [(each["name"], each["value"]) for each in steps] == [("Tax", 40), ("Net pay", 160)]
    assert steps[0]["requires"] == [
        {"name": "gross pay", "kind": "input", "value": 200},
        {"name": "rate of", "kind": "knowledge", "value": "<function>"},
    ]
    assert [each["decision"] for each in steps[0]["tables"]] == ["rate"]
    assert steps[1]["requires"][1] == {"name": "tax", "kind": "decision", "value": 40}


def test_a_table_that_is_asked_in_a_loop_is_explained_up_to_a_limit():
    bkm = (
        '<businessKnowledgeModel id="b" name="b"><encapsulatedLogic><formalParameter name="n"/><decisionTable '
        'hitPolicy="COLLECT"><input><inputExpression><text>n</text></inputExpression></input><output/>'
        + "".join(f"<rule>{cell('inputEntry', str(n))}{cell('outputEntry', '1')}</rule>" for n in range(30))
        + "</decisionTable></encapsulatedLogic></businessKnowledgeModel>"
    )
    service = '<decisionService id="s" name="s"><outputDecision href="#d"/></decisionService>'
    text = cell("literalExpression", "count(for i in 1..5000 return b(i))")
    needs = '<knowledgeRequirement><requiredKnowledge href="#b"/></knowledgeRequirement>'
    found = dmn.parse(model(f'<decision id="d" name="d">{needs}{text}</decision>{service}{bkm}'))
    assert len(found.decision("d").evaluate({}).explanation) == 1_000
    for one in (found.decision("d"), found.service("s")):
        (step,) = one.evaluate({}, detail=True).explanation
        assert len(step["tables"]) == 1_000
        assert sum(len(each["others"]) for each in step["tables"]) == 10_000


def test_a_service_that_is_called_is_a_step_within_the_step():
    xml = model(
        '<decision id="i" name="inner"><literalExpression><text>1</text></literalExpression></decision>'
        '<decisionService id="s" name="serve"><outputDecision href="#i"/></decisionService><decision id="d" name="d">'
        '<knowledgeRequirement><requiredKnowledge href="#s"/></knowledgeRequirement>'
        "<literalExpression><text>serve() + 1</text></literalExpression></decision>"
    )
    (step,) = dmn.parse(xml).decision("d").evaluate({}, detail=True).explanation
    assert [(each["name"], each["value"]) for each in step["services"]] == [("inner", 1)]
    assert step["tables"] == []
    assert step["requires"] == [{"name": "serve", "kind": "service", "value": "<function>"}]


def test_an_output_without_a_name_is_explained_by_that_of_the_table():
    xml = table("", ["x"], [""], [["1", '"one"']])
    (told,) = dmn.parse(xml).decision("d").evaluate({"x": 1}).explanation
    assert told["rules"][0]["outputs"] == {"Decide": "one"}


def test_decisions_of_one_name_stay_two():
    one = '<decision id="{}" name="same"><literalExpression><text>{}</text></literalExpression></decision>'
    found = dmn.parse(model(one.format("a", 1) + one.format("b", 2)))
    assert [found.decision(each).evaluate({}).value for each in ("a", "b", "same")] == [1, 2, 1]


def test_an_input_that_is_required_but_not_used_is_read_too():
    xml = model(
        '<inputData id="i" name="unused"/><decision id="d" name="d"><informationRequirement><requiredInput href="#i"/>'
        "</informationRequirement><literalExpression><text>other</text></literalExpression></decision>"
    )
    assert dmn.parse(xml).decision("d").variables == {"unused", "other"}


def test_output_values_without_an_order_are_refused_for_priority():
    xml = table('hitPolicy="PRIORITY"', ["x"], ["out"], [["1", '"a"']], output_values='not("b")')
    assert problems(xml) == [("d", "output_values")]


def test_a_wrong_input_names_the_field_and_what_was_expected():
    result = dmn.parse(GRAPH).decision("net").evaluate({"gross pay": "200"})
    assert result.diagnostics[0].message == "gross pay: Expected a number, found string '200'."


GRAPH = model(
    '<itemDefinition name="tLevel"><typeRef>string</typeRef>'
    '<allowedValues><text>"low","high"</text></allowedValues></itemDefinition>'
    '<inputData id="i1" name="gross pay"><variable name="gross pay" typeRef="number"/></inputData>'
    '<inputData id="i2" name="since"><variable name="since" typeRef="date"/></inputData>'
    '<decision id="tax" name="Tax"><variable name="tax" typeRef="number"/>'
    '<informationRequirement><requiredInput href="#i1"/></informationRequirement>'
    '<knowledgeRequirement><requiredKnowledge href="#rate"/></knowledgeRequirement>'
    "<literalExpression><text>gross pay * rate of(gross pay)</text></literalExpression></decision>"
    '<decision id="net" name="Net pay"><variable name="net pay" typeRef="number"/>'
    '<informationRequirement><requiredInput href="#i1"/></informationRequirement>'
    '<informationRequirement><requiredDecision href="#tax"/></informationRequirement>'
    "<literalExpression><text>gross pay - tax</text></literalExpression></decision>"
    '<decision id="level" name="Level"><variable name="level" typeRef="tLevel"/>'
    '<informationRequirement><requiredInput href="#i1"/></informationRequirement>'
    '<literalExpression><text>if gross pay > 100 then "high" else "wrong"</text></literalExpression></decision>'
    '<decision id="year" name="Year"><variable name="year" typeRef="number"/>'
    '<informationRequirement><requiredInput href="#i2"/></informationRequirement>'
    "<literalExpression><text>since.year</text></literalExpression></decision>"
    '<businessKnowledgeModel id="rate" name="rate of"><variable name="rate of"/><encapsulatedLogic>'
    '<formalParameter name="pay" typeRef="number"/><decisionTable hitPolicy="FIRST">'
    "<input><inputExpression><text>pay</text></inputExpression></input><output/>"
    "<rule><inputEntry><text>&lt; 100</text></inputEntry><outputEntry><text>0.1</text></outputEntry></rule>"
    "<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>0.2</text></outputEntry></rule>"
    "</decisionTable></encapsulatedLogic></businessKnowledgeModel>"
    '<decisionService id="service" name="pay service"><variable name="pay service"/>'
    '<outputDecision href="#net"/><inputDecision href="#tax"/><inputData href="#i1"/></decisionService>'
)


def test_a_graph_is_decided_from_its_inputs():
    found = dmn.parse(GRAPH)
    result = found.decision("Net pay").evaluate({"gross pay": 200})
    assert result.value == 160
    assert [each["decision"] for each in result.explanation] == ["rate"]
    assert found.ids == ["tax", "net", "level", "year"]
    assert found.decision("net").variables == {"gross pay"}


def test_a_value_outside_its_type_is_null_and_says_why():
    result = dmn.parse(GRAPH).decision("level").evaluate({"gross pay": 1})
    assert result.value is None
    assert [each.code for each in result.diagnostics] == ["not_allowed"]
    assert dmn.parse(GRAPH).decision("net").evaluate({"gross pay": "200"}).value is None


def test_an_iso_text_is_read_where_a_date_is_expected():
    assert decide(GRAPH, "year", since="2022-03-31") == 2022
    assert decide(GRAPH, "year", since=dt.date(2022, 3, 31)) == 2022
    assert decide(GRAPH, "year", since="31/03/2022") is None


TYPES = (
    '<itemDefinition name="tSide"><typeRef>string</typeRef><allowedValues><text>"left","right"</text></allowedValues>'
    '</itemDefinition><itemDefinition name="tHand"><typeRef>tSide</typeRef></itemDefinition>'
    '<itemDefinition name="tUp"><typeRef>tSide</typeRef><allowedValues><text>"up"</text></allowedValues>'
    "</itemDefinition>"
    '<itemDefinition name="tSides" isCollection="true"><typeRef>tSide</typeRef></itemDefinition>'
    '<itemDefinition name="tMan"><itemComponent name="hand"><typeRef>tHand</typeRef></itemComponent>'
    '<itemComponent name="age"><typeRef>number</typeRef></itemComponent></itemDefinition>'
    '<itemDefinition name="tAsk"><functionItem outputTypeRef="tSides"/></itemDefinition>'
)


@pytest.mark.parametrize(
    ("type_name", "text", "expected"),
    [
        ("tSide", '"left"', "left"),
        ("tSide", '"up"', None),
        ("tHand", '"up"', None),
        ("tUp", '"up"', "up"),
        ("tUp", '"left"', None),
        ("tSides", '"left"', ["left"]),
        ("tSides", '["left", "up"]', None),
        ("tSide", '["right"]', "right"),
        ("tMan", '{hand: "left", age: 3}', {"hand": "left", "age": 3}),
        ("tMan", '{hand: "up", age: 3}', None),
        ("tMan", '{hand: "left"}', None),
        ("number", '"3"', None),
        ("feel:number", "[3]", 3),
        ("date and time", 'date("2022-03-31")', dt.datetime(2022, 3, 31, tzinfo=dt.UTC)),
        ("string", '"up" instance of tSide', None),
        ("boolean", '"up" instance of tSide', True),
        ("boolean", "3 instance of tSide", False),
        ("boolean", '["up"] instance of tSides', True),
        ("boolean", '{hand: "up", age: 1} instance of tMan', True),
        ("boolean", '{hand: "up"} instance of tMan', False),
        ("string", '(function(a: tSide) a)("left")', "left"),
        ("string", '(function(a: tSide) a)("up")', None),
    ],
)
def test_a_result_is_brought_into_its_type_or_null(type_name, text, expected):
    variable = f'<variable name="d" typeRef="{type_name}"/>'
    body = f'<decision id="d" name="d">{variable}{cell("literalExpression", text)}</decision>'
    assert decide(model(TYPES + body)) == expected
    typed = cell("literalExpression", text).replace("<literalExpression>", f'<literalExpression typeRef="{type_name}">')
    assert decide(model(f'{TYPES}<decision id="d" name="d">{typed}</decision>')) == expected


def test_a_knowledge_model_with_a_function_type_returns_its_output_type():
    xml = model(
        TYPES + '<businessKnowledgeModel id="b" name="ask"><variable name="ask" typeRef="tAsk"/><encapsulatedLogic>'
        '<formalParameter name="side" typeRef="tSide"/><literalExpression><text>side</text></literalExpression>'
        "</encapsulatedLogic></businessKnowledgeModel>"
        '<decision id="d" name="d"><knowledgeRequirement><requiredKnowledge href="#b"/></knowledgeRequirement>'
        '<literalExpression><text>[ask("left"), ask("up")]</text></literalExpression></decision>'
    )
    assert decide(xml) == [["left"], None]


def test_an_input_outside_its_values_counts_as_null():
    xml = table("", ["x"], ["out"], [["null", '"none"'], ["not(null)", '"some"']])
    xml = xml.replace(b"</inputExpression>", b"</inputExpression><inputValues><text>1, 2</text></inputValues>")
    result = dmn.parse(xml).decision("d").evaluate({"x": 3})
    assert (result.value, [each.code for each in result.diagnostics]) == ("none", ["not_allowed"])
    assert decide(xml, x=2) == "some"


def test_an_output_outside_its_values_counts_as_null():
    assert decide(table("", ["x"], ["out"], [["-", '"c"']], output_values='"a","b"'), x=1) is None


def test_a_model_read_leniently_keeps_what_is_right():
    wrong = '<decision id="w" name="w"><literalExpression><text>1 ==</text></literalExpression></decision>'
    right = '<decision id="r" name="r"><literalExpression><text>2</text></literalExpression></decision>'
    found = dmn.parse(model(wrong + right), "m.dmn", strict=False)
    assert [(each.element, each.code) for each in found.problems] == [("w", "feel_syntax")]
    assert found.decision("w").evaluate({}).value is None
    assert found.decision("r").evaluate({}).value == 2


def test_a_decision_service_sees_only_what_it_is_given():
    assert dmn.parse(GRAPH).service("pay service").evaluate({"gross pay": 200, "tax": 1}).value == 199


BOXES = {
    "context": (
        "<context><contextEntry><variable name='a b'/>"
        "<literalExpression><text>x + 1</text></literalExpression></contextEntry>"
        "<contextEntry><literalExpression><text>a b * 2</text></literalExpression></contextEntry></context>",
        8,
    ),
    "list": (
        "<list><literalExpression><text>x</text></literalExpression>"
        "<literalExpression><text>4</text></literalExpression></list>",
        [3, 4],
    ),
    "relation": (
        "<relation><column name='a'/><column name='b'/><row><literalExpression><text>1</text></literalExpression>"
        "<literalExpression><text>x</text></literalExpression></row></relation>",
        [{"a": 1, "b": 3}],
    ),
    "function and invocation": (
        "<invocation><functionDefinition><formalParameter name='n' typeRef='number'/>"
        "<literalExpression><text>n * x</text></literalExpression></functionDefinition><binding><parameter name='n'/>"
        "<literalExpression><text>x</text></literalExpression></binding></invocation>",
        9,
    ),
    "conditional": (
        "<conditional><if><literalExpression><text>x > 2</text></literalExpression></if>"
        "<then><literalExpression><text>1</text></literalExpression></then><else><literalExpression><text>2</text></literalExpression></else></conditional>",
        1,
    ),
    "filter": (
        "<filter><in><literalExpression><text>[1, 5]</text></literalExpression></in><match><literalExpression>"
        "<text>item > x</text></literalExpression></match></filter>",
        [5],
    ),
    "for": (
        "<for iteratorVariable='i'><in><literalExpression><text>[1..x]</text></literalExpression></in>"
        "<return><literalExpression><text>i + count(partial)</text></literalExpression></return></for>",
        [1, 3, 5],
    ),
    "some": (
        "<some iteratorVariable='i'><in><literalExpression><text>[1, 2]</text></literalExpression></in><satisfies>"
        "<literalExpression><text>i > x</text></literalExpression></satisfies></some>",
        False,
    ),
    "every": (
        "<every iteratorVariable='i'><in><literalExpression><text>[1, 2]</text></literalExpression></in><satisfies>"
        "<literalExpression><text>i &lt; x</text></literalExpression></satisfies></every>",
        True,
    ),
}


@pytest.mark.parametrize("name", BOXES)
def test_a_boxed_expression(name):
    box, expected = BOXES[name]
    xml = model(f"<decision id='d' name='d'>{box}</decision>")
    assert decide(xml, x=3) == expected
    assert dmn.parse(xml).decision("d").variables <= {"x"}


@pytest.mark.parametrize(
    "space",
    [
        'xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd"',
        'xmlns="http://www.omg.org/spec/DMN/20180521/MODEL/"',
        SPACE,
        'xmlns="https://www.omg.org/spec/DMN/20211108/MODEL/"',
        'xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/"',
        'xmlns="https://www.omg.org/spec/DMN/20240513/MODEL/"',
    ],
)
def test_every_version_of_dmn_reads_alike(space):
    xml = model('<decision id="d" name="d"><literalExpression><text>1 + 1</text></literalExpression></decision>', space)
    assert decide(xml) == 2


def test_the_calendar_and_the_clock_come_in_from_outside():
    class Closed:
        def is_working_day(self, day):
            return day.day == 28

    xml = table("", ["working days after(today(), 1)"], ["out"], [['date("2022-03-28")', "1"]])
    now = dt.datetime(2022, 3, 1, tzinfo=dt.UTC)
    assert decide(xml, env=feel.Env(calendar=Closed(), now=now)) == 1


def test_all_problems_are_told_at_once_with_their_elements():
    found = problems(
        model(
            '<decision id="a" name="a"><literalExpression id="la"><text>1 +</text></literalExpression></decision>'
            '<decision id="a" name="b"/>'
            '<decision id="c" name="c"><variable name="c" typeRef="tNone"/>'
            '<informationRequirement id="rc"><requiredDecision href="#nowhere"/></informationRequirement>'
            '<decisionTable id="t"><input id="in1"/><rule id="r1"><inputEntry><text>-</text></inputEntry></rule>'
            "</decisionTable></decision>"
        )
    )
    assert found == [
        ("a", "duplicate_id"),
        ("c", "unknown_type"),
        ("rc", "unknown_reference"),
        ("la", "feel_syntax"),
        ("in1", "expression_missing"),
        ("t", "output_missing"),
    ]


def test_a_cycle_of_requirements_is_refused():
    def one(name, other):
        return (
            f'<decision id="{name}" name="{name}"><informationRequirement><requiredDecision href="#{other}"/>'
            "</informationRequirement><literalExpression><text>1</text></literalExpression></decision>"
        )

    assert problems(model(one("a", "b") + one("b", "a"))) == [("a", "cycle")]


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"", "xml"),
        (b"<definitions/>", "not_dmn"),
        (b"no xml", "xml"),
        (b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aa">]>' + model("")[38:], "doctype"),
        (b'<?xml version="1.0"?><!DOCTYPE definitions>' + model("")[38:], "doctype"),
        (model("<decision/>" * 130_000), "too_many_elements"),
        (model(" " * 2_100_000), "too_large"),
        (b'<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', "not_dmn"),
    ],
)
def test_what_is_no_honest_model_is_refused(xml, code):
    assert problems(xml) == [(None, code)]


def test_an_unknown_decision_is_a_key_error():
    with pytest.raises(KeyError):
        dmn.parse(GRAPH).decision("nothing")


def test_a_decision_without_end_is_an_error_of_the_decision():
    endless = "some i in 1..1000000000 satisfies false"
    xml = model(f'<decision id="d" name="d"><literalExpression><text>{endless}</text></literalExpression></decision>')
    with pytest.raises(dmn.DecisionError) as caught:
        decide(xml)
    assert caught.value.code == "limit"


def test_numbers_stay_decimal():
    xml = table('hitPolicy="C+"', ["x"], ["out"], [["-", "0.1"], ["-", "0.2"]])
    assert decide(xml, x=1) == Decimal("0.3")
