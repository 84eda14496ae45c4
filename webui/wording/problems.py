"""What is wrong with a model, in the words of an analyst: lint's findings, problems of files, runs that show a fault.

`say` turns a code and its params into one or two sentences that tell what is wrong and what to do. It needs no request:
the command line and the studio call it alike, with the language as an argument. A code that is not known keeps its
English message. Elements are told by name («Soạn dự thảo»), by kind and id where they have none.
"""

import re
from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Any

from webui.wording import feel_words
from webui.wording.file_texts import BPMN, DMN, FOLDERS, FORMS
from webui.wording.lint_texts import LINT, Pair

# Lint and models come first: where other files have problems of the same code, fewer params choose their sentence.
TEXTS: dict[str, list[Pair]] = {f"feel:{code}": [pair] for code, pair in feel_words.DIAGNOSTICS.items()}
for _table in (LINT, BPMN, DMN, FORMS, FOLDERS):
    for _code, _pairs in _table.items():
        TEXTS[_code] = [*TEXTS.get(_code, []), *_pairs]

# Kinds of elements and events, and what else a problem may be about.
KINDS: dict[str, Pair] = {
    "process": ("quy trình", "process"),
    "sequenceFlow": ("đường nối", "flow"),
    "startEvent": ("sự kiện bắt đầu", "start event"),
    "endEvent": ("sự kiện kết thúc", "end event"),
    "intermediateCatchEvent": ("sự kiện chờ", "catching event"),
    "intermediateThrowEvent": ("sự kiện phát", "throwing event"),
    "boundaryEvent": ("sự kiện ở biên", "boundary event"),
    "exclusiveGateway": ("cổng rẽ nhánh", "exclusive gateway"),
    "parallelGateway": ("cổng song song", "parallel gateway"),
    "inclusiveGateway": ("cổng chọn nhiều nhánh", "inclusive gateway"),
    "complexGateway": ("cổng phức hợp", "complex gateway"),
    "eventBasedGateway": ("cổng chờ sự kiện", "event-based gateway"),
    "activity": ("bước", "activity"),
    "task": ("bước", "task"),
    "userTask": ("việc của người", "user task"),
    "manualTask": ("việc làm tay", "manual task"),
    "serviceTask": ("việc tự động", "service task"),
    "scriptTask": ("bước tính toán", "script task"),
    "businessRuleTask": ("bước tra bảng quyết định", "business rule task"),
    "sendTask": ("việc gửi", "send task"),
    "receiveTask": ("việc nhận", "receive task"),
    "callActivity": ("bước gọi quy trình", "call activity"),
    "subProcess": ("quy trình con", "sub-process"),
    "transaction": ("giao dịch", "transaction"),
    "adHocSubProcess": ("nhóm việc tùy chọn", "ad-hoc sub-process"),
    "message": ("thông điệp", "message"),
    "signal": ("tín hiệu", "signal"),
    "timer": ("hẹn giờ", "timer event"),
    "error": ("lỗi", "error"),
    "escalation": ("leo thang", "escalation"),
    "conditional": ("điều kiện", "conditional event"),
    "link": ("liên kết", "link event"),
    "compensation": ("bồi hoàn", "compensation"),
    "cancel": ("hủy giao dịch", "cancel event"),
    "terminate": ("chấm dứt", "terminate event"),
    # kinds of values in FEEL
    "string": ("chuỗi ký tự", "a text"),
    "number": ("số", "a number"),
    "boolean": ("đúng/sai", "true or false"),
    "date": ("ngày", "a date"),
    "time": ("giờ", "a time"),
    "date and time": ("ngày giờ", "a date and time"),
    "days and time duration": ("khoảng thời gian", "a duration"),
    "years and months duration": ("khoảng năm tháng", "a duration of months"),
    "list": ("danh sách", "a list"),
    "context": ("nhóm giá trị", "a context"),
    "range": ("khoảng", "a range"),
    "function": ("hàm", "a function"),
    "null": ("rỗng", "null"),
}

