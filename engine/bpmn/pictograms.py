"""The small pictures of a diagram: what kind of step, event or gateway this is.

Line icons are Lucide's (ISC licence, 24 grid); the marks inside events and gateways are drawn here after the BPMN
notation. Each function gives SVG around the origin or at a place; nothing here knows states or texts.
"""

from typing import Final

from . import paint

# Lucide 1.62, ISC.
_ICONS: Final = {
    "service": (
        "M9.671 4.136a2.34 2.34 0 0 1 4.659 0 2.34 2.34 0 0 0 3.319 1.915 2.34 2.34 0 0 1 2.33 4.033 2.34 "
        "2.34 0 0 0 0 3.831 2.34 2.34 0 0 1-2.33 4.033 2.34 2.34 0 0 0-3.319 1.915 2.34 2.34 0 0 1-4.659 "
        "0 2.34 2.34 0 0 0-3.32-1.915 2.34 2.34 0 0 1-2.33-4.033 2.34 2.34 0 0 0 0-3.831A2.34 2.34 0 0 1 "
        "6.35 6.051a2.34 2.34 0 0 0 3.319-1.915M15 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0"
    ),
    "script": (
        "M15 12h-5M15 8h-5M19 17V5a2 2 0 0 0-2-2H4M8 21h12a2 2 0 0 0 2-2v-1a1 1 0 0 0-1-1H11a1 1 0 0 0-1 "
        "1v1a2 2 0 1 1-4 0V5a2 2 0 1 0-4 0v2a1 1 0 0 0 1 1h3"
    ),
    "table": "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2M3 9h18M3 15h18M9 9v12",
    "send": (
        "M14.536 21.686a.5.5 0 0 0 .937-.024l6.5-19a.496.496 0 0 0-.635-.635l-19 6.5a.5.5 0 0 "
        "0-.024.937l7.93 3.18a2 2 0 0 1 1.112 1.11zM21.854 2.147l-10.94 10.939"
    ),
    "mail": (
        "M4 4h16a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2M22 7l-8.991 5.727a2 2 0 0 1-2.009 0L2 7"
    ),
    "hand": (
        "M18 11V6a2 2 0 0 0-4 0M14 10V4a2 2 0 0 0-4 0v2M10 10.5V6a2 2 0 0 0-4 0v8M18 8a2 2 0 1 1 4 0v6a8 "
        "8 0 0 1-8 8h-2c-2.8 0-4.5-.86-5.99-2.34l-3.6-3.6a2 2 0 0 1 2.83-2.82L7 15"
    ),
    "signature": (
        "m21 17-2.156-1.868A.5.5 0 0 0 18 15.5v.5a1 1 0 0 1-1 1h-2a1 1 0 0 "
        "1-1-1c0-2.545-3.991-3.97-8.5-4a1 1 0 0 0 0 5c4.153 0 4.745-11.295 5.708-13.5a2.5 2.5 0 1 1 3.31 "
        "3.284M3 21h18"
    ),
    "stamp": (
        "M14 13V8.5C14 7 15 7 15 5a3 3 0 0 0-6 0c0 2 1 2 1 3.5V13M20 15.5a2.5 2.5 0 0 0-2.5-2.5h-11A2.5 "
        "2.5 0 0 0 4 15.5V17a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1zM5 22h14"
    ),
    "check": "M20 6 9 17l-5-5",
    "undo": "M9 14 4 9l5-5M4 9h10.5a5.5 5.5 0 0 1 0 11H11",
    "alert": "m21.73 18-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.73-3M12 9v4M12 17h.01",
    "called": "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2M8 12h8M12 8v8",
    "loop": "M3 12a9 9 0 1 0 9-9 9.75 9.75 0 0 0-6.74 2.74L3 8M3 3v5h5",
    "parallel": "M5 4v16M12 4v16M19 4v16",
    "sequential": "M4 5h16M4 12h16M4 19h16",
}
_SOLID: Final = {
    "user": "M12 3.2a4.4 4.4 0 1 1 0 8.8 4.4 4.4 0 0 1 0-8.8M3.6 21.4c0-4.6 3.6-7.4 8.4-7.4s8.4 2.8 8.4 7.4z"
}

TASK_ICONS: Final = {
    "userTask": "user",
    "manualTask": "hand",
    "serviceTask": "service",
    "scriptTask": "script",
    "businessRuleTask": "table",
    "sendTask": "send",
    "receiveTask": "mail",
    "callActivity": "called",
}


