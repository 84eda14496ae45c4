"""Forms: what is refused when they are read, how answers are checked, what a template gets."""

import json
from typing import Any

import pytest

from engine import forms
from engine.errors import DefinitionError, Invalid
from engine.forms import Form, Option

OFFICERS = {"officers_of_lead_unit": [Option("cv.qlkh.1", "Chuyên viên 1"), Option("cv.qlkh.2", "Chuyên viên 2")]}


def form(*components: dict[str, Any], **more: Any) -> Form:
    return forms.parse(json.dumps({"type": "default", "id": "f", "components": components, **more}).encode(), "f.form")


def field(kind: str, key: str = "x", **more: Any) -> dict[str, Any]:
    return {"type": kind, "id": f"Field_{key}", "key": key, "label": key.upper(), **more}


def choices(*values: str) -> list[dict[str, str]]:
    return [{"value": value, "label": value.upper()} for value in values]


def codes(load: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refused:
        load()
    return {key: [reason.code for reason in reasons] for key, reasons in refused.value.fields.items()}


def problems(content: bytes | Any) -> list[tuple[str | None, str]]:
    with pytest.raises(DefinitionError) as refused:
        forms.parse(content if isinstance(content, bytes) else json.dumps(content).encode(), "f.form")
    assert all(problem.file == "f.form" for problem in refused.value.problems)
    return [(problem.element, problem.code) for problem in refused.value.problems]


# --- reading ------------------------------------------------------------------------------------------------------


def test_all_problems_of_a_form_are_found_in_one_pass():
    broken = [
        field("file", "a"),
        {"type": "textfield", "label": "B"},
        field("textfield", "c"),
        field("textarea", "c"),
        {"type": "number", "key": "d", "validate": {"min": 5, "max": 1}},
        field("select", "e", valuesKey="everybody"),
        field("radio", "f"),
        field("checklist", "g", values=[*choices("m", "m"), {"value": "n"}]),
        field("datetime", "h", subtype="time"),
        field("textfield", "i", validate={"pattern": "("}),
        field("textfield", "j", validate={"pattern": "(a+)+b"}),
        field("textfield", "k", validate={"required": "yes"}),
        field("textfield", "l", conditional={"hide": "nobody = 1"}),
        field("textfield", "seen_version"),
        field("textfield", "Họ tên"),
        field("number", "m", defaultValue="many"),
        field("textfield", "n", validate={"validationType": "email"}),
        "text",
    ]
    assert problems({"type": "default", "components": broken}) == [
        (None, "missing_id"),
        ("Field_a", "unknown_component"),
        ("components[1]", "missing_key"),
        ("d", "missing_label"),
        ("d", "bad_range"),
        ("Field_e", "unknown_source"),
        ("Field_f", "missing_options"),
        ("Field_g", "duplicate_option"),
        ("Field_g", "bad_option"),
        ("Field_h", "unsupported"),
        ("Field_i", "bad_pattern"),
        ("Field_j", "bad_pattern"),
        ("Field_k", "wrong_type"),
        ("Field_l", "bad_expression"),
        ("Field_seen_version", "reserved_key"),
        ("Field_Họ tên", "bad_key"),
        ("Field_m", "bad_default"),
        ("Field_n", "unsupported"),
        ("components[17]", "not_a_component"),
        ("Field_c", "duplicate_key"),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe{", "not_json"),
        (b'{"type": "default", "id": "\\ud800", "components": []}', "not_json"),
        (b'{"type": "default", "id": NaN, "components": []}', "not_json"),
        (b"[]", "not_a_form"),
        (b'{"type": "wizard", "id": "f", "components": [{}]}', "not_a_form"),
        (b'{"id": "f"}', "not_a_form"),
        (b"[" * 30 + b"]" * 30, "too_deep"),
        (b"[" * 150_000, "too_deep"),
        (b" " * 200_001, "too_large"),
    ],
)
def test_what_is_no_form_is_refused(content, code):
    assert [found for _, found in problems(content)] == [code]


def test_a_form_with_too_many_components_is_refused():
    many = [field("checkbox", f"x{i}") for i in range(201)]
    assert problems({"id": "f", "components": many}) == [(None, "too_many")]


def test_a_condition_may_only_read_fields_of_its_form():
    read = field("textfield", "b", conditional={"hide": "=round > 1"})
    assert problems({"id": "f", "components": [field("number", "a"), read]}) == [("Field_b", "unknown_name")]


# --- answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("component", "given", "answer"),
    [
        (field("textfield"), "  Tri\u0300nh\r\nky\u0301\0 ", "Trình ký"),
        (field("textfield"), ["một"], "một"),
        (field("textarea"), "a\r\nb", "a\nb"),
        (field("textarea"), "   ", None),
        (field("textarea"), None, None),
        (field("number"), "12", 12),
        (field("number"), " 1\u00a0234,5 ", 1234.5),
        (field("number"), "-0.25", -0.25),
        (field("number"), 3, 3),
        (field("number", decimalDigits=0), 3.0, 3),
        (field("number"), "", None),
        (field("checkbox"), "on", True),
        (field("checkbox"), True, True),
        (field("checkbox"), None, False),
        (field("select", values=choices("a", "b")), "a", "a"),
        (field("radio", values=choices("a", "b")), "", None),
        (field("checklist", values=choices("a", "b", "c")), ["c", "a", "c"], ["a", "c"]),
        (field("checklist", values=choices("a", "b", "c")), "b", ["b"]),
        (field("checklist", values=choices("a", "b", "c")), None, []),
        (field("datetime", subtype="date"), "2022-03-31", "2022-03-31"),
        (field("datetime", subtype="date"), "31/03/2022", "2022-03-31"),
        (field("datetime", subtype="date"), "", None),
    ],
)
def test_answers_become_json_values(component, given, answer):
    loaded = form(component).load({"x": given}, {})
    assert loaded == {"x": answer}
    assert type(loaded["x"]) is type(answer)
    json.dumps(loaded, allow_nan=False).encode()


