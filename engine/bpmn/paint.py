"""Colours and strokes of a drawing by the name of what is painted.

Each class has a rule in the style sheet that travels inside the drawing, written with the tokens of the page (so that a
dark page gives a dark diagram) and with the light value of each token as fallback; and the same as attributes, for
renderers that know no custom properties (PDF, `rsvg-convert`). The two come from one table and cannot drift apart.
"""

from typing import Final

# token → its light value; see the tokens of the page.
LIGHT: Final = {
    "sf": "#FFFFFF",
    "sf2": "#FAF9F6",
    "ink": "#1D1B19",
    "ink2": "#4A4641",
    "ink3": "#67625B",
    "ctl": "#8C867D",
    "line": "#D8D3CA",
    "line2": "#E8E4DD",
    "act": "#1B55A0",
    "act-t": "#E8F0FA",
    "on-act": "#FFFFFF",
    "late": "#B01838",
    "late-t": "#FBE9EC",
    "on-late": "#FFFFFF",
    "warn": "#8A5300",
    "warn-t": "#FFF1D6",
    "done": "#34506F",
    "done-t": "#E3EAF2",
    "idle": "#57534D",
    "idle-t": "#EDEAE4",
}

FONT: Final = "'Be Vietnam Pro', 'Noto Sans', sans-serif"

# class → attribute → token or plain value. `k-` are kinds, `s-` states.
_CLASSES: Final[dict[str, dict[str, str]]] = {
    "k-sheet": {"fill": "sf"},
    "k-band": {"fill": "sf", "stroke": "line", "stroke-width": "1"},
    "k-band2": {"fill": "sf2", "stroke": "line", "stroke-width": "1"},
    "k-head": {"fill": "sf2", "stroke": "line", "stroke-width": "1"},
    "k-head-text": {"fill": "ink2", "font-size": "12", "font-weight": "500"},
    "k-pool-text": {"fill": "ink", "font-size": "12.5", "font-weight": "600"},
    "k-text": {"fill": "ink", "font-size": "12.5", "font-weight": "500"},
    "k-note": {"fill": "ink2", "font-size": "12", "font-weight": "400"},
    "k-frame": {"fill": "none", "stroke": "ctl", "stroke-width": "1.25"},
    "k-hair": {"fill": "none", "stroke": "ctl", "stroke-width": "1.25"},
    "k-group": {"fill": "none", "stroke": "ctl", "stroke-width": "1.25", "stroke-dasharray": "8 4 2 4"},
    "k-icon": {"fill": "none", "stroke": "ink3", "stroke-width": "2"},
    "k-icon-solid": {"fill": "ink3", "stroke": "none"},
    "k-paper": {"fill": "sf", "stroke": "ctl", "stroke-width": "1.25"},
    "k-flow": {"fill": "none", "stroke": "ctl", "stroke-width": "1.5"},
    "k-tip": {"fill": "ctl", "stroke": "none"},
    "k-back": {"fill": "none", "stroke": "ctl", "stroke-width": "1.5", "stroke-dasharray": "5 4"},
    "k-walked": {"fill": "none", "stroke": "done", "stroke-width": "2"},
    "k-walked-tip": {"fill": "done", "stroke": "none"},
    "k-walked-back": {"fill": "none", "stroke": "done", "stroke-width": "2", "stroke-dasharray": "5 4"},
    "k-message": {"fill": "none", "stroke": "ctl", "stroke-width": "1.25", "stroke-dasharray": "7 4"},
    "k-dots": {"fill": "none", "stroke": "ctl", "stroke-width": "1.25", "stroke-dasharray": "1 4"},
    "s-coming": {"fill": "sf", "stroke": "ctl", "stroke-width": "1.5"},
    "s-done": {"fill": "done-t", "stroke": "done", "stroke-width": "1.5"},
    "s-active": {"fill": "act-t", "stroke": "act", "stroke-width": "3"},
    "s-late": {"fill": "late-t", "stroke": "late", "stroke-width": "3"},
    "s-returned": {"fill": "warn-t", "stroke": "warn", "stroke-width": "2"},
    "k-ring": {"fill": "none"},
    "k-badge-done": {"fill": "done", "stroke": "sf", "stroke-width": "1.5"},
    "k-badge-active": {"fill": "act", "stroke": "sf", "stroke-width": "1.5"},
    "k-badge-late": {"fill": "late", "stroke": "sf", "stroke-width": "1.5"},
    "k-badge-returned": {"fill": "warn", "stroke": "sf", "stroke-width": "1.5"},
    "k-on-badge": {"fill": "none", "stroke": "sf", "stroke-width": "2"},
    "k-badge-text": {"fill": "sf", "font-size": "12", "font-weight": "600"},
    "k-flag": {"fill": "late", "stroke": "none"},
    "k-flag-icon": {"fill": "none", "stroke": "on-late", "stroke-width": "2"},
    "k-flag-text": {"fill": "on-late", "font-size": "12", "font-weight": "600"},
    "k-words": {"fill": "ink2", "font-size": "12", "font-weight": "500", "stroke": "sf", "stroke-width": "3"},
    "k-print": {"fill": "none", "stroke": "none", "display": "none"},
}
_STATES: Final = {
    "done": ("s-done", "done"),
    "active": ("s-active", "act"),
    "late": ("s-late", "late"),
    "returned": ("s-returned", "warn"),
    "coming": ("s-coming", "ctl"),
}


def wear(*classes: str) -> str:
    """The attributes of an element of these classes: its class and its looks in light colours."""
    looks: dict[str, str] = {}
    for name in classes:
        looks |= {key: LIGHT.get(value, value) for key, value in _CLASSES[name].items()}
    return f'class="{" ".join(classes)}" ' + " ".join(f'{key}="{value}"' for key, value in looks.items())


def state_class(state: str) -> str:
    return _STATES.get(state, _STATES["coming"])[0]


def state_token(state: str) -> str:
    """The token of the colour of its edge."""
    return _STATES.get(state, _STATES["coming"])[1]


def _rules() -> str:
    rules = []
    for name, looks in _CLASSES.items():
        body = ";".join(f"{key}:var(--{value},{LIGHT[value]})" for key, value in looks.items() if value in LIGHT)
        if body:
            rules.append(f".drawing .{name}{{{body}}}")
    return "".join(rules)


# Late steps get a second edge and done ones a light grey when they are printed in black.
STYLE: Final = (
    _rules()
    + ".drawing g:focus{outline:none}.drawing g:focus-visible>.k-focus{stroke:var(--act,#1B55A0);stroke-width:3;"
    + "stroke-opacity:1}@media print{.drawing .s-done{fill:#E5E5E5}.drawing .k-print{display:inline;stroke:#000}}"
)