def icon(name: str, x: float, y: float, size: float, *classes: str) -> str:
    """A line icon with its top left corner at a place; its stroke keeps the width of its class whatever its size."""
    solid = name in _SOLID
    scale = size / 24
    worn = paint.wear(*(classes or (("k-icon-solid" if solid else "k-icon"),)))
    line = "" if solid else ' stroke-linecap="round" stroke-linejoin="round"'
    path = _SOLID.get(name) or _ICONS[name]
    return f'<path {worn}{line} transform="translate({x:g} {y:g}) scale({scale:.4g})" d="{path}"/>'


# What stands inside an event, in a circle of radius 18 around the origin. Outlines; a thrown event fills them.
_EVENTS: Final = {
    "messageEventDefinition": "M-8 -6H8V6H-8zM-8 -6L0 1L8 -6",
    "timerEventDefinition": "M9 0A9 9 0 1 1 -9 0A9 9 0 1 1 9 0M0 -6V0L4 2.5",
    "escalationEventDefinition": "M0 -9L7 8L0 2L-7 8z",
    "signalEventDefinition": "M0 -9L9 6.5H-9z",
    "errorEventDefinition": "M-8 8L-3 -7L2.5 1.5L8 -8L3.5 8L-2 -0.5z",
    "conditionalEventDefinition": "M-6 -8H6V8H-6zM-3.5 -4.5H3.5M-3.5 -1.5H3.5M-3.5 1.5H3.5M-3.5 4.5H3.5",
    "linkEventDefinition": "M-9 -3.5H2V-8L10 0L2 8V3.5H-9z",
    "compensateEventDefinition": "M0 -7V7L-8 0zM8 -7V7L0 0z",
    "cancelEventDefinition": "M-8 -5L-5 -8L0 -3L5 -8L8 -5L3 0L8 5L5 8L0 3L-5 8L-8 5L-3 0z",
    "multiple": "M0 -9L8.6 -2.8L5.3 7.3H-5.3L-8.6 -2.8z",
    "parallelMultiple": "M-2.5 -9H2.5V-2.5H9V2.5H2.5V9H-2.5V2.5H-9V-2.5H-2.5z",
}


def event_mark(kind: str, x: float, y: float, thrown: bool, radius: float, stroke: str, token: str) -> str:
    """The mark inside an event of this definition; `stroke` is its colour and `token` the page's name for it."""
    scale = radius / 18
    place = f'transform="translate({x:g} {y:g}) scale({scale:.4g})"'
    colour = f'style="stroke:var(--{token},{stroke})"'
    filled = f'fill="{stroke}" style="fill:var(--{token},{stroke})"'
    if kind == "terminateEventDefinition":
        return f'<circle cx="{x:g}" cy="{y:g}" r="{radius * 0.58:.4g}" {filled}/>'
    path = _EVENTS.get(kind)
    if path is None:
        return ""
    if not thrown or kind in ("timerEventDefinition", "conditionalEventDefinition"):
        ends = 'stroke-linecap="round" stroke-linejoin="round"'
        return f'<path {place} fill="none" stroke="{stroke}" stroke-width="1.4" {ends} {colour} d="{path}"/>'
    mark = f'<path {place} {filled} d="{path}"/>'
    if kind == "messageEventDefinition":  # the flap of a filled envelope
        flap = f'fill="none" stroke="{paint.LIGHT["sf"]}" stroke-width="1.5" style="stroke:var(--sf,#FFFFFF)"'
        mark += f'<path {place} {flap} d="M-8 -6L0 1L8 -6"/>'
    return mark


_GATEWAYS: Final = {
    "exclusiveGateway": "M-6 -6L6 6M6 -6L-6 6",
    "parallelGateway": "M-8.5 0H8.5M0 -8.5V8.5",
    "inclusiveGateway": "M8 0A8 8 0 1 1 -8 0A8 8 0 1 1 8 0",
    "complexGateway": "M-8.5 0H8.5M0 -8.5V8.5M-6 -6L6 6M6 -6L-6 6",
    "eventBasedGateway": (
        "M11 0A11 11 0 1 1 -11 0A11 11 0 1 1 11 0M8.5 0A8.5 8.5 0 1 1 -8.5 0A8.5 8.5 0 1 1 8.5 0"
        "M0 -5.2L5 -1.6L3.1 4.2H-3.1L-5 -1.6z"
    ),
}


def gateway_mark(kind: str, x: float, y: float, size: float, stroke: str, token: str) -> str:
    path = _GATEWAYS.get(kind, "")
    width = 1.25 if kind == "eventBasedGateway" else 2
    return (
        f'<path transform="translate({x:g} {y:g}) scale({size / 44:.4g})" fill="none" stroke="{stroke}" '
        f'stroke-width="{width}" stroke-linecap="round" style="stroke:var(--{token},{stroke})" d="{path}"/>'
    )
