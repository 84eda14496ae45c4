"""Decisions, opinions, gates and their conditions: what an option is called, what follows from it, what is missing."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from webui.wording.dates import day
from webui.wording.marks import N_, Mark

OUTCOMES = {
    "dong_y": N_("Approve"),
    "dong_y_co_chinh_sua": N_("Approve with edits"),
    "yeu_cau_chinh_sua": N_("Return for changes"),
    "khong_dong_y": N_("Reject"),
    "khong_tra_loi": N_("No reply"),
    "du": N_("Complete and correct"),
    "chua_du": N_("Not complete, return"),
    "dong_y_co_y_kien": N_("Agree, with remarks"),
    "doi_hinh_thuc": N_("Change the kind of document"),
    "bo_sung": N_("To be supplemented"),
    "tra_ho_so": N_("Send the file back"),
    "du_dieu_kien": N_("Ready to be submitted"),
    "du_sau_chinh_sua": N_("Ready once edited"),
    "chua_du_dieu_kien": N_("Not ready to be submitted"),
    "thong_qua": N_("Adopted"),
    "thong_qua_sau_chinh_sua": N_("Adopted with edits"),
    "chua_thong_qua": N_("Not adopted yet"),
    "khong_thong_qua": N_("Rejected by the meeting"),
    "tan_thanh": N_("In favour"),
    "khong_tan_thanh": N_("Against"),
    "khong_bieu_quyet": N_("Abstained"),
    "chap_thuan": N_("Consented to"),
    "giao_hop": N_("Put on the agenda of a meeting"),
    "co_de_xuat": N_("Proposals made"),
    "khong_de_xuat": N_("No proposals"),
    "co_y_kien": N_("Remarks"),
}
# Opinions are worded here as in the forms they are given with; a gate's "dong_y" is another act than agreeing.
OPINIONS = {
    "dong_y": ("circle-check", N_("Agree"), "ok"),
    "dong_y_co_y_kien": ("message-square-text", N_("Agree, with remarks"), "act"),
    "khong_dong_y": ("circle-x", N_("Disagree"), "late"),
    "khong_tra_loi": ("circle-dashed", N_("No reply"), "idle"),
    "tan_thanh": ("circle-check", N_("In favour"), "ok"),
    "khong_tan_thanh": ("circle-x", N_("Against"), "late"),
    "khong_bieu_quyet": ("circle-dot", N_("Abstained"), "idle"),
    "co_de_xuat": ("message-square-text", N_("Proposals made"), "act"),
    "khong_de_xuat": ("circle-check", N_("No proposals"), "ok"),
    "co_y_kien": ("message-square-text", N_("Remarks"), "act"),
}
LONGEST = 200
KINDS = {"approve": "circle-check", "edit": "pencil-line", "return": "undo-2", "refuse": "circle-x"}
# What the drafter does with a remark: as a choice, and once it is done.
RESPOND = {"tiep_thu": N_("Accept"), "tiep_thu_mot_phan": N_("In part"), "giai_trinh": N_("Explain")}
RESPONSES = {
    "tiep_thu": ("circle-check", N_("Accepted"), "ok"),
    "tiep_thu_mot_phan": ("circle-dot", N_("Accepted in part"), "act"),
    "giai_trinh": ("message-square-reply", N_("Explained"), "done"),
}

# How sure the source of a row is, as our tables note it.
SURE = {
    "S": N_("stated in the plan"),
    "F": N_("found in a public source"),
    "M-hi": N_("from memory, quite certain; to be confirmed"),
    "M-med": N_("from memory, less certain; to be confirmed"),
    "M-lo": N_("from memory, uncertain; to be confirmed"),
    "A": N_("an assumption; to be confirmed"),
}


def row_note(note: str) -> str:
    """The source that is noted beside a row of a decision table, with how sure it is."""
    source, _sign, sure = note.rpartition("; ")
    if sure not in SURE:
        return note
    return f"{source}; {_(SURE[sure])}" if source else _(SURE[sure])


def table_value(value: Any) -> str:
    """What a decision table was given or gives, as people write it."""
    match value:
        case None | "" | []:
            return "–"
        case bool():
            return _("Yes") if value else _("No")
        case list():
            return ", ".join(table_value(one) for one in value)
        case dict():
            return ", ".join(f"{name} = {table_value(one)}" for name, one in value.items())
        case float():
            return f"{value:g}"
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def outcome(slug: str | None) -> str:
    """An outcome in words."""
    return _(OUTCOMES[slug]) if slug in OUTCOMES else (slug or "–")


def opinion(slug: str | None) -> str:
    """What somebody said who was asked for an opinion, in words."""
    return _(OPINIONS[slug][1]) if slug in OPINIONS else outcome(slug)


def option_label(option: Any, gate: Any) -> str:
    """What a decision option is called: the model's own words, else ours for this kind of gate."""
    if option.label:
        return str(option.label)
    if gate.gate == "signing" and option.kind == "approve":
        return _("Approve and sign")
    return outcome(option.slug)


