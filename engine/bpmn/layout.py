"""Lane-aware automatic layout: fresh diagram interchange for a BPMN model.

`arrange` replaces what a file says about its picture and nothing else: pools and lanes as bands, the flow from left to
right, branches in rows, return flows in channels of their own, boundary events on their hosts, sub-processes opened up
and laid out in turn. The same model gives the same bytes. Here pools are stacked, messages drawn between them and the
picture written; one process is laid out in `sheet`, with `placement` of shapes, `routing` of lines and `labelling`.

    python -m engine.bpmn.layout FILE…     rewrites files in place and prints their faults
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from lxml import etree

from . import geometry, labelling, outline, routing
from .geometry import BPMN, BPMNDI, DC, DI, Geometry, Rect, ends, parse, tag
from .readability import crossings, faults
from .sheet import HEAD, Sheet, any_port, lay_out

__all__ = ["Geometry", "arrange", "crossings", "faults"]

_ORIGIN = (32, 32)
_BETWEEN_POOLS = 64
_EMPTY_POOL = 64


def arrange(xml: bytes) -> bytes:
    """The same model with a fresh, readable diagram."""
    root = parse(xml)
    before = geometry.read_tree(root)
    for old in root.findall(f"{{{BPMNDI}}}BPMNDiagram"):
        root.remove(old)
    sheet, subject = _whole(root)
    _join_pools(root, sheet)
    _draw_groups(before, sheet)
    _write(root, sheet, subject)
    etree.indent(root, "  ")
    text: bytes = etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return text.replace(b"<?xml version='1.0' encoding='UTF-8'?>", b'<?xml version="1.0" encoding="UTF-8"?>', 1)


def _whole(root: etree._Element) -> tuple[Sheet, str]:
    """Everything that has a place of its own, and the id of what the picture is of."""
    processes = {p.get("id", ""): p for p in root.findall(f"{{{BPMN}}}process")}
    collaboration = root.find(f"{{{BPMN}}}collaboration")
    participants = collaboration.findall(f"{{{BPMN}}}participant") if collaboration is not None else []
    subject = next(iter(processes), "")
    whole = Sheet()
    left, y = _ORIGIN
    pools: list[tuple[str, Sheet | None]] = []
    for participant in participants:
        process = processes.pop((participant.get("processRef") or "").rpartition(":")[2], None)
        content = lay_out(process, head=HEAD) if process is not None else None
        pools.append((participant.get("id", ""), content if content is not None and content.shapes else None))
    width = max([content.width for _, content in pools if content], default=600)
    for pool_id, content in pools:
        height = content.height if content else _EMPTY_POOL
        if content:
            for key, box in content.lanes.items():
                content.lanes[key] = Rect(box.x, box.y, width - box.x, box.h)
            whole.insert(content, left, y)
        whole.shapes[pool_id] = Rect(left, y, width, height)
        y += height + _BETWEEN_POOLS
    for process in processes.values():
        content = lay_out(process)
        whole.insert(content, left, y)
        y += content.height + _BETWEEN_POOLS
    if participants and collaboration is not None:
        subject = collaboration.get("id", "")
    return whole, subject


# ---- what crosses the borders of processes


def _join_pools(root: etree._Element, sheet: Sheet) -> None:
    """Message flows, and associations that reach out of their scope: routed around all that is drawn already."""
    elements = {e.get("id", ""): e for e in root.iter(f"{{{BPMN}}}*") if e.get("id")}
    for element in elements.values():
        key = element.get("id", "")
        if key in sheet.lines or tag(element) not in outline.LINKS | {"messageFlow"}:
            continue
        source, target = ends(element)
        if source not in sheet.shapes or target not in sheet.shapes:
            continue
        wire = _wire_between(key, elements[source], elements[target], sheet)
        grid = _sheet_grid(sheet, elements, {source, target})
        grid.route([wire])
        if not wire.points:
            continue
        sheet.lines[key] = wire.points
        if element.get("name"):
            size = outline.label_size(element.get("name", ""), 96)
            frames = [b for k, b in sheet.shapes.items() if tag(elements[k]) == "participant"]
            solid = [b for k, b in sheet.shapes.items() if tag(elements[k]) != "participant"]
            borders = [y for b in [*sheet.lanes.values(), *frames] for y in (b.y, b.bottom)]
            solid += sheet.labels.values()
            spots = labelling.best_spots(wire.points, size, solid, sheet.lines, key, _around(sheet), borders)
            if spots and not spots[-1].hit:
                sheet.labels[key] = spots[-1].box


def _wire_between(key: str, source: etree._Element, target: etree._Element, sheet: Sheet) -> routing.Wire:
    boxes = [sheet.shapes[source.get("id", "")], sheet.shapes[target.get("id", "")]]
    ports = []
    for element, box, other in ((source, boxes[0], boxes[1]), (target, boxes[1], boxes[0])):
        if tag(element) == "participant":
            side, y = (routing.SOUTH, box.bottom) if other.y > box.y else (routing.NORTH, box.y)
            ports.append(
                [routing.Port((x, y), side, abs(x - other.cx) // 2) for x in range(box.x + 48, box.right - 15, 16)]
            )
        else:
            ports.append(any_port(box, tag(element)))
    return routing.Wire(key, ports[0], ports[1])


def _around(sheet: Sheet) -> Rect:
    return geometry.union([*sheet.shapes.values(), *sheet.lanes.values()]).grown(48)


def _sheet_grid(sheet: Sheet, elements: dict[str, etree._Element], spared: set[str]) -> routing.Grid:
    """A grid of the whole picture; the boxes around the two ends are no walls."""
    around: set[str] = set()
    for end in spared:
        owner = elements[end].getparent()
        while owner is not None:
            around.add(owner.get("id", ""))
            owner = owner.getparent()
    grid = routing.Grid(_around(sheet))
    for key, box in sheet.shapes.items():
        if tag(elements[key]) == "participant":
            grid.keep_clear(box.y)
            grid.keep_clear(box.bottom)
        elif key not in around:
            grid.block(box)
    for box in sheet.lanes.values():
        grid.keep_clear(box.y)
        grid.keep_clear(box.bottom)
        grid.block_label(Rect(box.x, box.y, HEAD, box.h))
    for box in sheet.labels.values():
        grid.block_label(box)
    for key, points in sheet.lines.items():
        grid.lay_line(key, points)
    return grid


def _draw_groups(before: Geometry, sheet: Sheet) -> None:
    """A group has no members in the model: it is drawn around what the old picture showed inside of it."""
    for group in before.shapes.values():
        if group.kind != "group":
            continue
        inside = {s.id for s in before.shapes.values() if s.id in sheet.shapes and group.box.contains(s.box)}
        while inside:
            box = geometry.union(sheet.shapes[key] for key in inside).grown(12)
            now = inside | {key for key, other in sheet.shapes.items() if box.contains(other)}
            if now == inside:  # the next time it will be drawn around the same
                sheet.shapes[group.id] = box
                break
            inside = now


# ---- writing


def _write(root: etree._Element, sheet: Sheet, subject: str) -> None:
    diagram = etree.SubElement(
        root,
        f"{{{BPMNDI}}}BPMNDiagram",
        {"id": f"{subject}_diagram"},
        nsmap={"bpmndi": BPMNDI, "dc": DC, "di": DI},
    )
    plane = etree.SubElement(diagram, f"{{{BPMNDI}}}BPMNPlane", {"id": f"{subject}_plane", "bpmnElement": subject})
    boxes = {**sheet.lanes, **sheet.shapes}
    elements = [e for e in root.iter(f"{{{BPMN}}}*") if e.get("id")]
    for element in elements:
        key = element.get("id", "")
        if key in boxes:
            shape = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNShape", {"id": f"{key}_di", "bpmnElement": key})
            if tag(element) in ("participant", "lane"):
                shape.set("isHorizontal", "true")
            elif tag(element) in outline.SUBPROCESSES:
                shape.set("isExpanded", "true" if key in sheet.opened else "false")
            elif tag(element) == "exclusiveGateway":
                shape.set("isMarkerVisible", "true")
            _bounds(shape, boxes[key])
            _label(shape, sheet.labels.get(key))
    for element in elements:
        key = element.get("id", "")
        if key in sheet.lines:
            edge = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNEdge", {"id": f"{key}_di", "bpmnElement": key})
            for x, y in sheet.lines[key]:
                etree.SubElement(edge, f"{{{DI}}}waypoint", {"x": str(x), "y": str(y)})
            _label(edge, sheet.labels.get(key))


def _bounds(parent: etree._Element, box: Rect) -> None:
    sizes = {"x": box.x, "y": box.y, "width": box.w, "height": box.h}
    etree.SubElement(parent, f"{{{DC}}}Bounds", {key: str(value) for key, value in sizes.items()})


def _label(parent: etree._Element, box: Rect | None) -> None:
    if box is not None:
        _bounds(etree.SubElement(parent, f"{{{BPMNDI}}}BPMNLabel"), box)


def main(files: Iterable[str]) -> int:
    """Rewrites each file and says what is still wrong with its picture; 1 when anything is."""
    wrong = 0
    for name in files:
        path = Path(name)
        arranged = arrange(path.read_bytes())
        path.write_bytes(arranged)
        picture = Geometry.read(arranged)
        found = faults(picture)
        wrong += bool(found)
        size = picture.bounds
        count = f"{len(picture.shapes)} shapes, {crossings(picture)} crossings, {len(found)} faults"
        print(f"{name}: {size.w} × {size.h}, {count}")
        for fault in found:
            print(f"  {fault}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