# What an expression is for. A text in quotes inside (a variable) is kept.
WHAT: dict[str, str] = {
    "the condition": "điều kiện",
    "the loop condition": "điều kiện lặp",
    "the loop cardinality": "số lần lặp",
    "the cardinality": "số lần lặp",
    "the completion condition": "điều kiện hoàn thành",
    "the activation condition": "điều kiện kích hoạt",
    "the input collection": "danh sách đầu vào",
    "the output element": "kết quả mỗi lần",
    "loopDataInputRef": "danh sách đầu vào",
    "outputDataItem": "kết quả mỗi lần",
    "the complex behaviour": "điều kiện phát sự kiện",
    "a data association": "liên kết dữ liệu",
    "assignee": "người nhận việc",
    "the assignee": "người nhận việc",
    "candidateGroups": "nhóm nhận việc",
    "candidateUsers": "những người nhận việc",
    "dueDate": "hạn hoàn thành",
    "the due date": "hạn hoàn thành",
    "followUpDate": "ngày theo dõi",
    "the follow-up date": "ngày theo dõi",
    "priority": "mức ưu tiên",
    "the priority": "mức ưu tiên",
    "the type of the job": "loại việc tự động",
    "the job type": "loại việc tự động",
    "the type of the listener": "loại việc kèm theo",
    "the script": "biểu thức tính",
    "the decision id": "mã bảng quyết định",
    "the called process": "mã quy trình được gọi",
    "the correlation key": "khóa tương quan",
    "the name of the message": "tên thông điệp",
    "the name of the signal": "tên tín hiệu",
    "the name of the event": "tên sự kiện",
    "the timer": "hẹn giờ",
    "the timeDate of the timer": "ngày hẹn giờ",
    "the timeDuration of the timer": "khoảng thời gian hẹn giờ",
    "the timeCycle of the timer": "chu kỳ hẹn giờ",
    "startQuantity": "số lượt vào",
    "completionQuantity": "số lượt ra",
    "loopMaximum": "số lần lặp tối đa",
    "sourceRef": "đầu đi",
    "targetRef": "đầu đến",
    "soundness": "các lượt chạy",
    "behaviour": "các lượt chạy",
    "governance": "quy tắc quản trị",
}
_QUOTED = (
    (re.compile(r"the input mapping of '(.*)'|the input '(.*)'"), "giá trị vào «{}»"),
    (re.compile(r"the output mapping of '(.*)'|the output '(.*)'"), "giá trị ra «{}»"),
)


def say(code: str, params: Mapping[str, Any], message: str = "", locale: str = "vi") -> str:
    """What is wrong and what to do, in one language ("vi" or "en"). `message` is the engine's own English sentence,
    for codes that have no words here."""
    told = dict(params)
    if code == "model":
        code = str(told.get("code", code))
        beside = str(told.pop("file", ""))
        if beside and not beside.endswith(".bpmn"):  # a form or a decision that the model uses
            return f"{beside}: {say(code, told, message, locale)}"
    words = _Words(told, locale)
    found = sentence(code, told)
    for pair in found:
        text = pair[0 if locale == "vi" else 1]
        if all(words.has(name) for name in places(text)):
            said = _capital(text.format_map(words))
            return _placed(said, told, locale) if code.startswith("feel:") else said
    if found:
        return _capital(found[-1][0 if locale == "vi" else 1].format_map(words))
    return message or code


def sentence(code: str, params: Mapping[str, Any]) -> list[Pair]:
    """The sentences of a code, by its case and the type of its element."""
    for key in (f"{code}:{params.get('case')}", f"{code}@{params.get('element_type')}", code):
        if key in TEXTS:
            return TEXTS[key]
    return []


def places(text: str) -> list[str]:
    """The places of a sentence that params fill."""
    return [name for _, name, _, _ in Formatter().parse(text) if name]


class _Words(dict[str, str]):
    """The params of a sentence as words of one language; what is missing is "…"."""

    def __init__(self, params: Mapping[str, Any], locale: str) -> None:
        super().__init__()
        self.params, self.vi = params, locale == "vi"

    def has(self, name: str) -> bool:
        """Whether the params tell what a place needs."""
        if name in ("at", "why"):
            return True
        if name in ("it", "its"):
            return "element_id" in self.params
        if name == "kind":
            return any(self.params.get(key) for key in ("kind", "type", "tag"))
        return self.params.get(name) is not None

    def __missing__(self, name: str) -> str:
        params = self.params
        if name == "it":
            return subject(params, "vi" if self.vi else "en")
        if name == "its":
            own = params.get("element_name") or params.get("element_id") or "–"
            return f"«{own}»" if self.vi else f"“{own}”"
        if name == "at":
            position = params.get("position")
            if not isinstance(position, int):
                return ""
            return f" ở ký tự {position + 1}" if self.vi else f" at character {position + 1}"
        if name == "why":
            return feel_words.reason(str(params.get("reason") or ""), "vi" if self.vi else "en")
        if name == "kind":
            value = next((params[key] for key in ("kind", "type", "tag") if params.get(key)), None)
        else:
            value = params.get(name)
        return "…" if value is None else self._word(name, value)

    def _word(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int | float):
            text = f"{value:,}"
            return text.translate(str.maketrans(",.", ".,")) if self.vi else text
        if isinstance(value, list | tuple | set | frozenset):
            return ", ".join(str(v) for v in value)
        text = " ".join(str(value).split())
        if name in ("kind", "left", "right") and text in KINDS:
            return KINDS[text][0 if self.vi else 1]
        if name in ("what", "end") and self.vi:
            return _what(text)
        return text if len(text) <= 80 else f"{text[:79]}…"