def consequence(option: Any, gate: Any) -> str:
    """What happens when this option is chosen."""
    # The engine tells "who: which step"; the card has room for who.
    goes_to, _colon, _step = str(option.consequence or "").partition(": ")
    match option.kind:
        case "approve":
            return _("Goes to %(who)s", who=goes_to) if goes_to else _("The case moves on to the next step")
        case "edit":
            return _("Goes to %(who)s after the edits", who=goes_to) if goes_to else _("Moves on after the edits")
        case "return":
            back = gate.returned_to or goes_to
            to = _("Back to %(who)s", who=back) if back else _("Back to the drafter")
            if gate.max_rounds and gate.round > 1:
                done = ngettext(
                    "returned %(num)d of %(most)d time", "returned %(num)d of %(most)d times", gate.round - 1,
                    most=gate.max_rounds,
                )  # fmt: skip
                return f"{to} · {done}"
            return to
        case _ if goes_to and _colon:
            return _("Goes to %(who)s, with the reason", who=goes_to)
        case _:
            return _("Stops here; a reason is needed")


def button_label(option: Any, gate: Any) -> str:
    """What the button says once this option is chosen: verb and object."""
    match option.kind:
        case "approve" if gate.needs_password:
            return _("Approve and sign")
        case "approve" if gate.gate == "verification":
            return _("Record: complete")
        case "approve":
            return _("Approve, pass on")
        case "edit":
            return _("Approve with edits")
        case "return":
            return _("Return for changes")
        case _:
            return _("Reject, stop here")


GATES = {
    "approval": N_("Approval gate"),
    "appraisal": N_("Appraisal gate"),
    "verification": N_("Verification gate"),
    "direction": N_("Direction gate"),
    "vote": N_("Voting gate"),
    "signing": N_("Signing gate"),
    "opinion": N_("Opinion"),
    "gate": N_("Gate"),
}


def gate_name(kind: str) -> str:
    """A kind of gate in words."""
    return _(GATES[kind]) if kind in GATES else kind


def opinion_mark(opinion: Any) -> Mark:
    """What somebody answered, or that they have not."""
    if opinion.state == "waiting":
        return Mark("circle-dashed", _("Not answered yet"), "warn")
    if opinion.state == "deemed":
        return Mark("circle-dashed", _("Counts as agreeing"), "idle")
    if opinion.state == "silent":
        return Mark("circle-dashed", _("No reply"), "idle")
    if opinion.state == "withdrawn":
        return Mark("circle", _("Withdrawn"), "idle")
    icon, text, tone = OPINIONS.get(opinion.outcome, ("circle", opinion.outcome or "–", "idle"))
    return Mark(icon, _(text), tone)


def response_mark(opinion: Any) -> Mark:
    """What the drafter did with a remark."""
    if opinion.response in RESPONSES:
        icon, text, tone = RESPONSES[opinion.response]
        return Mark(icon, _(text), tone)
    return Mark("circle-dashed", _("Not explained yet"), "warn")


