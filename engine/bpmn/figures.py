"""Shapes of a drawing: steps, events, gateways, data, with the badge and the flag of their state."""

import math
from typing import Final

from . import geometry, lettering, outline, paint, pictograms
from .geometry import Rect, Shape
from .picture import Mark, Picture, box_of, name_of, outside, rows, state_words, text

_CORNER: Final = 6


def shape(picture: Picture, shape: Shape) -> str:
    mark = picture.marks.get(shape.id)
    state = mark.state if mark else "coming"
    kind = shape.kind
    if kind == "group":
        return f'<rect {paint.wear("k-group")} {box_of(shape.box)} rx="8"/>' + _own_label(picture, shape)
    if kind.startswith("data"):
        return _data(picture, shape)
    if kind == "textAnnotation":
        return _annotation(picture, shape)
    if kind.endswith("Event"):
        body = _event(picture, shape, state)
    elif "Gateway" in kind:
        body = _gateway(shape, state)
    elif kind in outline.SUBPROCESSES and shape.expanded:
        body = _opened(picture, shape, state)
    else:
        body = _task(picture, shape, state)
    label = f"{name_of(picture, shape)}, {state_words(picture, shape.id)}"
    return (
        f'<g id="el-{text(shape.id)}" class="el {kind} {text(state)}" data-element="{text(shape.id)}" tabindex="0" '
        f'role="img" aria-label="{text(label)}"><title>{text(label)}</title>{_focus(shape)}{body}'
        f"{_badge(picture, shape, mark)}{_own_label(picture, shape)}</g>"
    )


def _focus(shape: Shape) -> str:
    """A ring that only the style picture shows, when the element has the keyboard's focus."""
    box = shape.box.grown(5)
    return f'<rect class="k-focus" {box_of(box)} rx="9" fill="none" stroke="#1B55A0" stroke-opacity="0"/>'


def _task(picture: Picture, shape: Shape, state: str) -> str:
    box, facts = shape.box, picture.facts[shape.id]
    worn = paint.wear(paint.state_class(state))
    called = shape.kind == "callActivity"
    if called and state == "coming":
        worn = worn.replace('stroke-width="1.5"', 'stroke-width="2.5"')
    parts = [f'<rect {worn} {box_of(box)} rx="{_CORNER}"/>']
    if state == "late":
        parts.append(f'<rect {paint.wear("k-print")} {box_of(box.grown(-4))} rx="3"/>')
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
    hangs = any(other.host == shape.id and other.box.cy == box.bottom for other in picture.geometry.shapes.values())
    if shape.kind in outline.SUBPROCESSES or hangs:  # the name keeps clear of what stands at the lower edge
        box = Rect(box.x, box.y, box.w, box.h - 16)
    parts.append(_centred(name_of(picture, shape), box, facts.loop != "" or icon != ""))
    return "".join(parts)


