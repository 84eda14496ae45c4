"""Words: the catalogue is complete and keeps its placeholders, codes become sentences, dates are an office's."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask, g

import engine
import webui
from engine.errors import Reason
from webui import languages, wording

ROOT = Path(webui.__file__).parent
METHODS = [("frontend/**", "ignore"), ("templates/**.html", "jinja2"), ("**.py", "python")]
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


@pytest.fixture
def words() -> Iterator[Flask]:
    app = Flask("words")
    languages.install(app)
    with app.test_request_context("/"):
        g.session = SimpleNamespace(lang=None, person="x")
        g.chrome = SimpleNamespace(now=datetime(2022, 3, 24, 2, 0, tzinfo=UTC))
        yield app


def messages() -> list[tuple[Any, str]]:
    """Every message of the pages, with its file."""
    keywords = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
    found = extract_from_dir(ROOT, METHODS, {"**": {}}, keywords=keywords)
    return [(message, name) for name, _line, message, _comments, _context in found]


def test_every_message_has_its_vietnamese_with_the_same_placeholders() -> None:
    with (languages.CATALOGUES / "vi/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file, locale="vi")
    found = messages()
    assert len(found) > 300
    for message, name in found:
        entry = catalogue.get(message)
        assert entry is not None, f"{name}: {message!r} is not in the catalogue"
        translated = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        source = message if isinstance(message, tuple) else (message,)
        assert all(translated), f"{name}: {message!r} has no Vietnamese"
        wanted = set(PLACEHOLDER.findall(source[-1]))
        assert set(PLACEHOLDER.findall(translated[0])) == wanted, message


def test_the_words_are_an_offices() -> None:
    text = (languages.CATALOGUES / "vi/LC_MESSAGES/messages.po").read_text("utf-8")
    said = " ".join(re.findall(r'^(?:msgstr(?:\[0\])? )?"(.*)"$', text.split("\n\n", 1)[1], re.M)).lower()
    vietnamese = " ".join(re.findall(r'^msgstr(?:\[0\])? "(.*)"$', text, re.M)).lower()
    assert said
    for word in ("instance", "token", "task id", "deploy", "null", "bpmn", "submit"):
        assert word not in vietnamese, word
    for pronoun in ("bạn", "anh/chị", "đồng chí"):
        assert not re.search(rf"(?<!\w){pronoun}(?!\w)", vietnamese), pronoun


@pytest.mark.parametrize(
    ("due", "tag", "line"),
    [
        (("late", date(2022, 3, 21), 3), "Quá hạn 3 ngày làm việc", "quá 3 ngày làm việc"),
        (("late", date(2022, 3, 23), 0), "Quá hạn từ 23/03", "hạn 23/03"),
        (("today", date(2022, 3, 24), 0), "Đến hạn hôm nay: thứ Năm 24/03/2022", "hạn 24/03"),
        (("soon", date(2022, 3, 31), 5), "Sắp đến hạn: thứ Năm 31/03/2022", "còn 5 ngày · 31/03"),
        (("ok", date(2022, 4, 8), 11), "Trong hạn: thứ Sáu 08/04/2022", "08/04"),
        (("ok", date(2023, 1, 9), 200), "Trong hạn: thứ Hai 09/01/2023", "09/01/2023"),
    ],
)
def test_a_due_date_is_said_with_its_state(words: Flask, due: tuple[str, date, int], tag: str, line: str) -> None:
    one = SimpleNamespace(state=due[0], day=due[1], days=due[2])
    assert wording.due_tag(one).text == tag
    assert wording.due_line(one) == line


def test_lateness_of_step_and_case_are_two_sentences(words: Flask) -> None:
    late = SimpleNamespace(state="late", day=date(2022, 3, 23), days=1)
    soon = SimpleNamespace(state="soon", day=date(2022, 3, 31), days=5)
    assert wording.due_tag(late, subject="step").text == "Bước hiện tại quá hạn 1 ngày làm việc"
    assert wording.due_tag(soon, subject="case").text == "Hồ sơ còn 5 ngày làm việc"


@pytest.mark.parametrize(
    ("code", "params", "said"),
    [
        ("required", {}, "Điền mục này"),
        ("too_short", {"min": 10}, "Viết ít nhất 10 ký tự"),
        ("max", {"max": 31}, "Giá trị lớn nhất là 31"),
        ("throttled", {"retry_after": 61}, "Thử lại sau 2 phút"),
        ("never_heard_of", {}, "its English"),
    ],
)
def test_a_problem_is_an_instruction(words: Flask, code: str, params: dict[str, Any], said: str) -> None:
    assert wording.problem(Reason(code, "its English", params)) == said


@pytest.mark.parametrize(
    "error",
    [
        engine.NotFound("task"),
        engine.Forbidden("four_eyes"),
        engine.Forbidden("something_new"),
        engine.Conflict("stale"),
        engine.Conflict("gate_closed", reasons=[Reason("document", "missing", {"label": "Dự thảo 2"})]),
        engine.Conflict("something_new"),
        engine.Invalid({"reason": [Reason("required", "needed")]}),
        engine.TooLarge("too_large", limit=26_214_400),
        engine.DefinitionError([]),
    ],
)
def test_every_refusal_says_what_did_not_happen(words: Flask, error: engine.EngineError) -> None:
    title, text, _now = wording.refusal(error)
    assert title and text
    assert not re.search(r"[a-z]+_[a-z]+", f"{title} {text}")


def test_sizes_and_dates_are_written_as_in_vietnam(words: Flask) -> None:
    assert wording.size(26_214_400) == "25 MB"
    assert wording.size(1_600) == "1,6 kB"
    assert wording.stamp(datetime(2022, 3, 31, 17, 30, tzinfo=UTC)) == "01/04/2022 00:30"
    assert wording.month("2022-03") == "03/2022"


def test_compounds_stay_on_one_line_and_markup_is_escaped(words: Flask) -> None:
    assert wording.glue("hoàn thiện Dự thảo 2") == "hoàn thiện Dự\u00a0thảo\u00a02"
    assert wording.paragraphs("<b>một\nhai\n\nba") == "<p>&lt;b&gt;một<br>hai</p><p>ba</p>"


@pytest.mark.parametrize(("address", "said"), [("/", "Đồng ý"), ("/?lang=en", "Approve"), ("/?lang=fr", "Đồng ý")])
def test_english_needs_no_catalogue(address: str, said: str) -> None:
    app = Flask("words")
    languages.install(app)
    with app.test_request_context(address):
        g.session = None
        assert wording.outcome("dong_y") == said


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_an_opinion_is_called_the_same_in_form_table_and_journal(words: Flask, lang: str) -> None:
    offered = {"dong_y", "dong_y_co_y_kien", "khong_dong_y"}
    key = "label:en" if lang == "en" else "label"
    workflows = ROOT.parent / "workflows"
    forms = [json.loads(path.read_text("utf-8")) for path in workflows.rglob("*.form")]
    options = [c["values"] for form in forms for c in form["components"] if c.get("key") == "outcome"]
    asked = [values for values in options if {v["value"] for v in values} == offered]
    assert len(asked) >= 2
    with words.test_request_context("/"):
        g.session = SimpleNamespace(lang=lang, person="x")
        g.chrome = SimpleNamespace(now=datetime(2022, 3, 24, 2, 0, tzinfo=UTC))
        for option in (value for values in asked for value in values):
            said = (option.get("properties") or option).get(key, option.get(key))
            row = SimpleNamespace(state="answered", outcome=option["value"])
            assert said == wording.opinion(option["value"]) == wording.opinion_mark(row).text
            entry = wording.event("opinion.given", {"outcome": option["value"]})
            assert entry.endswith(f": {said}")