def outcome_mark(slug: str | None) -> Mark:
    """A gate's decision, or that it is still open."""
    tones = {
        "dong_y": ("circle-check", "ok"),
        "du": ("circle-check", "ok"),
        "dong_y_co_chinh_sua": ("circle-check", "ok"),
        "dong_y_co_y_kien": ("message-square-text", "act"),
        "yeu_cau_chinh_sua": ("undo-2", "warn"),
        "chua_du": ("undo-2", "warn"),
        "khong_dong_y": ("circle-x", "late"),
        "du_dieu_kien": ("circle-check", "ok"),
        "du_sau_chinh_sua": ("circle-check", "ok"),
        "chua_du_dieu_kien": ("undo-2", "warn"),
        "bo_sung": ("undo-2", "warn"),
        "tra_ho_so": ("circle-x", "late"),
        "thong_qua": ("circle-check", "ok"),
        "thong_qua_sau_chinh_sua": ("circle-check", "ok"),
        "chua_thong_qua": ("undo-2", "warn"),
        "khong_thong_qua": ("circle-x", "late"),
        "chap_thuan": ("circle-check", "ok"),
    }
    icon, tone = tones.get(slug or "", ("circle-dot", "act"))
    return Mark(icon, outcome(slug) if slug else _("Waiting for the decision"), tone)


def condition_label(condition: Any) -> str:
    """A condition in words: the model's own, else ours."""
    if condition.code in ("reconfirm", "reconfirm_returned"):
        return _("Approved anew: %(name)s", name=condition.label or "…")
    if condition.code == "waived":
        return _("Not needed: %(name)s", name=condition.label or "…")
    if condition.code == "revised":
        return _("Revised after the return: %(name)s", name=condition.label or "…")
    if condition.label:
        return str(condition.label)
    return {
        "opinions_in": _("All opinions are in, or the time for them is over"),
        "opinions_explained": _("Every remark is accepted or explained"),
        "opinions_enough": _("As many as needed have answered"),
        "four_eyes": _("Drafter and decider are two people"),
        "signature": _("Initialled by the head of the unit"),
        "form": _("The required fields are filled in"),
        "document": _("The document is there"),
    }.get(condition.code, condition.code)


def condition_note(condition: Any) -> str:
    """What is still missing of a condition, or by what it is met."""
    told = condition.params
    if condition.code == "waived":
        return f"{told.get('by', '')}: {told.get('reason', '')}"
    if condition.state == "met":
        parts = []
        if told.get("number"):
            parts.append(_("version %(number)s", number=f"{told['number']}.0"))
        if told.get("at"):
            parts.append(day(told["at"]))
        if told.get("by_name"):
            parts.append(str(told["by_name"]))
        return " · ".join(parts)
    if condition.code == "document":
        return _("no version yet")
    if condition.code == "revised":
        return _("no new version since the return")
    if condition.code in ("reconfirm", "reconfirm_returned"):
        changed = _("%(name)s changed from version %(seen)s to %(now)s", name=told.get("document", "…"),
                    seen=f"{told.get('seen')}.0", now=f"{told.get('now')}.0")  # fmt: skip
        back = _("returned, the drafter mends it")
        return f"{changed}; {back}" if condition.code == "reconfirm_returned" else changed
    if condition.code in ("opinions_explained", "opinions_in", "opinions_enough") and told.get("count"):
        return (
            ngettext("%(num)d remark not explained yet", "%(num)d remarks not explained yet", told["count"])
            if condition.code == "opinions_explained"
            else ngettext("%(num)d reply missing", "%(num)d replies missing", told["count"])
        )
    return _("not met yet")


def condition_mark(state: str) -> Mark:
    """The icon and tone of a condition."""
    return {
        "met": Mark("circle-check", _("met"), "ok"),
        "missing": Mark("circle-dashed", _("missing"), "warn"),
        "failed": Mark("circle-x", _("failed"), "late"),
    }[state]


MANDATE_FORMS = {
    "TUQ.": (N_("TUQ., authorised"), N_("A special case, limited in time and in content")),
    "TL.": (N_("TL., by order"), N_("Documents of these kinds, until it is revoked")),
}


def mandate_form(form: str) -> tuple[str, str]:
    """The form of a mandate: its name, and when it is used."""
    name, when = MANDATE_FORMS[form]
    return _(name), _(when)
