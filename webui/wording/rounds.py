"""Rounds of opinions as tables: which remarks are shown, under which heads; how a paper came."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from webui.wording.decisions import opinion
from webui.wording.marks import N_

CHANNELS = {
    "truc": N_("through the documents axis"),
    "giay": N_("on paper"),
    "thu_dien_tu": N_("by mail"),
    "hop": N_("at a meeting"),
    "khac": N_("otherwise"),
}
ROUNDS = {
    "internal": N_("Within the department"),
    "external": N_("Outside the department"),
    "council": N_("Council"),
    "affected": N_("Affected parties"),
    "portal": N_("Posted on the portal"),
    "vote": N_("Vote"),
    "proposal": N_("Request for proposals"),
}
# What the table shows of the remarks: the word in the address → the response that is wanted.
SHOWN = {
    "": N_("All remarks"),
    "chua": N_("Not explained"),
    "tiep_thu": N_("Accepted"),
    "tiep_thu_mot_phan": N_("Accepted in part"),
    "giai_trinh": N_("Explained"),
}
BY_CLAUSE, BY_AGENCY = "noi-dung", "co-quan"


@dataclass(frozen=True, slots=True)
class Line:
    """A remark in the table, with the opinion that it is of."""

    no: int
    opinion: Any
    remark: Any


def channel(slug: str | None) -> str:
    """How a paper came, in words."""
    return _(CHANNELS[slug]) if slug in CHANNELS else (slug or "")


def round_kind(kind: str) -> str:
    """A kind of round in words."""
    return _(ROUNDS[kind]) if kind in ROUNDS else kind


def _fits(remark: Any, wanted: str) -> bool:
    return not wanted or (remark.response is None if wanted == "chua" else remark.response == wanted)


def shown_counts(round_: Any) -> list[tuple[str, str, int]]:
    """The filters of a table of remarks: (word in the address, text, how many)."""
    remarks = [remark for o in round_.opinions for remark in o.remarks]
    found = [(slug, _(text), sum(_fits(r, slug) for r in remarks)) for slug, text in SHOWN.items()]
    return [one for one in found if one[2] or not one[0]]


def remark_groups(round_: Any, by: str = BY_CLAUSE, wanted: str = "") -> list[tuple[str, list[Line]]]:
    """The remarks of a round under heads: what of the draft they are about, or who made them."""
    lines = [(o, remark) for o in round_.opinions for remark in o.remarks if _fits(remark, wanted)]
    groups: dict[str, list[tuple[Any, Any]]] = {}
    if by == BY_AGENCY:
        for one in lines:
            groups.setdefault(one[0].who or _("A citizen"), []).append(one)
    else:
        for one in sorted(lines, key=lambda pair: (pair[1].clause is None, _natural(pair[1].clause or ""))):
            groups.setdefault(one[1].clause or _("On the whole draft"), []).append(one)
    found, number = [], 0
    for title, rows in groups.items():
        told = []
        for o, remark in rows:
            number += 1
            told.append(Line(number, o, remark))
        found.append((title, told))
    return found


def without_remarks(round_: Any) -> list[tuple[str, str, list[Any]]]:
    """Who answered without a remark: (outcome, its words, opinions)."""
    groups: dict[str, list[Any]] = {}
    for o in round_.opinions:
        if o.state == "answered" and not o.remarks:
            groups.setdefault(o.outcome or "", []).append(o)
    return [(slug, _("Agree without remarks") if slug == "dong_y" else opinion(slug), g) for slug, g in groups.items()]


def unheard(round_: Any) -> list[tuple[str, list[Any]]]:
    """Who has not answered, and who was taken off: (state, opinions)."""
    states = ("waiting", "deemed", "silent", "withdrawn")
    found = [(state, [o for o in round_.opinions if o.state == state]) for state in states]
    return [(state, group) for state, group in found if group]


def tally(round_: Any) -> list[tuple[str, int]]:
    """How many said what: the four of an opinion, or those that a vote or a request for proposals had."""
    counts = Counter(round_.counts)
    plain = ("dong_y", "dong_y_co_y_kien", "khong_dong_y", "khong_tra_loi")
    if round_.kind == "portal":
        return [("co_y_kien", counts.get("co_y_kien", 0))]
    if set(counts) - set(plain) or round_.kind in ("vote", "proposal"):
        kinds = {
            "vote": ("tan_thanh", "khong_tan_thanh", "khong_bieu_quyet"),
            "proposal": ("co_de_xuat", "khong_de_xuat"),
        }
        wanted = dict.fromkeys((*kinds.get(round_.kind, ()), *(s for s in counts if s != "khong_tra_loi")))
        return [(slug, counts.get(slug, 0)) for slug in (*wanted, "khong_tra_loi")]
    return [(slug, counts.get(slug, 0)) for slug in plain]


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Texts with numbers as people count: "Điều 2" before "Điều 10"."""
    found: list[tuple[int, int, str]] = []
    word = ""
    for char in text.casefold() + "\0":
        if word and char.isdecimal() != word[-1].isdecimal():
            found.append((0, int(word), "") if word.isdecimal() else (1, 0, word))
            word = ""
        word += char
    return found
