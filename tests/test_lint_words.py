"""Every rule and every problem has a sentence in both languages, filled by the params that come with it."""

import ast
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import bpmn, errors, lint
from engine.feel.errors import FeelError
from kernel_models import compile, xml
from properties.test_broken_models import CORPUS, damage
from webui.wording import feel_words, problems

ENGINE = Path(__file__).parents[1] / "engine"
# What is known of every element that a finding or a problem of a model is about.
OF_ELEMENT = {"element_id", "element_name", "element_type", "source_name", "target_name"}
SAYING = {"finding", "problem", "report", "wrong", "refuse", "_refuse", "_refused"}
ENGLISH = re.compile(
    r"\b(the|expected|found|which|with|does|nobody|correct|choose|write|missing|element|flow|gateway|unknown)\b", re.I
)


def calls() -> Iterator[tuple[str, str, set[str], str | None]]:
    """Each place in the engine that makes a finding or a problem: (where, code, params, case)."""
    files = [*ENGINE.glob("lint/*.py"), *ENGINE.glob("bpmn/*.py"), *ENGINE.glob("dmn/*.py")]
    files += [ENGINE / "forms" / "reading.py", ENGINE / "definitions.py", *ENGINE.glob("commands/*.py")]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield from _call(file, node)


def _call(file: Path, node: ast.Call) -> Iterator[tuple[str, str, set[str], str | None]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    where = f"{file.parent.name}/{file.name}:{node.lineno}"
    if name == "Problem" and len(node.args) > 2 and isinstance(node.args[2], ast.Constant):
        given = node.args[4] if len(node.args) > 4 else None
        keys = {k.value for k in given.keys if isinstance(k, ast.Constant)} if isinstance(given, ast.Dict) else set()
        yield where, node.args[2].value, keys, None
        return
    texts = [a for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if name not in SAYING or not texts:
        return
    code = next((t.value for t in texts if re.fullmatch(r"[a-z_]+", t.value)), None)
    if code is None or code == "model":  # what cannot be read is told by its own code
        return
    params = {k.arg for k in node.keywords if k.arg and k.arg not in ("trace",)}
    about = next((a for a in node.args if a is not texts[0]), None)
    nothing = isinstance(node.args[0], ast.Constant) and node.args[0].value is None
    if file.parent.name in ("lint", "bpmn") and "refuse" not in name and about is not None and not nothing:
        params |= OF_ELEMENT
    case = next((k.value.value for k in node.keywords if k.arg == "case" and isinstance(k.value, ast.Constant)), None)
    yield where, code, params, case


def fits(pair: tuple[str, str], params: set[str]) -> bool:
    """Whether both sentences of a pair can be filled with these params."""
    words = problems._Words(dict.fromkeys(params, "x"), "vi")
    return all(words.has(place) for text in pair for place in problems.places(text))


def sentences(code: str, case: str | None) -> list[list[problems.Pair]]:
    """The sentences among which the code may find its own: of the case, or of any type of element."""
    if case is not None:
        return [problems.TEXTS.get(f"{code}:{case}", [])]
    return [pairs for key, pairs in problems.TEXTS.items() if key == code or key.startswith(f"{code}@")]


CALLS = sorted(calls())


def test_all_the_places_that_find_fault_are_seen() -> None:
    assert len(CALLS) > 150
    assert {code for _, code, _, _ in CALLS} >= lint.RULES.keys() - {"model"}


@pytest.mark.parametrize(("where", "code", "params", "case"), CALLS, ids=[f"{w}-{c}" for w, c, _, _ in CALLS])
def test_each_has_sentences_that_its_params_fill(where: str, code: str, params: set[str], case: str | None) -> None:
    found = sentences(code, case)
    assert found and all(found), f"{where}: no sentence for {code}"
    for pairs in found:
        assert any(fits(pair, params) for pair in pairs), f"{where}: the params {params} fill no sentence of {code}"


def test_a_sentence_that_lacks_its_params_is_noticed() -> None:
    pair = problems.TEXTS["duplicate_name"][0]
    assert fits(pair, {*OF_ELEMENT, "other"}) and not fits(pair, OF_ELEMENT)


@pytest.mark.parametrize("rule", lint.RULES)
def test_every_rule_has_a_sentence(rule: str) -> None:
    assert rule == "model" or rule in problems.TEXTS


@pytest.mark.parametrize("key", problems.TEXTS)
def test_sentences_say_what_to_do_and_are_of_their_language(key: str) -> None:
    for vietnamese, english in problems.TEXTS[key]:
        assert vietnamese.endswith((".", "{at}.")) and english.endswith(".")
        used = [
            {"it" if place == "its" else place for place in problems.places(text)} for text in (vietnamese, english)
        ]
        assert used[0] == used[1], vietnamese
        said = re.sub(r"\{\w+\}|=\w+|activationCount|return_to|open_tasks|\w+\(\)", "", vietnamese)
        assert re.search("[À-ỹ]", vietnamese) and not ENGLISH.search(said.replace("input collection", "")), vietnamese
        assert not re.search("[À-ỹ]", english), english


def spoken(code: str, params: dict[str, object]) -> str:
    """The Vietnamese sentence, which must be of that language and have no gaps."""
    told = problems.say(code, params, "Expected nothing of this.", "vi")
    kept = [str(v) for k, v in params.items() if k not in ("what", "kind", "reason", "element_type")]
    own = re.sub("«[^»]*»", "", told)
    for text in sorted(kept, key=len, reverse=True):
        own = own.replace(" ".join(text.split()), "") if text else own
    assert not re.search(r"(^|\W)…", own) and not ENGLISH.search(own), told
    assert problems.say(code, params, "", "en") not in ("", code)
    return told


@pytest.mark.parametrize("seed", range(4))
def test_the_problems_of_damaged_models_are_told_without_gaps(seed: int) -> None:
    chance = random.Random(seed)
    codes = set()
    for n in range(60):
        try:
            found = bpmn.compile(damage(CORPUS[n % len(CORPUS)], chance), strict=False).problems
        except errors.DefinitionError as error:
            found = tuple(error.problems)
        for problem in found:
            codes.add(problem.code)
            spoken(problem.code, dict(problem.params))
    assert len(codes) > 8


def test_elements_are_told_by_name_and_by_kind_where_they_have_none() -> None:
    body = """<startEvent id="s"/><userTask id="a" name="Soạn
dự thảo"/><exclusiveGateway id="g"/>
~ s a g
"""
    told = {f.rule: problems.say(f.rule, f.params, f.message) for f in lint.check(compile(body))}
    assert told["no_role"] == "«Soạn dự thảo» chưa giao cho ai. Đặt nó vào một làn, hoặc chọn nhóm người nhận việc."
    assert told["dead_end"].startswith("Từ cổng rẽ nhánh g không có đường nối nào đi tiếp")


def test_a_fault_in_feel_keeps_its_position() -> None:
    body = '<startEvent id="s"/><exclusiveGateway id="g"/><endEvent id="e" name="Xong"/><endEvent id="f"/>\n~ s g\n'
    source = xml(body + "~ g e if if x then 1\n~ g f default\n")
    (problem,) = bpmn.compile(source, strict=False).problems
    assert problem.params["position"] == len("if x then 1")
    said = problems.say("model", {"code": problem.code, **problem.params}, problem.message, "vi")
    assert said.startswith("Đường nối từ «g» đến «Xong»: điều kiện không phải FEEL đúng cú pháp ở ký tự 12: cần «else»")
    assert "at character 12: expected 'else'" in problems.say(problem.code, problem.params, "", "en")


def test_what_the_parser_of_feel_says_is_told_in_vietnamese() -> None:
    """Every message of the parser has a row; a new one is told without details until it has."""
    source = "".join(f.read_text("utf-8") for f in (ENGINE / "feel" / "lexer.py", ENGINE / "feel" / "parser.py"))
    said = re.findall(r'(?:self\.error|FeelSyntaxError)\(\s*f?"([^"]+)"', source)
    assert len(said) > 12
    for message in said:
        filled = message.replace("{self.found()}", "'x'").replace("{what}", "unexpected character '§'")
        filled = re.sub(r"\{[^{}]*\}", "x", filled)
        told = feel_words.reason(filled, "vi")
        assert not ENGLISH.search(told), told
    assert feel_words.reason("Expected what nobody knows.", "vi") == feel_words.UNTOLD
    assert feel_words.reason("Expected ')', found the end of the text.", "vi") == "cần «)» mà lại là hết biểu thức."


def test_every_diagnostic_of_feel_has_a_sentence() -> None:
    source = "".join(f.read_text("utf-8") for f in ENGINE.glob("feel/**/*.py"))
    codes = {c for c in re.findall(r'Fault\(\s*"([a-z_]+)"', source)}
    assert len(codes) > 10 and codes <= feel_words.DIAGNOSTICS.keys()
    assert problems.say("feel:division_by_zero", {"position": 2}, "", "vi").startswith("Ở ký tự 3: Phép chia cho 0.")
    assert issubclass(FeelError, Exception)


def test_a_code_without_words_keeps_its_message() -> None:
    assert problems.say("never_heard", {}, "Expected something.", "vi") == "Expected something."


def test_a_run_is_told_act_by_act() -> None:
    body = """<startEvent id="s" name="Nhận việc"/><userTask id="a" name="Soạn dự thảo"/><userTask id="b"/>
<exclusiveGateway id="x"/><parallelGateway id="j"/><endEvent id="e"/>
~ s a x
~ x b if k
~ x j default
~ b j e
"""
    definition = compile(body)
    found = next(f for f in lint.check(definition) if f.rule == "deadlock")
    names = lint.names_of(definition)
    assert problems.run_words(found.trace, names, "vi") == [
        "Bắt đầu «P»",
        "Hoàn thành «Soạn dự thảo»",
        "chọn «j»",
    ]
    assert problems.run_sentence(found.trace, names, "en") == "Start “P” → Complete “Soạn dự thảo” → choose “j”"


def test_what_can_be_claimed_is_told_with_numbers_of_the_language() -> None:
    assert problems.summary_words(5000, False, False) == "Đã xét 5.000 trạng thái, không thấy lỗi; chưa phải là tất cả."
    assert problems.summary_words(5000, True, True, "en") == "5,000 states were looked at, faults were found."


def test_an_id_that_a_modeler_made_up_is_nobodys_name() -> None:
    params = {"element_id": "Activity_0k1vh4f", "element_name": "", "element_type": "userTask"}
    said = [problems.say("unreachable", params, "", locale) for locale in ("vi", "en")]
    assert all("Activity_" not in text for text in said)
    assert "việc của người chưa có tên" in said[0] and "without a name" in said[1]
    assert "buoc_1" in problems.say("unreachable", {**params, "element_id": "buoc_1"}, "")
    run = problems.run_words([{"do": "complete", "element": "Activity_0k1vh4f"}], {})
    assert run == ["Hoàn thành «bước chưa có tên»"]