def _what(text: str) -> str:
    for pattern, words in _QUOTED:
        found = pattern.fullmatch(text)
        if found:
            return words.format(found[1] or found[2] or "")
    return WHAT.get(text, "biểu thức")


# Ids that modelers give: they name nothing to a reader.
MADE_UP = re.compile(r"[A-Z][A-Za-z]+_[0-9a-z]{7}")


def subject(params: Mapping[str, Any], locale: str) -> str:
    """An element by its name, else by its kind and what it connects or its id, unless a modeler made that up."""
    vi = locale == "vi"
    name, element = params.get("element_name"), str(params.get("element_id") or "–")
    kind = KINDS.get(str(params.get("element_type")), ("phần tử", "element"))[0 if vi else 1]
    if params.get("element_type") == "sequenceFlow":
        source, target = params.get("source_name"), params.get("target_name")
        ends = f"từ «{source}» đến «{target}»" if vi else f"from “{source}” to “{target}”"
        return f"{kind} «{name}» {ends}" if name and vi else f"{kind} “{name}” {ends}" if name else f"{kind} {ends}"
    if name:
        return f"«{name}»" if vi else f"“{name}”"
    if MADE_UP.fullmatch(element):
        return f"{kind} chưa có tên" if vi else f"{kind} without a name"
    return f"{kind} {element}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _placed(text: str, params: Mapping[str, Any], locale: str) -> str:
    """A diagnostic of FEEL with its position."""
    position = params.get("position")
    if not isinstance(position, int):
        return text
    return f"Ở ký tự {position + 1}: {text}" if locale == "vi" else f"At character {position + 1}: {text}"


# -- runs

_ACTS: dict[str, Pair] = {
    "start": ("Bắt đầu «{it}»", "Start “{it}”"),
    "complete": ("Hoàn thành «{it}»", "Complete “{it}”"),
    "fire": ("Đến lúc «{it}»", "“{it}” comes due"),
    "deliver": ("Nhận thông điệp «{it}»", "The message “{it}” comes"),
    "signal": ("Có tín hiệu «{it}»", "The signal “{it}” comes"),
    "throw": ("«{it}» báo lỗi {choice}", "“{it}” reports the error {choice}"),
    "escalate": ("«{it}» leo thang {choice}", "“{it}” escalates {choice}"),
    "error": ("Lỗi tới «{it}»", "The error comes to “{it}”"),
    "escalation": ("Leo thang tới «{it}»", "The escalation comes to “{it}”"),
    "compensation": ("Hoàn tác tới «{it}»", "The compensation comes to “{it}”"),
    "choose": ("chọn «{choice}»", "choose “{choice}”"),
}
_LOOPS: dict[str, Pair] = {
    "again": ("làm «{it}» lần nữa", "do “{it}” again"),
    "not again": ("không làm lại «{it}»", "do not do “{it}” again"),
    "enough": ("thấy «{it}» đã đủ", "find “{it}” enough"),
    "not enough": ("chưa đủ ở «{it}»", "find “{it}” not enough yet"),
}


def run_words(trace: Iterable[Mapping[str, str]] | None, names: Mapping[str, str], locale: str = "vi") -> list[str]:
    """Each act of a run that shows a fault, in words. `names`: what elements and flows are called
    (`engine.lint.names_of`); what is not there is told by its id."""
    at = 0 if locale == "vi" else 1
    told = []
    for act in trace or ():
        element, choice = act.get("element", ""), act.get("choice", "")
        pair = _ACTS.get(act["do"], _ACTS["complete"])
        if act["do"] == "choose":
            pair = _LOOPS.get(choice, pair)
            choice = ", ".join(names.get(flow) or flow for flow in choice.split()) or "–"
        unnamed = ("bước chưa có tên", "a step without a name")[at]
        name = names.get(element) or element
        told.append(pair[at].format(it=unnamed if MADE_UP.fullmatch(name) else name, choice=choice).rstrip())
    return told


def run_sentence(trace: Iterable[Mapping[str, str]] | None, names: Mapping[str, str], locale: str = "vi") -> str:
    """A whole run in one line: "Hoàn thành «Soạn dự thảo» → chọn «Yêu cầu chỉnh sửa»"."""
    return " → ".join(run_words(trace, names, locale))


def summary_words(states: int, complete: bool, faults: bool, locale: str = "vi") -> str:
    """What the exploration of the runs can honestly claim."""
    if locale != "vi":
        said = "faults were found" if faults else "no fault was found"
        rest = "" if complete else "; that is not all of them"
        return f"{states:,} states were looked at, {said}{rest}." if states else "The runs were not looked at."
    number = f"{states:,}".replace(",", ".")
    said = "có lỗi" if faults else "không thấy lỗi"
    rest = "" if complete else "; chưa phải là tất cả"
    return f"Đã xét {number} trạng thái, {said}{rest}." if states else "Chưa xét các lượt chạy."
