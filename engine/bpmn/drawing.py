"""A process model's diagram as SVG: for pages without script, for phones, for print and PDF.

It draws the diagram interchange of the file (after `layout.arrange`, when the file has none) and puts on it where a
case stands: what is done, what is being done, what is late, which flows were walked. Weight, badge and words carry the
state without colour. The SVG stands alone: no script, no handler, no reference outside; colours come from `paint`. It
does not decide anything about the case: states, counts and the words of lateness are given.
"""

import html
import itertools
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from . import geometry, layout, lettering, ordering, outline, paint, pictograms
from .geometry import BPMN, BPMNDI, Edge, Geometry, Point, Rect, Shape, tag
from .sheet import HEAD

_ZEEBE: Final = "http://camunda.org/schema/zeebe/1.0"
_PAD: Final = 16
_CORNER: Final = 6

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
        "lanes": "vai",
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
        "lanes": "roles",
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
class _Facts:
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


@dataclass(slots=True)
class _Sheet:
    """What the parts of a drawing need in common."""

    geometry: Geometry
    facts: Mapping[str, _Facts]
    marks: Mapping[str, Mark]
    walked: frozenset[str]
    returns: frozenset[str]
    words: Mapping[str, str]
    bands: list[str] = field(default_factory=list)


def svg(xml: bytes, marks: Mapping[str, Mark], walked: Collection[str] = (), lang: str = "vi") -> str:
    """The whole drawing. `walked` are the flows that tokens have taken."""
    root = geometry.parse(xml)
    if root.find(f".//{{{BPMNDI}}}BPMNShape") is None:
        root = geometry.parse(layout.arrange(xml))
    drawn = geometry.read_tree(root)
    words = WORDS.get(lang, WORDS["vi"])
    sheet = _Sheet(drawn, _read_facts(root, lang), marks, frozenset(walked), _returns(root), words)
    area = drawn.bounds.grown(_PAD)
    title = _title(root, lang)
    steps = sum(1 for s in drawn.shapes.values() if s.kind in outline.TASKS)
    about = f"{words['diagram']}: {steps} {words['steps']}. " + ". ".join(
        f"{_name(sheet, drawn.shapes[key])}: {_state_words(sheet, key)}"
        for key, mark in marks.items()
        if key in drawn.shapes and mark.state in ("active", "late", "returned")
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="drawing" viewBox="{area.x} {area.y} {area.w} {area.h}" '
        f'width="{area.w}" height="{area.h}" role="group" aria-label="{_text(title)}" '
        f'font-family="{paint.FONT}" text-rendering="geometricPrecision">',
        f"<title>{_text(title)}</title><desc>{_text(about)}</desc><style>{paint.STYLE}</style>",
        *_frames(sheet),
        *(_shape(sheet, s) for s in _outer_first(sheet) if s.kind in outline.SUBPROCESSES and s.expanded),
        *_lines(sheet),
        *(_shape(sheet, s) for s in _outer_first(sheet) if not (s.kind in outline.SUBPROCESSES and s.expanded)),
        *_names_of_flows(sheet),
        *(_flag(sheet, s) for s in drawn.shapes.values()),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


# ---- reading


def _read_facts(root: etree._Element, lang: str) -> dict[str, _Facts]:
    facts: dict[str, _Facts] = {}
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
        facts[element_id] = _Facts(
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


def _returns(root: etree._Element) -> frozenset[str]:
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


def _title(root: etree._Element, lang: str) -> str:
    process = root.find(f"{{{BPMN}}}process")
    if process is None:
        return WORDS.get(lang, WORDS["vi"])["diagram"]
    facts = _read_facts(process, lang).get(process.get("id", ""))
    return facts.name if facts and facts.name else process.get("id", "")


def _text(value: str) -> str:
    """Escaped, and without what XML cannot carry."""
    return html.escape("".join(c for c in value if c >= " " or c in "\t\n"), quote=True)


def _name(sheet: _Sheet, shape: Shape) -> str:
    name = sheet.facts[shape.id].name if shape.id in sheet.facts else shape.name
    if name:
        return name
    family = "event" if shape.kind.endswith("Event") else "gateway" if "Gateway" in shape.kind else "step"
    return sheet.words.get(shape.kind) or sheet.words[family]


def _state_words(sheet: _Sheet, element: str) -> str:
    mark = sheet.marks.get(element)
    if mark is None:
        return sheet.words["coming"]
    words = sheet.words.get(mark.state, sheet.words["coming"])
    if mark.total:
        words += f", {mark.count} {sheet.words['of']} {mark.total}"
    return f"{words}, {mark.note}" if mark.note else words


def _outer_first(sheet: _Sheet) -> list[Shape]:
    """Shapes that are not pools or lanes, in the order in which they are painted over each other."""
    shapes = sheet.geometry.shapes

    def depth(shape: Shape) -> int:
        count, above = (1 if shape.host else 0), shapes.get(shape.parent or "")
        while above is not None:
            count, above = count + 2, shapes.get(above.parent or "")
        return count

    return sorted((s for s in shapes.values() if s.kind not in ("participant", "lane")), key=depth)


# ---- pools and lanes


def _frames(sheet: _Sheet) -> Iterator[str]:
    shapes = [s for s in sheet.geometry.shapes.values() if s.kind in ("participant", "lane")]
    lanes = [s for s in shapes if s.kind == "lane"]
    leaves = sorted((s for s in lanes if not _holds_lanes(s, lanes)), key=lambda s: (s.box.y, s.box.x))
    for shape in shapes:
        if shape.kind == "participant":
            yield f"<rect {paint.wear('k-band')} {_box(shape.box)}/>"
    for number, shape in enumerate(leaves):
        yield f"<rect {paint.wear('k-band2' if number % 2 else 'k-band')} {_box(shape.box)}/>"
    for shape in shapes:
        if shape.kind == "lane" and shape not in leaves:
            yield f'<rect {paint.wear("k-frame")} stroke-opacity="0" {_box(shape.box)}/>'
        yield _head(sheet, shape, [s for s in shapes if s is not shape and shape.box.contains(s.box)])


def _holds_lanes(shape: Shape, lanes: Sequence[Shape]) -> bool:
    return any(other is not shape and shape.box.contains(other.box) for other in lanes)


def _head(sheet: _Sheet, shape: Shape, inside: Sequence[Shape]) -> str:
    """The name at the left end, written upwards (along the top for a vertical pool)."""
    box = shape.box
    name = sheet.facts[shape.id].name
    worn = paint.wear("k-head-text" if shape.kind == "lane" else "k-pool-text")
    size = 12.0 if shape.kind == "lane" else 12.5
    empty = shape.kind == "participant" and not any(
        s.kind not in ("participant", "lane") and box.contains(s.box) for s in sheet.geometry.shapes.values()
    )
    if empty:
        return f'<text {worn} x="{box.cx}" y="{box.cy + 4}" text-anchor="middle">{_text(name)}</text>'
    if shape.horizontal or box.w >= box.h:
        wide = min((s.box.x - box.x for s in inside if s.box.x > box.x), default=HEAD)
        wide = wide if 16 <= wide <= 96 else HEAD
        lines = _fitted(name, box.h - 12, size, max(1, int(wide // 14)))
        first = box.x + wide / 2 + 4 - (len(lines) - 1) * 14 / 2
        rows = "".join(
            f'<text {worn} transform="translate({first + 14 * i:g} {box.cy}) rotate(-90)" text-anchor="middle">'
            f"{_text(line)}</text>"
            for i, line in enumerate(lines)
        )
        return f'<rect {paint.wear("k-head")} x="{box.x}" y="{box.y}" width="{wide}" height="{box.h}"/>{rows}'
    return (
        f'<rect {paint.wear("k-head")} x="{box.x}" y="{box.y}" width="{box.w}" height="{HEAD}"/>'
        f'<text {worn} x="{box.cx}" y="{box.y + 20}" text-anchor="middle">{_text(name)}</text>'
    )


def _fitted(name: str, limit: float, size: float, most: int) -> list[str]:
    """The lines of a name; what does not fit ends with an ellipsis."""
    lines = lettering.wrap(name, limit, size)
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1] + " " + lines[most] + "…"]
        while len(lines[-1]) > 2 and lettering.width(lines[-1], size) > limit:
            lines[-1] = lines[-1][:-2].rstrip() + "…"
    return lines


def _box(box: Rect) -> str:
    return f'x="{box.x}" y="{box.y}" width="{box.w}" height="{box.h}"'


# ---- shapes


def _shape(sheet: _Sheet, shape: Shape) -> str:
    mark = sheet.marks.get(shape.id)
    state = mark.state if mark else "coming"
    kind = shape.kind
    if kind == "group":
        return f'<rect {paint.wear("k-group")} {_box(shape.box)} rx="8"/>' + _own_label(sheet, shape)
    if kind.startswith("data"):
        return _data(sheet, shape)
    if kind == "textAnnotation":
        return _annotation(sheet, shape)
    if kind.endswith("Event"):
        body = _event(sheet, shape, state)
    elif "Gateway" in kind:
        body = _gateway(shape, state)
    elif kind in outline.SUBPROCESSES and shape.expanded:
        body = _opened(sheet, shape, state)
    else:
        body = _task(sheet, shape, state)
    label = f"{_name(sheet, shape)}, {_state_words(sheet, shape.id)}"
    return (
        f'<g id="el-{_text(shape.id)}" class="el {kind} {_text(state)}" data-element="{_text(shape.id)}" tabindex="0" '
        f'role="img" aria-label="{_text(label)}"><title>{_text(label)}</title>{_focus(shape)}{body}'
        f"{_badge(sheet, shape, mark)}{_own_label(sheet, shape)}</g>"
    )


def _focus(shape: Shape) -> str:
    """A ring that only the style sheet shows, when the element has the keyboard's focus."""
    box = shape.box.grown(5)
    return f'<rect class="k-focus" {_box(box)} rx="9" fill="none" stroke="#1B55A0" stroke-opacity="0"/>'


def _task(sheet: _Sheet, shape: Shape, state: str) -> str:
    box, facts = shape.box, sheet.facts[shape.id]
    worn = paint.wear(paint.state_class(state))
    called = shape.kind == "callActivity"
    if called and state == "coming":
        worn = worn.replace('stroke-width="1.5"', 'stroke-width="2.5"')
    parts = [f'<rect {worn} {_box(box)} rx="{_CORNER}"/>']
    if state == "late":
        parts.append(f'<rect {paint.wear("k-print")} {_box(box.grown(-4))} rx="3"/>')
    icon = pictograms.TASK_ICONS.get(shape.kind, "")
    if facts.gate in ("signing", "approval", "direction"):
        icon = "signature" if shape.kind in ("userTask", "manualTask", "callActivity") else icon
    if facts.gate == "verification":
        icon = "stamp" if shape.kind == "userTask" else icon
    x = box.x + 6
    if icon:
        parts.append(pictograms.icon(icon, x, box.y + 5, 14))
        x += 18
    if facts.loop:
        parts.append(pictograms.icon(facts.loop, x, box.y + 6, 12))
    if shape.kind in outline.SUBPROCESSES:
        parts.append(pictograms.icon("called", box.cx - 7, box.bottom - 18, 14))
    hangs = any(other.host == shape.id and other.box.cy == box.bottom for other in sheet.geometry.shapes.values())
    if shape.kind in outline.SUBPROCESSES or hangs:  # the name keeps clear of what stands at the lower edge
        box = Rect(box.x, box.y, box.w, box.h - 16)
    parts.append(_centred(_name(sheet, shape), box, facts.loop != "" or icon != ""))
    return "".join(parts)


def _centred(name: str, box: Rect, icon: bool) -> str:
    limit = box.w - 12
    lines = lettering.wrap(name, limit, outline.TEXT)
    height = 17 if len(lines) < 3 else 16
    most = max(1, (box.h - 4) // height)
    lines = _fitted(name, limit, outline.TEXT, most)
    middle = box.cy + (3 if icon and len(lines) == 2 else 2 if icon and len(lines) == 3 and box.h <= 64 else 0)
    first = middle + 4.5 - (len(lines) - 1) * height / 2
    return _rows(lines, box.cx, first, height, "k-text", "middle")


def _rows(lines: Iterable[str], x: float, first: float, height: float, worn: str, anchor: str) -> str:
    spans = "".join(
        f'<tspan x="{x:g}" y="{first + i * height:g}">{_text(line)}</tspan>' for i, line in enumerate(lines)
    )
    return f'<text {paint.wear(worn)} text-anchor="{anchor}">{spans}</text>'


def _opened(sheet: _Sheet, shape: Shape, state: str) -> str:
    box, facts = shape.box, sheet.facts[shape.id]
    worn = paint.wear(paint.state_class(state))
    if state == "coming":
        worn = worn.replace(f'fill="{paint.LIGHT["sf"]}"', 'fill="none"').replace("s-coming", "k-frame")
    dash = ' stroke-dasharray="2 4"' if facts.open_event else ""
    parts = [f'<rect {worn} {_box(box)} rx="{_CORNER}"{dash}/>']
    if shape.kind == "transaction":
        parts.append(f'<rect {paint.wear("k-frame")} {_box(box.grown(-4))} rx="{_CORNER - 2}"/>')
    x = box.x + 12
    if facts.loop:
        parts.append(pictograms.icon(facts.loop, x, box.y + 9, 12))
        x += 18
    lines = _fitted(_name(sheet, shape), box.right - x - 12, outline.TEXT, 1)
    parts.append(_rows(lines, x, box.y + 19, 16, "k-text", "start"))
    if shape.kind == "adHocSubProcess":
        wave = f"M{box.cx - 8} {box.bottom - 8}q4 -6 8 0t8 0"
        parts.append(f'<path {paint.wear("k-hair")} stroke-linecap="round" d="{wave}"/>')
    return "".join(parts)


def _event(sheet: _Sheet, shape: Shape, state: str) -> str:
    box, facts = shape.box, sheet.facts[shape.id]
    radius = box.w / 2
    worn = paint.wear(paint.state_class(state))
    token = paint.state_token(state)
    colour = paint.LIGHT[token]
    ring = f'fill="none" stroke="{colour}" style="stroke:var(--{token},{colour})"'
    centre = f'cx="{box.x + radius:g}" cy="{box.y + radius:g}"'
    dash = "" if facts.interrupting or shape.kind == "endEvent" else ' stroke-dasharray="4 3"'
    parts = []
    if shape.kind == "endEvent":
        if state == "coming" or state == "done":
            worn = worn.replace('stroke-width="1.5"', 'stroke-width="3"')
        parts.append(f'<circle {worn} {centre} r="{radius - 0.5:g}"/>')
    else:
        parts.append(f'<circle {worn} {centre} r="{radius:g}"{dash}/>')
    if shape.kind in ("boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"):
        parts.append(f'<circle {ring} stroke-width="1.25" {centre} r="{radius - 3.5:g}"{dash}/>')
    if state == "late":
        parts.append(f'<circle {paint.wear("k-print")} {centre} r="{radius - 6:g}"/>')
    thrown = shape.kind in ("endEvent", "intermediateThrowEvent")
    if facts.event:
        inner = radius - (4 if shape.kind != "startEvent" else 2)
        parts.append(pictograms.event_mark(facts.event, box.x + radius, box.y + radius, thrown, inner, colour, token))
    elif state == "done":
        parts.append(pictograms.icon("check", box.cx - 9, box.cy - 9, 18, "k-walked"))
    return "".join(parts)


def _gateway(shape: Shape, state: str) -> str:
    box = shape.box
    token = paint.state_token(state)
    outline = f"M{box.x} {box.cy}L{box.cx} {box.y}L{box.right} {box.cy}L{box.cx} {box.bottom}z"
    mark = pictograms.gateway_mark(shape.kind, box.cx, box.cy, box.w, paint.LIGHT[token], token)
    return f'<path {paint.wear(paint.state_class(state))} stroke-linejoin="round" d="{outline}"/>{mark}'


def _data(sheet: _Sheet, shape: Shape) -> str:
    box = shape.box
    worn = paint.wear("k-paper")
    if shape.kind == "dataStoreReference":
        curve = f"a{box.w / 2:g} 6 0 0 0 {box.w} 0a{box.w / 2:g} 6 0 0 0 {-box.w} 0"
        body = f"M{box.x} {box.y + 6}v{box.h - 12}a{box.w / 2:g} 6 0 0 0 {box.w} 0v{-(box.h - 12)}"
        drawn = (
            f'<path {worn} d="{body}M{box.x} {box.y + 6}{curve}M{box.x} {box.y + 11}a{box.w / 2:g} 6 0 0 0 {box.w} 0"/>'
        )
    else:
        fold = min(10, box.w // 3)
        body = f"M{box.x} {box.y}h{box.w - fold}l{fold} {fold}v{box.h - fold}h{-box.w}z"
        drawn = f'<path {worn} stroke-linejoin="round" d="{body}m{box.w - fold} 0v{fold}h{fold}"/>'
        if shape.kind in ("dataInput", "dataOutput"):
            x, y = box.x + 4, box.y + 8
            filled = "k-tip" if shape.kind == "dataOutput" else "k-paper"
            drawn += f'<path {paint.wear(filled)} d="M{x} {y - 2}h6v-3l5 5l-5 5v-3h-6z"/>'
    return drawn + _own_label(sheet, shape)


def _annotation(sheet: _Sheet, shape: Shape) -> str:
    box = shape.box
    lines = lettering.wrap(_name(sheet, shape), box.w - 12, outline.SMALL_TEXT)[: max(1, box.h // 15)]
    bracket = f"M{box.x + 10} {box.y}H{box.x}V{box.bottom}h10"
    return f'<path {paint.wear("k-hair")} d="{bracket}"/>' + _rows(lines, box.x + 8, box.y + 15, 15, "k-note", "start")


def _own_label(sheet: _Sheet, shape: Shape) -> str:
    """The name outside of an event, gateway or data object: in the box the file gives, else under the shape."""
    outside = shape.kind.endswith("Event") or "Gateway" in shape.kind or shape.kind.startswith("data")
    name = sheet.facts[shape.id].name if shape.id in sheet.facts else ""
    if not name or not (outside or shape.kind == "group"):
        return ""
    return _outside(name, shape.label or Rect(shape.box.cx - 45, shape.box.bottom + 4, 90, 30), shape.box)


def _outside(name: str, box: Rect, beside: Rect | None = None) -> str:
    lines = lettering.wrap(name, max(box.w, 24), outline.SMALL_TEXT)
    if len(lines) * 15 > box.h + 15:  # a label box of another tool, narrower than our letters need
        lines = lettering.wrap(name, max(box.w, 96), outline.SMALL_TEXT)
    x, anchor = float(box.cx), "middle"
    if beside is not None and box.x >= beside.cx:
        x, anchor = box.x, "start"
    elif beside is not None and box.right <= beside.cx:
        x, anchor = box.right, "end"
    return _rows(lines, x, box.y + 11.5, 15, "k-note", anchor)


def _badge(sheet: _Sheet, shape: Shape, mark: Mark | None) -> str:
    """At the upper right corner: a check when done, a number where several are, an arrow back when returned."""
    if mark is None:
        return ""
    box = shape.box
    x, y = (box.right, box.y) if not shape.kind.endswith("Event") else (box.right - 5, box.y + 5)
    if "Gateway" in shape.kind:
        x, y = box.cx + 12, box.cy - 12
    worn = paint.wear(f"k-badge-{mark.state}" if f"k-badge-{mark.state}" in paint.STYLE else "k-badge-done")
    if mark.total or mark.count > 1:
        words = f"{mark.count}/{mark.total}" if mark.total else str(mark.count)
        half = max(10.0, lettering.width(words, 12) / 2 + 7)
        return (
            f'<rect {worn} x="{x - half:g}" y="{y - 10}" width="{2 * half:g}" height="20" rx="10"/>'
            f'<text {paint.wear("k-badge-text")} x="{x}" y="{y + 4.3:g}" text-anchor="middle">{words}</text>'
        )
    if mark.state == "done" and "Gateway" not in shape.kind:
        if shape.kind.endswith("Event") and not sheet.facts[shape.id].event:
            return ""
        check = pictograms.icon("check", x - 6, y - 6, 12, "k-on-badge").replace(
            'stroke-width="2"', 'stroke-width="3.5"'
        )
        return f'<circle {worn} cx="{x}" cy="{y}" r="9.5"/>{check}'
    if mark.state == "returned":
        return f'<circle {worn} cx="{x}" cy="{y}" r="9.5"/>' + pictograms.icon("undo", x - 6, y - 6, 12, "k-on-badge")
    return ""


def _flag(sheet: _Sheet, shape: Shape) -> str:
    """Beside the shape: a solid flag with words when it is late, plain words for any other note."""
    mark = sheet.marks.get(shape.id)
    if mark is None or not (mark.note or mark.state == "late"):
        return ""
    words = mark.note or sheet.words["late"]
    late = mark.state == "late"
    wide = math.ceil(lettering.width(words, 12)) + (34 if late else 4)
    box = _note_spot(sheet, shape, wide, 22 if late else 16)
    if not late:
        halo = 'paint-order="stroke" stroke-linejoin="round"'
        text = f'<text {paint.wear("k-words")} {halo} x="{box.cx}" y="{box.y + 12}" text-anchor="middle">'
        return f'<g aria-hidden="true">{text}{_text(words)}</text></g>'
    return (
        f'<g aria-hidden="true"><rect {paint.wear("k-flag")} {_box(box)} rx="4"/>'
        + pictograms.icon("alert", box.x + 7, box.y + 4, 14, "k-flag-icon")
        + f'<text {paint.wear("k-flag-text")} x="{box.x + 27}" y="{box.y + 15.3:g}">{_text(words)}</text></g>'
    )


def _note_spot(sheet: _Sheet, shape: Shape, w: int, h: int) -> Rect:
    """Under the shape when that is free, else the place around it that covers least."""
    box = shape.box
    under = shape.label.bottom if shape.label is not None and shape.label.y >= box.bottom else box.bottom
    places = [
        Rect(box.cx - w // 2, box.bottom + 6, w, h),
        Rect(box.x, box.bottom + 6, w, h),
        Rect(box.right - w, box.bottom + 6, w, h),
        Rect(box.cx - w // 2, under + 4, w, h),
        Rect(box.cx - w // 2 - 8, box.y - h - 6, w, h),
        Rect(box.x - 12, box.y - h - 6, w, h),
        Rect(box.cx - w // 2, box.bottom + 24, w, h),
    ]
    solid = [s.box for s in sheet.geometry.shapes.values() if s.kind not in geometry.CONTAINERS or not s.expanded]
    solid += list(sheet.geometry.labels.values())
    lines = [segment for edge in sheet.geometry.edges.values() for segment in edge.segments()]

    def covered(place: Rect) -> tuple[int, int]:
        return (
            sum(place.overlaps(other) for other in solid),
            sum(place.cut_by(a, b) for a, b in lines),
        )

    return min(places, key=covered)


# ---- flows


def _lines(sheet: _Sheet) -> Iterator[str]:
    """Flows that join are drawn once from where they meet: dashes laid over dashes would look like a full line."""
    edges = [e for e in sheet.geometry.edges.values() if len(e.points) >= 2]
    drawn: dict[tuple[str, Point], list[Edge]] = {}
    parts = []
    for edge in [*(e for e in edges if e.id in sheet.walked), *(e for e in edges if e.id not in sheet.walked)]:
        port = drawn.setdefault((edge.target, edge.points[-1]), [])
        meetings = [m for m in (geometry.parting(edge.points, other.points) for other in port) if m is not None]
        alone = min((geometry.until(edge.points, m) for m in meetings), key=_length, default=None)
        port.append(edge)
        parts.append(_line(sheet, edge, alone))
    yield from reversed(parts)  # the walked ones on top


def _length(points: Sequence[Point]) -> int:
    return sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in itertools.pairwise(points))


def _line(sheet: _Sheet, edge: Edge, alone: Sequence[Point] | None) -> str:
    """One flow; `alone` is its own part when it joins another one that is drawn with its arrow."""
    walked = edge.id in sheet.walked
    points = alone if alone is not None and len(alone) >= 2 else edge.points
    joins = points is not edge.points
    if edge.kind == "messageFlow":
        return _path(points, "k-message", joins) + _circle(edge) + ("" if joins else _arrow(edge, "k-paper", 11))
    if edge.kind in outline.LINKS:
        directed = edge.kind != "association" or sheet.facts[edge.id].directed
        return _path(points, "k-dots", True) + (_open_arrow(edge) if directed else "")
    back = edge.id in sheet.returns
    kind = ("k-walked" if walked else "k-flow") if not back else ("k-walked-back" if walked else "k-back")
    arrow = "" if joins else _arrow(edge, "k-walked-tip" if walked else "k-tip", 10)
    start = ""
    source, facts = sheet.facts.get(edge.source), sheet.facts.get(edge.id)
    if source is not None and source.default == edge.id:
        start = _slash(edge, "k-walked" if walked else "k-flow")
    elif facts is not None and facts.conditional and not _is_gateway(sheet, edge.source):
        start = _diamond(edge)
    return f'<g id="fl-{_text(edge.id)}" class="fl">{_path(points, kind, joins)}{arrow}{start}</g>'


def _is_gateway(sheet: _Sheet, element: str) -> bool:
    return element in sheet.geometry.shapes and "Gateway" in sheet.geometry.shapes[element].kind


def _unit(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    length = math.hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    return ((b[0] - a[0]) / length, (b[1] - a[1]) / length)


def _path(line: Sequence[Point], kind: str, whole: bool) -> str:
    """The line, its corners slightly rounded; it ends a little before its arrow's tip unless the whole is wanted."""
    points: list[tuple[float, float]] = [(float(x), float(y)) for x, y in line]
    if not whole:
        dx, dy = _unit(points[-2], points[-1])
        points[-1] = (points[-1][0] - 7 * dx, points[-1][1] - 7 * dy)
    drawn = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(4.0, math.dist(before, here) / 2, math.dist(here, after) / 2)
        a, b = _unit(here, before), _unit(here, after)
        drawn.append(
            f"L{here[0] + a[0] * radius:g} {here[1] + a[1] * radius:g}"
            f"Q{here[0]:g} {here[1]:g} {here[0] + b[0] * radius:g} {here[1] + b[1] * radius:g}"
        )
    drawn.append(f"L{points[-1][0]:g} {points[-1][1]:g}")
    return f'<path {paint.wear(kind)} d="{"".join(drawn)}"/>'


def _arrow(edge: Edge, kind: str, size: float) -> str:
    (x, y), (dx, dy) = edge.points[-1], _unit(edge.points[-2], edge.points[-1])
    back_x, back_y, half = x - dx * size, y - dy * size, size * 0.45
    corners = ((x, y), (back_x - dy * half, back_y + dx * half), (back_x + dy * half, back_y - dx * half))
    return f'<path {paint.wear(kind)} d="M{"L".join(f"{px:.1f} {py:.1f}" for px, py in corners)}z"/>'


def _open_arrow(edge: Edge) -> str:
    (x, y), (dx, dy) = edge.points[-1], _unit(edge.points[-2], edge.points[-1])
    left = (x - dx * 8 - dy * 4.5, y - dy * 8 + dx * 4.5)
    right = (x - dx * 8 + dy * 4.5, y - dy * 8 - dx * 4.5)
    return f'<path {paint.wear("k-hair")} d="M{left[0]:.1f} {left[1]:.1f}L{x} {y}L{right[0]:.1f} {right[1]:.1f}"/>'


def _circle(edge: Edge) -> str:
    (x, y), (dx, dy) = edge.points[0], _unit(edge.points[0], edge.points[1])
    return f'<circle {paint.wear("k-paper")} cx="{x + 3.5 * dx:g}" cy="{y + 3.5 * dy:g}" r="3.5"/>'


def _slash(edge: Edge, kind: str) -> str:
    """The mark of a default flow: a stroke across its beginning."""
    (x, y), (dx, dy) = edge.points[0], _unit(edge.points[0], edge.points[1])
    a = (x + 7 * dx - 4 * (dx - dy), y + 7 * dy - 4 * (dy + dx))
    b = (x + 7 * dx + 4 * (dx - dy), y + 7 * dy + 4 * (dy + dx))
    return f'<path {paint.wear(kind)} d="M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}"/>'


def _diamond(edge: Edge) -> str:
    """The mark of a conditional flow out of a step."""
    (x, y), (dx, dy) = edge.points[0], _unit(edge.points[0], edge.points[1])
    corners = (
        (x, y),
        (x + 6 * dx - 4 * dy, y + 6 * dy + 4 * dx),
        (x + 12 * dx, y + 12 * dy),
        (x + 6 * dx + 4 * dy, y + 6 * dy - 4 * dx),
    )
    return f'<path {paint.wear("k-paper")} d="M{"L".join(f"{px:g} {py:g}" for px, py in corners)}z"/>'


def _names_of_flows(sheet: _Sheet) -> Iterator[str]:
    for edge in sheet.geometry.edges.values():
        name = sheet.facts[edge.id].name if edge.id in sheet.facts else edge.name
        if not name or len(edge.points) < 2:
            continue
        box = edge.label or _middle(edge)
        beside = None
        for a, b in itertools.pairwise(edge.points):
            if a[0] == b[0] and min(a[1], b[1]) - 8 <= box.cy <= max(a[1], b[1]) + 8 and abs(box.cx - a[0]) < box.w:
                beside = Rect(a[0], box.y, 0, box.h)
        yield _outside(name, box, beside)


def _middle(edge: Edge) -> Rect:
    """Where the name of a flow goes when the file does not say: above the middle of its longest piece."""
    a, b = max(edge.segments(), key=lambda s: math.dist(s[0], s[1]))
    x, y = (a[0] + b[0]) // 2, (a[1] + b[1]) // 2
    return Rect(x - 45, y - 19, 90, 15) if a[1] == b[1] else Rect(x + 5, y - 8, 90, 15)
