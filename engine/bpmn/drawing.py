"""A process model's diagram as SVG: for pages without script, for phones, for print and PDF.

It draws the diagram interchange of the file (after `layout.arrange`, when the file has none) and puts on it where a
case stands: what is done, what is being done, what is late, which flows were walked. Weight, badge and words carry the
state without colour. The SVG stands alone: no script, no handler, no reference outside; colours come from `paint`. It
does not decide anything about the case: states, counts and the words of lateness are given.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from . import arrows, figures, geometry, layout, lettering, outline, paint
from .geometry import BPMNDI, Shape
from .picture import WORDS, Mark, Picture, box_of, name_of, read_facts, returns_of, state_words, text, title_of
from .sheet import HEAD

__all__ = ["WORDS", "Mark", "svg"]

_PAD: Final = 16


def svg(xml: bytes, marks: Mapping[str, Mark], walked: Collection[str] = (), lang: str = "vi") -> str:
    """The whole drawing. `walked` are the flows that tokens have taken."""
    root = geometry.parse(xml)
    if root.find(f".//{{{BPMNDI}}}BPMNShape") is None:
        root = geometry.parse(layout.arrange(xml))
    drawn = geometry.read_tree(root)
    words = WORDS.get(lang, WORDS["vi"])
    picture = Picture(drawn, read_facts(root, lang), marks, frozenset(walked), returns_of(root), words)
    area = drawn.bounds.grown(_PAD)
    title = title_of(root, lang)
    steps = sum(1 for s in drawn.shapes.values() if s.kind in outline.TASKS)
    about = f"{words['diagram']}: {steps} {words['steps']}. " + ". ".join(
        f"{name_of(picture, drawn.shapes[key])}: {state_words(picture, key)}"
        for key, mark in marks.items()
        if key in drawn.shapes and mark.state in ("active", "late", "returned")
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="drawing" viewBox="{area.x} {area.y} {area.w} {area.h}" '
        f'width="{area.w}" height="{area.h}" role="group" aria-label="{text(title)}" '
        f'font-family="{paint.FONT}" text-rendering="geometricPrecision">',
        f"<title>{text(title)}</title><desc>{text(about.strip())}</desc><style>{paint.STYLE}</style>",
        *_frames(picture),
        *(figures.shape(picture, s) for s in _outer_first(picture) if s.kind in outline.SUBPROCESSES and s.expanded),
        *arrows.lines(picture),
        *(
            figures.shape(picture, s)
            for s in _outer_first(picture)
            if not (s.kind in outline.SUBPROCESSES and s.expanded)
        ),
        *arrows.names(picture),
        *(figures.flag(picture, s) for s in drawn.shapes.values()),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def _outer_first(picture: Picture) -> list[Shape]:
    """Shapes that are not pools or lanes, in the order in which they are painted over each other."""
    shapes = picture.geometry.shapes

    def depth(shape: Shape) -> int:
        count, above = (1 if shape.host else 0), shapes.get(shape.parent or "")
        while above is not None:
            count, above = count + 2, shapes.get(above.parent or "")
        return count

    return sorted((s for s in shapes.values() if s.kind not in ("participant", "lane")), key=depth)


# ---- pools and lanes


def _frames(picture: Picture) -> Iterator[str]:
    shapes = [s for s in picture.geometry.shapes.values() if s.kind in ("participant", "lane")]
    lanes = [s for s in shapes if s.kind == "lane"]
    leaves = sorted((s for s in lanes if not _holds_lanes(s, lanes)), key=lambda s: (s.box.y, s.box.x))
    for shape in shapes:
        if shape.kind == "participant":
            yield f"<rect {paint.wear('k-band')} {box_of(shape.box)}/>"
    for number, shape in enumerate(leaves):
        yield f"<rect {paint.wear('k-band2' if number % 2 else 'k-band')} {box_of(shape.box)}/>"
    for shape in shapes:
        if shape.kind == "lane" and shape not in leaves:
            yield f'<rect {paint.wear("k-frame")} stroke-opacity="0" {box_of(shape.box)}/>'
        yield _head(picture, shape, [s for s in shapes if s is not shape and shape.box.contains(s.box)])


def _holds_lanes(shape: Shape, lanes: Sequence[Shape]) -> bool:
    return any(other is not shape and shape.box.contains(other.box) for other in lanes)


def _head(picture: Picture, shape: Shape, inside: Sequence[Shape]) -> str:
    """The name at the left end, written upwards (along the top for a vertical pool)."""
    box = shape.box
    name = picture.facts[shape.id].name
    worn = paint.wear("k-head-text" if shape.kind == "lane" else "k-pool-text")
    size = 12.0 if shape.kind == "lane" else 12.5
    empty = shape.kind == "participant" and not any(
        s.kind not in ("participant", "lane") and box.contains(s.box) for s in picture.geometry.shapes.values()
    )
    if empty:
        return f'<text {worn} x="{box.cx}" y="{box.cy + 4}" text-anchor="middle">{text(name)}</text>'
    if shape.horizontal or box.w >= box.h:
        wide = min((s.box.x - box.x for s in inside if s.box.x > box.x), default=HEAD)
        wide = wide if 16 <= wide <= 96 else HEAD
        lines = lettering.fitted(name, box.h - 12, size, max(1, int(wide // 14)))
        first = box.x + wide / 2 + 4 - (len(lines) - 1) * 14 / 2
        rows = "".join(
            f'<text {worn} transform="translate({first + 14 * i:g} {box.cy}) rotate(-90)" text-anchor="middle">'
            f"{text(line)}</text>"
            for i, line in enumerate(lines)
        )
        return f'<rect {paint.wear("k-head")} x="{box.x}" y="{box.y}" width="{wide}" height="{box.h}"/>{rows}'
    return (
        f'<rect {paint.wear("k-head")} x="{box.x}" y="{box.y}" width="{box.w}" height="{HEAD}"/>'
        f'<text {worn} x="{box.cx}" y="{box.y + 20}" text-anchor="middle">{text(name)}</text>'
    )