def _centred(name: str, box: Rect, icon: bool) -> str:
    limit = box.w - 12
    lines = lettering.wrap(name, limit, outline.TEXT)
    height = 17 if len(lines) < 3 else 16
    most = max(1, (box.h - 4) // height)
    lines = lettering.fitted(name, limit, outline.TEXT, most)
    middle = box.cy + (3 if icon and len(lines) == 2 else 2 if icon and len(lines) == 3 and box.h <= 64 else 0)
    first = middle + 4.5 - (len(lines) - 1) * height / 2
    return rows(lines, box.cx, first, height, "k-text", "middle")


def _opened(picture: Picture, shape: Shape, state: str) -> str:
    box, facts = shape.box, picture.facts[shape.id]
    worn = paint.wear(paint.state_class(state))
    if state == "coming":
        worn = worn.replace(f'fill="{paint.LIGHT["sf"]}"', 'fill="none"').replace("s-coming", "k-frame")
    dash = ' stroke-dasharray="2 4"' if facts.open_event else ""
    parts = [f'<rect {worn} {box_of(box)} rx="{_CORNER}"{dash}/>']
    if shape.kind == "transaction":
        parts.append(f'<rect {paint.wear("k-frame")} {box_of(box.grown(-4))} rx="{_CORNER - 2}"/>')
    x = box.x + 12
    if facts.loop:
        parts.append(pictograms.icon(facts.loop, x, box.y + 9, 12))
        x += 18
    lines = lettering.fitted(name_of(picture, shape), box.right - x - 12, outline.TEXT, 1)
    parts.append(rows(lines, x, box.y + 19, 16, "k-text", "start"))
    if shape.kind == "adHocSubProcess":
        wave = f"M{box.cx - 8} {box.bottom - 8}q4 -6 8 0t8 0"
        parts.append(f'<path {paint.wear("k-hair")} stroke-linecap="round" d="{wave}"/>')
    return "".join(parts)


def _event(picture: Picture, shape: Shape, state: str) -> str:
    box, facts = shape.box, picture.facts[shape.id]
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


def _data(picture: Picture, shape: Shape) -> str:
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
    return drawn + _own_label(picture, shape)


def _annotation(picture: Picture, shape: Shape) -> str:
    box = shape.box
    lines = lettering.wrap(name_of(picture, shape), box.w - 12, outline.SMALL_TEXT)[: max(1, box.h // 15)]
    bracket = f"M{box.x + 10} {box.y}H{box.x}V{box.bottom}h10"
    return f'<path {paint.wear("k-hair")} d="{bracket}"/>' + rows(lines, box.x + 8, box.y + 15, 15, "k-note", "start")


def _own_label(picture: Picture, shape: Shape) -> str:
    """The name outside of an event, gateway or data object: in the box the file gives, else under the shape."""
    bare = shape.kind.endswith("Event") or "Gateway" in shape.kind or shape.kind.startswith("data")
    name = picture.facts[shape.id].name if shape.id in picture.facts else ""
    if not name or not (bare or shape.kind == "group"):
        return ""
    return outside(name, shape.label or Rect(shape.box.cx - 45, shape.box.bottom + 4, 90, 30), shape.box)


def _badge(picture: Picture, shape: Shape, mark: Mark | None) -> str:
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
        if shape.kind.endswith("Event") and not picture.facts[shape.id].event:
            return ""
        check = pictograms.icon("check", x - 6, y - 6, 12, "k-on-badge").replace(
            'stroke-width="2"', 'stroke-width="3.5"'
        )
        return f'<circle {worn} cx="{x}" cy="{y}" r="9.5"/>{check}'
    if mark.state == "returned":
        return f'<circle {worn} cx="{x}" cy="{y}" r="9.5"/>' + pictograms.icon("undo", x - 6, y - 6, 12, "k-on-badge")
    return ""


# ---- words beside a shape


def flag(picture: Picture, shape: Shape) -> str:
    """Beside the shape: a solid flag with words when it is late, plain words for any other note."""
    mark = picture.marks.get(shape.id)
    if mark is None or not (mark.note or mark.state == "late"):
        return ""
    words = mark.note or picture.words["late"]
    late = mark.state == "late"
    wide = math.ceil(lettering.width(words, 12)) + (34 if late else 4)
    box = _note_spot(picture, shape, wide, 22 if late else 16)
    if not late:
        halo = 'paint-order="stroke" stroke-linejoin="round"'
        start = f'<text {paint.wear("k-words")} {halo} x="{box.cx}" y="{box.y + 12}" text-anchor="middle">'
        return f'<g aria-hidden="true">{start}{text(words)}</text></g>'
    return (
        f'<g aria-hidden="true"><rect {paint.wear("k-flag")} {box_of(box)} rx="4"/>'
        + pictograms.icon("alert", box.x + 7, box.y + 4, 14, "k-flag-icon")
        + f'<text {paint.wear("k-flag-text")} x="{box.x + 27}" y="{box.y + 15.3:g}">{text(words)}</text></g>'
    )


def _note_spot(picture: Picture, shape: Shape, w: int, h: int) -> Rect:
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
    solid = [s.box for s in picture.geometry.shapes.values() if s.kind not in geometry.CONTAINERS or not s.expanded]
    solid += list(picture.geometry.labels.values())
    lines = [segment for edge in picture.geometry.edges.values() for segment in edge.segments()]

    def covered(place: Rect) -> float:
        """Shapes and names must not be covered; one line may be, rather than to stand far off."""
        hidden = sum(place.overlaps(other) for other in solid)
        return 10 * hidden + sum(place.cut_by(a, b) for a, b in lines) + 0.4 * places.index(place)

    return min(places, key=covered)