RANGE = {"validate": {"min": 1, "max": 10}}
LENGTH = {"validate": {"minLength": 3, "maxLength": 5}}


@pytest.mark.parametrize(
    ("component", "given", "code", "params"),
    [
        (field("textfield", validate={"required": True}), " ", "required", {}),
        (field("textfield", validate={"required": True}), None, "required", {}),
        (field("checkbox", validate={"required": True}), False, "required", {}),
        (field("checklist", values=choices("a"), validate={"required": True}), [], "required", {}),
        (field("textfield", **LENGTH), "ab", "too_short", {"min": 3}),
        (field("textfield", **LENGTH), "abcdef", "too_long", {"max": 5}),
        (field("textarea"), "x" * 20_001, "too_long", {"max": 20_000}),
        (field("textfield", validate={"pattern": r"^\d+/CT-UBND$"}), "1/KH", "wrong_pattern", {}),
        (field("textfield"), ["a", "b"], "wrong_type", {}),
        (field("textfield"), 5, "wrong_type", {}),
        (field("number"), "many", "not_a_number", {}),
        (field("number"), "1e5", "not_a_number", {}),
        (field("number"), "1.234.567", "not_a_number", {}),
        (field("number", decimalDigits=0), "1.000", "not_a_number", {}),
        (field("number", decimalDigits=0), 1.5, "not_a_number", {}),
        (field("number"), float("nan"), "not_a_number", {}),
        (field("number"), True, "wrong_type", {}),
        (field("number", **RANGE), "0", "min", {"min": 1}),
        (field("number", **RANGE), "10.5", "max", {"max": 10}),
        (field("number"), "9" * 30, "max", {"max": 10**15}),
        (field("select", values=choices("a")), "b", "not_an_option", {}),
        (field("checklist", values=choices("a")), ["a", "b"], "not_an_option", {}),
        (field("checklist", values=choices("a")), [["a", "b"]], "wrong_type", {}),
        (field("checkbox"), "perhaps", "wrong_type", {}),
        (field("datetime", subtype="date"), "2022-02-30", "not_a_date", {}),
        (field("datetime", subtype="date"), "tomorrow", "not_a_date", {}),
    ],
)
def test_a_wrong_answer_is_refused_with_its_reason(component, given, code, params):
    with pytest.raises(Invalid) as refused:
        form(component).load({"x": given}, {})
    (reason,) = refused.value.fields["x"]
    assert (reason.code, reason.params) == (code, params)


def test_all_wrong_answers_are_reported_together_and_unknown_fields_too():
    asked = form(field("number", "a"), field("textfield", "b", validate={"required": True}), field("textfield", "c"))
    assert codes(lambda: asked.load({"a": "x", "c": "fine", "other": "1"}, {})) == {
        "a": ["not_a_number"],
        "b": ["required"],
        "other": ["unknown_field"],
    }


