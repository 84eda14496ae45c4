"""What a drawing needs to know: the diagram, what the model says about each element, and where a case stands.

Also how its texts are written. Shapes are drawn in `figures`, flows in `arrows`, the whole in `drawing`.
"""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from . import geometry, lettering, ordering, outline, paint
from .geometry import BPMN, Geometry, Rect, Shape, tag

_ZEEBE: Final = "http://camunda.org/schema/zeebe/1.0"

WORDS: Final = {
    "vi": {
        "done": "đã xong",
        "active": "đang làm",
        "late": "quá hạn",
        "returned": "bị trả lại",
        "coming": "chưa đến",
        "diagram": "Sơ đồ",
        "of": "trên",
        "startEvent": "Bắt đầu",
        "endEvent": "Kết thúc",
        "event": "Sự kiện",
        "exclusiveGateway": "Rẽ nhánh theo kết quả",
        "parallelGateway": "Làm song song",
        "inclusiveGateway": "Rẽ nhánh theo điều kiện",
        "gateway": "Rẽ nhánh",
        "step": "Bước",
        "steps": "bước",
    },
    "en": {
        "done": "done",
        "active": "in progress",
        "late": "overdue",
        "returned": "returned",
        "coming": "not reached",
        "diagram": "Diagram",
        "of": "of",
        "startEvent": "Start",
        "endEvent": "End",
        "event": "Event",
        "exclusiveGateway": "Choice by outcome",
        "parallelGateway": "In parallel",
        "inclusiveGateway": "Choice by conditions",
        "gateway": "Gateway",
        "step": "Step",
        "steps": "steps",
    },
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a case (or many) stands at one element.

    `state` is done, active, late or returned (an element without a mark is still to come); `count` is how many are
    there, or how many of `total` have answered ("5/7"); `note` is the words beside it ("quá 1 ngày", "chậm 2 ngày").
    """

    state: str
    count: int = 0
    note: str = ""
    total: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What the model says about one element, as far as it is drawn."""

    name: str
    event: str = ""
    interrupting: bool = True
    loop: str = ""
    gate: str = ""
    default: str = ""
    conditional: bool = False
    open_event: bool = False  # an event sub-process
    directed: bool = False  # an association with an arrow


@dataclass(frozen=True, slots=True)
class Picture:
    """What the parts of a drawing need in common."""

    geometry: Geometry
    facts: Mapping[str, Facts]
    marks: Mapping[str, Mark]
    walked: frozenset[str]
    returns: frozenset[str]
    words: Mapping[str, str]


# ---- reading


def read_facts(root: etree._Element, lang: str) -> dict[str, Facts]:
    """What is drawn of every element that has an id; names in `lang` where the model has them."""
    facts: dict[str, Facts] = {}
    for element in root.iter(f"{{{BPMN}}}*"):
        element_id = element.get("id")
        if not element_id:
            continue
        own = {
            p.get("name", ""): p.get("value", "")
            for p in element.findall(f"{{{BPMN}}}extensionElements/{{{_ZEEBE}}}properties/{{{_ZEEBE}}}property")
        }
        kinds = [tag(child) for child in element if tag(child).endswith("EventDefinition")]
        if len(kinds) > 1:
            kinds = ["parallelMultiple" if element.get("parallelMultiple") == "true" else "multiple"]
        several = element.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics")
        loop = ""
        if several is not None:
            loop = "sequential" if several.get("isSequential") == "true" else "parallel"
        elif element.find(f"{{{BPMN}}}standardLoopCharacteristics") is not None:
            loop = "loop"
        name = own.get("name:en", "") if lang == "en" else ""
        facts[element_id] = Facts(
            name=name or _plain_name(element),
            event=kinds[0] if kinds else "",
            interrupting=element.get("cancelActivity") != "false" and element.get("isInterrupting") != "false",
            loop=loop,
            gate=own.get("gate", ""),
            default=element.get("default", ""),
            conditional=element.find(f"{{{BPMN}}}conditionExpression") is not None,
            open_event=element.get("triggeredByEvent") == "true",
            directed=element.get("associationDirection", "None") != "None",
        )
    return facts


def _plain_name(element: etree._Element) -> str:
    if tag(element) == "textAnnotation":
        return (element.findtext(f"{{{BPMN}}}text") or "").strip()
    return element.get("name", "")


def returns_of(root: etree._Element) -> frozenset[str]:
    """The return flows of every process and sub-process in the file."""
    found: set[str] = set()
    for owner in root.iter(f"{{{BPMN}}}*"):
        flows = owner.findall(f"{{{BPMN}}}sequenceFlow")
        if not flows:
            continue
        hosts = {e.get("id", ""): e.get("attachedToRef", "") for e in owner if e.get("attachedToRef")}
        ids = [e.get("id", "") for e in owner if tag(e) in outline.STEPS and e.get("id") not in hosts]
        ends = [(f.get("id", ""), *geometry.ends(f)) for f in flows]
        found |= ordering.returns(ids, [(flow, hosts.get(source, source), target) for flow, source, target in ends])
    return frozenset(found)


def title_of(root: etree._Element, lang: str) -> str:
    process = root.find(f"{{{BPMN}}}process")
    if process is None:
        return WORDS.get(lang, WORDS["vi"])["diagram"]
    facts = read_facts(process, lang).get(process.get("id", ""))
    return facts.name if facts and facts.name else process.get("id", "")


# ---- words and texts


def name_of(picture: Picture, shape: Shape) -> str:
    name = picture.facts[shape.id].name if shape.id in picture.facts else shape.name
    if name:
        return name
    family = "event" if shape.kind.endswith("Event") else "gateway" if "Gateway" in shape.kind else "step"
    return picture.words.get(shape.kind) or picture.words[family]


def state_words(picture: Picture, element: str) -> str:
    mark = picture.marks.get(element)
    if mark is None:
        return picture.words["coming"]
    words = picture.words.get(mark.state, picture.words["coming"])
    if mark.total:
        words += f", {mark.count} {picture.words['of']} {mark.total}"
    return f"{words}, {mark.note}" if mark.note else words


def text(value: str) -> str:
    """Escaped, and without what XML cannot carry."""
    return html.escape("".join(c for c in value if c >= " " or c in "\t\n"), quote=True)


def box_of(box: Rect) -> str:
    return f'x="{box.x}" y="{box.y}" width="{box.w}" height="{box.h}"'


def rows(lines: Iterable[str], x: float, first: float, height: float, worn: str, anchor: str) -> str:
    """Lines of text under each other, the first on the base line `first`."""
    spans = "".join(f'<tspan x="{x:g}" y="{first + i * height:g}">{text(line)}</tspan>' for i, line in enumerate(lines))
    return f'<text {paint.wear(worn)} text-anchor="{anchor}">{spans}</text>'


def outside(name: str, box: Rect, beside: Rect | None = None) -> str:
    """A name in a box of its own, set towards what it stands beside."""
    lines = lettering.wrap(name, max(box.w, 24), outline.SMALL_TEXT)
    if len(lines) * 15 > box.h + 15:  # a label box of another tool, narrower than our letters need
        lines = lettering.wrap(name, max(box.w, 96), outline.SMALL_TEXT)
    x, anchor = float(box.cx), "middle"
    if beside is not None and box.x >= beside.cx:
        x, anchor = box.x, "start"
    elif beside is not None and box.right <= beside.cx:
        x, anchor = box.right, "end"
    return rows(lines, x, box.y + 11.5, 15, "k-note", anchor)
