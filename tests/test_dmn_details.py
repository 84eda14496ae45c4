"""Small things of decisions that no other test looked at: each was found by a planted bug that nobody noticed."""

import pytest

from engine import dmn, feel
from engine.errors import DefinitionError

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="m" name="m" namespace="m">'


def test_every_binding_without_a_name_is_told() -> None:
    binding = "<binding><literalExpression><text>1</text></literalExpression></binding>"
    call = f"<invocation><literalExpression><text>f</text></literalExpression>{binding}{binding}</invocation>"
    with pytest.raises(DefinitionError) as caught:
        dmn.parse(f'{HEAD}<decision id="d" name="d">{call}</decision></definitions>'.encode())
    assert [each.code for each in caught.value.problems] == ["parameter_missing", "parameter_missing"]


@pytest.mark.parametrize(
    ("cell", "hits"),
    [
        ("? &gt; 1 and ? &lt; 5 and ? &lt; 9", [2, 3, 4]),
        ("? &gt;= 1 and ? in [0..3)", [1, 2]),
        ("? = 2 or ? = 4", [2, 4]),
        ("? between 2 and 3", [2, 3]),
        ("? &gt; 1 and ? = 3", [3]),
        ("not(? &gt; 2)", [0, 1, 2]),
        ("not([1..3])", [0, 4, 5]),
        ('[1.."a"]', []),
    ],
)
def test_a_cell_hits_what_its_condition_says(cell: str, hits: list[int]) -> None:
    """Cells are sorted into intervals where that is possible: it must make no difference."""
    table = (
        '<decisionTable id="t" hitPolicy="FIRST"><input id="i"><inputExpression id="e"><text>x</text></inputExpression>'
        '</input><output id="o"/>'
        + "".join(
            f'<rule id="r{n}"><inputEntry id="c{n}"><text>{text}</text></inputEntry>'
            f'<outputEntry id="v{n}"><text>{n}</text></outputEntry></rule>'
            for n, text in enumerate((cell, "&gt; 100"))
        )
        + "</decisionTable>"
    )
    model = dmn.parse(f'{HEAD}<decision id="d" name="d">{table}</decision></definitions>'.encode())
    assert [x for x in range(6) if model.decision("d").evaluate({"x": x}).value == 0] == hits


def test_a_document_type_is_refused_with_and_without_declarations() -> None:
    for doctype in ("<!DOCTYPE definitions>", "<!DOCTYPE definitions [<!ENTITY a 'b'>]>"):
        with pytest.raises(DefinitionError) as caught:
            dmn.parse(f"{doctype}{HEAD}</definitions>".encode())
        assert [each.code for each in caught.value.problems] == ["doctype"]


def parsed(body: str) -> dmn.Definitions:
    return dmn.parse(f"{HEAD}{body}</definitions>".encode(), "m.dmn")


def test_a_model_without_imports_hands_on_nothing() -> None:
    model = parsed('<decision id="d" name="d"><literalExpression><text>1</text></literalExpression></decision>')
    assert model.exported == [] and model.ids == ["d"]


def test_the_type_of_a_boxed_function_is_that_of_its_result() -> None:
    model = parsed(
        '<decision id="f" name="f"><functionDefinition typeRef="number"><formalParameter name="x"/>'
        "<literalExpression><text>x + 1</text></literalExpression></functionDefinition></decision>"
        '<decision id="d" name="d"><informationRequirement><requiredDecision href="#f"/></informationRequirement>'
        "<literalExpression><text>f(1)</text></literalExpression></decision>"
    )
    assert model.decision("d").evaluate({}).value == 2
    assert feel.kind(model.decision("f").evaluate({}).value) == "function"


def test_a_reference_that_no_model_of_a_circle_has_is_told() -> None:
    def importing(name: str, other: str, body: str = "") -> bytes:
        space = "https://www.omg.org/spec/DMN/20230324/MODEL/"
        imported = f'<import namespace="{other}" importType="{space}" name="{other}"/>'
        head = f'<definitions xmlns="{space}" id="{name}" name="{name}" namespace="{name}">'
        return f"{head}{imported}{body}</definitions>".encode()

    need = '<informationRequirement><requiredDecision href="nowhere#x"/></informationRequirement>'
    body = f'<decision id="d" name="d">{need}<literalExpression><text>1</text></literalExpression></decision>'
    with pytest.raises(DefinitionError) as caught:
        dmn.parse(
            importing("a", "b", body), "a.dmn", imports={"b.dmn": importing("b", "a"), "a.dmn": importing("a", "b")}
        )
    assert "nowhere#x" in str(caught.value)


def test_an_explanation_calls_an_output_by_its_label() -> None:
    def table(label: str) -> str:
        return (
            '<decision id="d" name="d"><decisionTable id="t"><input id="i"><inputExpression id="e"><text>x</text>'
            f'</inputExpression></input><output id="o" name="fee" {label}/><rule id="r">'
            '<inputEntry id="c"><text>-</text></inputEntry>'
            '<outputEntry id="v"><text>1</text></outputEntry>'
            "</rule></decisionTable></decision>"
        )

    named, plain = (parsed(table(label)).decision("d").evaluate({"x": 1}) for label in ('label="The fee"', ""))
    assert "The fee" in str(named.explanation) and "The fee" not in str(plain.explanation)