def test_options_of_a_data_source_are_those_of_the_moment():
    one = field("select", "officer", valuesKey="officers_of_lead_unit", validate={"required": True})
    asked = form(one, field("checklist", "others", valuesKey="officers_of_lead_unit"))
    assert asked.sources == {"officers_of_lead_unit"}
    assert asked.load({"officer": "cv.qlkh.1", "others": ["cv.qlkh.2", "cv.qlkh.1"]}, OFFICERS) == {
        "officer": "cv.qlkh.1",
        "others": ["cv.qlkh.1", "cv.qlkh.2"],
    }
    gone = {"officers_of_lead_unit": OFFICERS["officers_of_lead_unit"][:1]}
    assert codes(lambda: asked.load({"officer": "cv.qlkh.2", "others": ["cv.qlkh.2"]}, gone)) == {
        "officer": ["not_an_option"],
        "others": ["not_an_option"],
    }


def test_what_a_browser_posts_of_a_read_only_field_is_no_answer():
    asked = form(field("textfield", "a", readonly=True, validate={"required": True}), field("textfield", "b"))
    assert asked.load({"a": "changed", "b": "kept"}, {}) == {"b": "kept"}
    assert asked.keys == {"b"}


def conditional() -> Form:
    return form(
        field("radio", "kind", values=choices("chi_thi", "ke_hoach"), validate={"required": True}),
        field("checkbox", "urgent", conditional={"hide": '=kind != "chi_thi"'}),
        field("textfield", "why", validate={"required": True}, conditional={"hide": "=urgent != true"}),
        {"type": "text", "text": "Viết ngắn gọn.", "conditional": {"hide": "=urgent != true"}},
    )


def test_a_hidden_field_is_neither_required_nor_kept():
    asked = conditional()
    assert asked.load({"kind": "ke_hoach", "urgent": "on", "why": "x"}, {}) == {"kind": "ke_hoach"}
    assert asked.load({"kind": "chi_thi", "why": "x"}, {}) == {"kind": "chi_thi", "urgent": False}
    assert asked.load({"kind": "chi_thi", "urgent": "on", "why": "x"}, {})["why"] == "x"
    assert codes(lambda: asked.load({"kind": "chi_thi", "urgent": "on"}, {})) == {"why": ["required"]}
    assert codes(lambda: asked.load({"urgent": "on"}, {})) == {"kind": ["required"]}


def test_a_template_gets_only_what_is_shown():
    asked = conditional()
    assert [f.key for f in asked.describe({}, {}).fields] == ["kind"]
    view = asked.describe({"kind": "chi_thi", "urgent": "on"}, {})
    assert [(f.key, f.refreshes) for f in view.fields] == [
        ("kind", True),
        ("urgent", True),
        ("why", False),
        ("", False),
    ]
    assert view.fields[1].value is True


# --- describing ---------------------------------------------------------------------------------------------------


def test_a_form_speaks_vietnamese_and_english_where_it_can():
    asked = form(
        field("select", values=[{"value": "a", "label": "Một", "label:en": "One"}, {"value": "b", "label": "Hai"}])
        | {"label": "Chọn", "description": "Một trong hai", "properties": {"label:en": "Choose"}},
        field("datetime", "day", subtype="date") | {"dateLabel": "Ngày", "label": ""},
        **{"title": "Phiếu", "title:en": "Slip"},
    )
    vi, en = asked.describe({}, {}), asked.describe({}, {}, lang="en")
    assert (vi.title, en.title) == ("Phiếu", "Slip")
    assert [f.label for f in vi.fields] == ["Chọn", "Ngày"]
    assert [f.label for f in en.fields] == ["Choose", "Ngày"]
    assert en.fields[0].description == "Một trong hai"
    assert en.fields[0].options == [("a", "One"), ("b", "Hai")]


def test_a_field_shows_what_was_typed_beside_its_problems():
    asked = form(
        field("number", validate={"min": 1, "required": True}),
        field("textarea", "note", properties={"rows": "8"}, validate={"maxLength": 100}),
        field("textfield", "place", defaultValue="Bắc Giang"),
    )
    with pytest.raises(Invalid) as refused:
        asked.load({"x": "0"}, {})
    number, note, place = asked.describe({"x": "0"}, {}, problems=refused.value.fields).fields
    assert (number.value, number.required, number.min) == ("0", True, 1)
    assert [p.code for p in number.problems] == ["min"]
    assert (note.value, note.rows, note.max_length, note.problems) == ("", 8, 100, [])
    assert place.value == "Bắc Giang"


def test_a_draft_keeps_what_was_typed_but_nothing_foreign():
    asked = form(field("number"), field("checklist", "who", values=choices("a", "b")))
    draft = asked.draft({"x": "twel\0", "who": ["a", 5, "zzz"], "other": "1"})
    assert draft == {"x": "twel", "who": ["a", "zzz"]}
    assert [f.value for f in asked.describe(draft, {}).fields] == ["twel", ["a", "zzz"]]
