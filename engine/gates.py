"""Approval gates: which outcomes there are, what each asks for, and whether the gate is open.

"Gate" is our word for an approval gate, a user task with the property `gate`; never for a BPMN gateway. Pure functions
from facts to a verdict: what blocks, as a list that a page shows line by line and a refusal carries as its reasons.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Invalid, Reason

# outcome slug → what kind of decision it is; the domain's slugs (domain.md §1.4)
OUTCOMES: Mapping[str, str] = {
    "dong_y": "approve",
    "dong_y_co_chinh_sua": "edit",
    "yeu_cau_chinh_sua": "return",
    "khong_dong_y": "refuse",
    "du": "approve",
    "chua_du": "return",
    "doi_hinh_thuc": "return",
    "dong_y_co_y_kien": "edit",
    "khong_tra_loi": "none",
    # verification by the provincial office (domain.md §1.5, T4.21), appraisal by Sở Tư pháp (DMN-08)
    "bo_sung": "return",
    "tra_ho_so": "refuse",
    "du_dieu_kien": "approve",
    "du_sau_chinh_sua": "edit",
    "chua_du_dieu_kien": "return",
    # what a meeting concludes, and how its members vote
    "thong_qua": "approve",
    "thong_qua_sau_chinh_sua": "edit",
    "chua_thong_qua": "return",
    "khong_thong_qua": "refuse",
    "tan_thanh": "approve",
    "khong_tan_thanh": "refuse",
    "khong_bieu_quyet": "none",
    "chap_thuan": "approve",
    # a leader sends it to a meeting; a body answers a request for proposals
    "giao_hop": "edit",
    "co_de_xuat": "edit",
    "khong_de_xuat": "approve",
}
DEFAULT_OUTCOMES = ("dong_y", "yeu_cau_chinh_sua", "khong_dong_y")
# Every outcome but approval needs a reason of at least so many characters (domain.md §1.4, a house rule).
REASON_MIN = 10
REASON_MAX = 5000
# The return of so many rounds is not a matter of the two alone any more (domain.md §1.4).
MAX_ROUNDS = 3
# The outcomes that send work back.
RETURNS = tuple(slug for slug, kind in OUTCOMES.items() if kind == "return")
# The answer by which a drafter says why a document that was returned stays as it is.
KEPT = "kept_unchanged"


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of what a task needs before it can be completed. `state`: met, missing or failed."""

    code: str
    state: str
    label: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a verdict rests on. `versions` maps an artefact slug to its newest document version row, `returned` one that
    came back to the number of the version that a gate has returned."""

    actor: str
    drafter: str | None
    requires: tuple[str, ...]
    produces: tuple[str, ...]
    versions: Mapping[str, Any]
    names: Mapping[str, str]
    unanswered_remarks: int | None = None
    returned: Mapping[str, int] = field(default_factory=dict)
    # how many answers the rounds of opinions lack to what their models ask for at least
    missing_answers: int = 0
    # documents that will not be there: artefact → by whom, when, why
    waived: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def words(text: str | None) -> tuple[str, ...]:
    """The slugs of a space-separated property."""
    return tuple((text or "").split())


# Properties whose artefact words may stand for one document per instance.
_PAPERS = ("requires", "produces", "signs")


def effective(
    own: Mapping[str, str], caller: Mapping[str, str] | None = None, instance: int | None = None
) -> Mapping[str, str]:
    """The properties that count for a task: its element's own, and what it `inherits` from the calling element.

    `inherits` is a list of words: `requires` takes the caller's property of that name, `signs=letter` the caller's
    `letter` as `signs`; both are added to the element's own. An artefact word that ends in `#` stands for one document
    per instance of a multi-instance: `bien_ban#` is `bien_ban-03` for its third.
    """
    found = dict(own)
    for word in words(own.get("inherits")):
        name, _, source = word.partition("=")
        value = (caller or {}).get(source or name)
        if value:
            found[name] = f"{found.get(name, '')} {value}".strip()
    if instance is not None:
        for name in _PAPERS:
            if "#" in found.get(name, ""):
                found[name] = " ".join(
                    f"{word[:-1]}-{instance:02d}" if word.endswith("#") else word for word in words(found[name])
                )
    return found


def named(names: Mapping[str, str], slug: str) -> str:
    """An artefact in words; the third of one that stands for many ("bien_ban#") is "Biên bản 3"."""
    base, dash, number = slug.rpartition("-")
    if slug not in names and dash and number.isdigit() and f"{base}#" in names:
        return f"{names[f'{base}#']} {int(number)}"
    return names.get(slug, slug)


def outcomes(properties: Mapping[str, str]) -> tuple[str, ...]:
    """The outcomes that a gate offers, in the order of its model."""
    return words(properties.get("outcomes")) or DEFAULT_OUTCOMES


def conditions(facts: Facts, gate: bool) -> list[Condition]:
    """All conditions of a task, met or not.

    A gate needs the documents it `requires` and somebody other than the drafter and those who added them (four eyes,
    domain.md §5); it and any other task also what it `produces` (of a gate: the paper of its own decision), a task
    that in a newer version when it was returned. `requires` may contain `opinions`: every remark answered.
    """
    found = []
    for slug in dict.fromkeys((*facts.requires, *facts.produces)):
        if slug == "opinions":
            open_remarks = facts.unanswered_remarks or 0
            state = "missing" if open_remarks else "met"
            found.append(Condition("opinions_explained", state, "", {"count": open_remarks}, "opinions"))
            if facts.missing_answers:
                found.append(Condition("opinions_enough", "missing", "", {"count": facts.missing_answers}, "opinions"))
            continue
        version = facts.versions.get(slug)
        params = {"number": version.number, "at": version.added_at, "by": version.added_by} if version else {}
        name = named(facts.names, slug)
        if version is None and slug in facts.waived:
            found.append(Condition("waived", "met", name, dict(facts.waived[slug]), slug))
            continue
        found.append(Condition("document", "met" if version else "missing", name, params, slug))
        if version and slug in facts.returned and not gate:
            revised = version.number > facts.returned[slug]
            found.append(Condition("revised", "met" if revised else "missing", name, params, slug))
    if gate:
        authors = {facts.drafter, *(facts.versions[s].added_by for s in facts.requires if s in facts.versions)}
        found.append(Condition("four_eyes", "failed" if facts.actor in authors else "met"))
    return found


def unconfirmed(approval: Any) -> Condition:
    """The line of an approval that has to be given anew (a row of `engine.queries.approvals`)."""
    code = "reconfirm" if approval.state == "open" else "reconfirm_returned"
    told = {"document": approval.title, "seen": approval.seen, "now": approval.now}
    return Condition(code, "missing", approval.name, told, None)


def closed_by(found: Iterable[Condition]) -> list[Reason]:
    """The reasons why a task cannot be completed now; empty when nothing blocks."""
    return [
        Reason(c.code, f"{c.code}: {c.label or dict(c.params)} is {c.state}", {"label": c.label, **c.params})
        for c in found
        if c.state != "met"
    ]


def moves_on(outcome: Any) -> bool:
    """Whether a decision sends the case on, as it is or subject to edits: at a signing gate that is the signature."""
    return isinstance(outcome, str) and OUTCOMES.get(outcome) in ("approve", "edit")


def needs_reason(outcome: str) -> bool:
    """Approval needs none; everything else does."""
    return OUTCOMES.get(outcome) != "approve"


def kept(answers: Mapping[str, Any]) -> str:
    """Why a document that was returned stays as it is; empty when nothing was said. Raises Invalid when it is too short
    to be a reason, or too long."""
    said = answers.get(KEPT)
    text = said.strip() if isinstance(said, str) else ""
    if text and len(text) < REASON_MIN:
        message = f"expected a reason of at least {REASON_MIN} characters"
        raise Invalid({KEPT: [Reason("too_short", message, {"min": REASON_MIN})]})
    if len(text) > REASON_MAX:
        raise Invalid({KEPT: [Reason("too_long", f"expected at most {REASON_MAX} characters", {"max": REASON_MAX})]})
    return text


def decision(properties: Mapping[str, str], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The outcome and reason out of what was sent. Raises Invalid naming `outcome` or `reason`."""
    offered: Collection[str] = outcomes(properties)
    outcome = answers.get("outcome") or ""
    reason = str(answers.get("reason") or "").strip()
    problems: dict[str, list[Reason]] = {}
    if outcome not in offered:
        code = "not_an_option" if outcome else "required"
        problems["outcome"] = [Reason(code, f"expected one of {', '.join(offered)}", {"options": list(offered)})]
    elif needs_reason(outcome) and len(reason) < REASON_MIN:
        message = f"expected a reason of at least {REASON_MIN} characters"
        problems["reason"] = [Reason("too_short" if reason else "required", message, {"min": REASON_MIN})]
    if len(reason) > REASON_MAX:
        problems["reason"] = [Reason("too_long", f"expected at most {REASON_MAX} characters", {"max": REASON_MAX})]
    if problems:
        raise Invalid(problems)
    return {"outcome": outcome, "reason": reason or None}
