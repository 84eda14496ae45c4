"""Documents on paper: what of a case is filled into a Word template, and what two versions of a document say otherwise.

Law and habit are data: the signature form is decision DMN-02, the number's pattern DMN-01, agencies and recipients
`co_quan.json`; templates are deployed with the workflows. People are called by their roles.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from engine import bpmn, definitions, documents, gates, papers
from engine.errors import Conflict, NotFound
from engine.papers import blocks, reports
from engine.queries import opinions
from engine.queries.access import Asker, hidden_papers, require_visible
from engine.queries.capacities import decided, given
from engine.queries.views import FileView
from engine.queries.work import person_name
from engine.records import cases, document_versions, focus_tasks, tasks, units
from engine.records import documents as document_rows

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# Template → the word that such a document begins with in speech, and its code in the number (NĐ 30/2020, Phụ lục III;
# slips have none there: the department's own).
KINDS: Mapping[str, tuple[str, str]] = {
    "to_trinh": ("Tờ trình", "TTr"),
    "bao_cao": ("Báo cáo", "BC"),
    "bao_cao_tien_do": ("Báo cáo", "BC"),
    "cong_van": ("Công văn", ""),
    "quyet_dinh": ("Quyết định", "QĐ"),
    "chi_thi": ("Chỉ thị", "CT"),
    "ke_hoach": ("Kế hoạch", "KH"),
    "nghi_quyet": ("Nghị quyết", "NQ"),
    "bang_tong_hop": ("Bảng tổng hợp", ""),
    "phieu_trinh": ("Phiếu trình", "PTr"),
    "bien_ban": ("Biên bản", "BB"),
    "thong_bao": ("Thông báo", "TB"),
    "huong_dan": ("Hướng dẫn", "HD"),
    "phieu_giao_viec": ("Phiếu giao việc", "PGV"),
}
# What these words begin is issued under its own name; the last ones by a decision.
DECIDED = ("Quy chế", "Quy định", "Đề án", "Chương trình")
ISSUED = (
    *(word for word, _ in KINDS.values() if word not in ("Tờ trình", "Báo cáo", "Công văn", "Biên bản")),
    *DECIDED,
)
# "Nghị quyết HĐND tỉnh về …": whose it is stands over the document.
WHOSE = re.compile(r"^(của )?(HĐND|UBND) tỉnh ")
# An artefact that is called one of these is the document itself at some stage, not another one about it.
STAGES = ("dự thảo", "bản trình ký", "đề cương")
STAMPED = ("đã ", "được ", "trình ", "của ")
TONES = "\u0300\u0301\u0303\u0309\u0323"
URGENCY = {"khan": "KHẨN", "thuong_khan": "THƯỢNG KHẨN", "hoa_toc": "HỎA TỐC"}
UNKNOWN = "…"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a document of a case in words: `changes` in the order of reading (`engine.papers.Change`)."""

    case_id: str
    case_code: str
    artefact: str
    name: str
    old: Any
    new: Any
    numbers: Sequence[int]
    changes: Sequence[Any]
    # the version that the reader decided on before
    seen: int | None = None


def paper(tx: Asker, person: str, case_id: str, template: str, artefact: str | None = None) -> FileView:
    """A Word template filled in from a case, to be finished by the drafter. Raises NotFound for a case that the person
    may not see and a template that is not there, Conflict("paper_unwritable") for one that cannot be filled in."""
    row = _case(tx, person, case_id)
    environment = tx.environment_facts
    digest = environment.template_for(row.process_id, template)
    if digest is None:
        raise NotFound("template", f"Expected a Word template {template}, found none.")
    facts = paper_facts(tx, person, row.id, template, artefact)
    try:
        if template == COLLATED:
            return _collated(tx, person, row.id, facts, template_bytes(tx, digest))
        body = papers.render(template_bytes(tx, digest), facts)
    except papers.PaperError as error:
        raise Conflict("paper_unwritable", str(error), template=template) from error
    name = f"{row.code} - {_safe(gates.named(environment.artefacts, artefact) if artefact else template)}.docx"
    return FileView(name, WORD, len(body), definitions.digest_of(body), body)


COLLATED = "bang_tong_hop"


def collated_paper(
    tx: Asker, person: str, case_id: str, rounds: Collection[str] | None = None, grouped: str = "clause"
) -> FileView:
    """The collated table of opinions as a Word document, under the agency's name and with its signature block. Raises
    NotFound for whoever may not read it, Conflict("paper_unwritable")."""
    row = _case(tx, person, case_id)
    facts = paper_facts(tx, person, row.id, COLLATED)
    digest = tx.environment_facts.template_for(row.process_id, COLLATED)
    try:
        whole = template_bytes(tx, digest) if digest else papers.shipped(COLLATED)
        return _collated(tx, person, row.id, facts, whole, rounds, grouped)
    except papers.PaperError as error:
        raise Conflict("paper_unwritable", str(error), template=COLLATED) from error


def _collated(
    tx: Asker,
    person: str,
    case_id: str,
    facts: Mapping[str, Any],
    template: bytes,
    rounds: Collection[str] | None = None,
    grouped: str = "clause",
) -> FileView:
    table = opinions.collated(tx, person, case_id, rounds, grouped)
    body = papers.collated_table(table, facts, template)
    return FileView(f"bang-tong-hop-{table.case_code}.docx", WORD, len(body), definitions.digest_of(body), body)


def template_bytes(tx: Asker, digest: str) -> bytes:
    """A deployed template."""
    return definitions.resource(tx.conn, tx.tenant, digest)


def paper_facts(tx: Asker, person: str, case_id: str, template: str, artefact: str | None = None) -> dict[str, Any]:
    """What a template is filled in with for a case, by the names of `engine.papers.filling.NAMES`. Opinions are counted
    for who may read them. Raises NotFound."""
    row = _case(tx, person, case_id)
    environment = tx.environment_facts
    main = tx.models.bundle(tx.conn, tx.tenant, row.definition).definition
    maker = _maker(main, artefact)
    told = environment.paper_of(row.process_id, artefact or "")
    said = given(maker)
    name = gates.named(environment.artefacts, artefact) if artefact else ""
    if not (said.get("issuer") or told.get("issuer") or _own_words(name, KINDS.get(template, ("", ""))[0])):
        said = given(_last_signed(main, template)) | said
    issuer = _issuer(environment, said.get("issuer") or told.get("issuer") or USUAL.get(template, "so_khcn"))
    drafting = _issuer(environment, "so_khcn")
    known = {one.artefact: one for one in _documents(tx, row.id, hidden_papers(tx, tx.actor(person), row.id))}
    mine = known.get(artefact or "")
    subject = row.short_title or row.title
    line = about(template, name, subject)
    lane = said.get("signer") or told.get("signer") or issuer.signer
    unit = abbreviated(row.unit_short or row.unit_name or "")
    addressed = _addressed(tx, row, template, issuer)
    facts = heading(tx, issuer, template, mine.number if mine else None, mine.dated if mine else None, unit=unit)
    goals = [one.get("text", "").lstrip("- ").rstrip(".;") for one in row.results or ()]
    counted = _counted(tx, person, row)
    return {
        **facts,
        **signature(tx, issuer, lane),
        "noi_nhan": _recipients(issuer, template, bool(addressed), unit),
        "do_khan": URGENCY.get(str(bpmn.variables(row.state).get("urgency") or ""), ""),
        "trich_yeu": line,
        "trich_yeu_thuong": _within(line, template, name),
        "kinh_gui": [f"{one}." for one in addressed] or [UNKNOWN],
        "kinh_gui_danh_sach": ";\n".join(f"- {one}" for one in addressed) + ".",
        "can_cu": ["Căn cứ …;", f"Căn cứ {row.basis};" if row.basis else "Căn cứ …;", f"Theo đề nghị của {UNKNOWN}."],
        "van_ban_giao": row.basis or UNKNOWN,
        "nhiem_vu": subject,
        "ho_so": row.code,
        "don_vi": row.unit_name or row.lead_unit,
        "phoi_hop": ", ".join(unit_names(tx, row.coop_units or ())) or "Không",
        "nguoi_soan": row.drafter_name or UNKNOWN,
        "nguoi_soan_ngoac": f"[{row.drafter_name}]" if row.drafter_name else "",
        "bat_dau": reports.month(row.planned_start),
        "han": _limits(row),
        "ket_qua": "\n".join(f"- {one}" for one in goals) or UNKNOWN,
        "ten_co_quan_soan_thao": drafting.name,
        "y_kien": counted,
        "y_kien_tom_tat": _in_words(counted),
        "tai_lieu": name or subject,
        "tai_lieu_kem": "\n".join(f"- {_titled(one)}" for one in known.values() if one.artefact != artefact) or UNKNOWN,
        "gui_kem": _enclosed(maker, known),
        "dong": [],
    }


# Templates of which the agency is known without asking.
USUAL = {"chi_thi": "ubnd_tinh", "nghi_quyet": "hdnd_tinh"}


def heading(
    tx: Asker,
    issuer: papers.Issuer,
    template: str,
    symbol: str | None,
    dated: date | None,
    *,
    unit: str = "",
    qppl: bool = False,
) -> dict[str, Any]:
    """The lines over a document of an agency: its name, number and date (or their blank forms), and its names in
    sentences. `unit`: the drafting unit, abbreviated, for letters."""
    pattern = number_pattern(tx, issuer, template, unit, qppl)
    return {
        "co_quan_tren": f"{issuer.above}\n" if issuer.above else "",
        "co_quan": issuer.heading,
        "so": "" if template == COLLATED else papers.number_line(symbol, pattern, tx.today.year),
        "dia_danh_ngay": papers.date_line(issuer.place, dated, tx.today),
        "tham_quyen": issuer.authority,
        "ten_co_quan": issuer.name,
        "nguoi_ban_hanh": issuer.speaks,
        "cap_ban_hanh": issuer.name,
        "cap_tren": issuer.superior or UNKNOWN,
        "ten_tinh": issuer.province,
        "do_khan": "",
    }


def number_pattern(tx: Asker, issuer: papers.Issuer, template: str, unit: str = "", qppl: bool = False) -> str:
    """How a document of a kind is numbered by an agency, by DMN-01; where that has no row, "{n}/<code>-<agency>"."""
    code = KINDS.get(template, ("", ""))[1]
    unit = unit.removeprefix("P.") or UNKNOWN
    usual = f"{{n}}/{code}-{issuer.symbol}" if code else f"{{n}}/{issuer.symbol}-{unit}"
    key = next((key for key, one in tx.environment_facts.issuers.items() if one["name"] == issuer.name), "")
    kind = "bao_cao" if template == "bao_cao_tien_do" else template
    asked = {"doc_kind": kind, "issuer": key, "contains_normative_rule": qppl or template == "nghi_quyet"}
    found = decided(tx, "dinh_tuyen_van_ban", asked)
    pattern = str((found or {}).get("number_pattern") or usual)
    if not code and "{loai}" in pattern:  # a letter has no code: agency, then who drafted it ("63/BTC-KHCN")
        return f"{{n}}/{issuer.symbol}-{_issuer(tx.environment_facts, 'so_khcn').symbol}"
    return pattern.replace("{dv}", unit).replace("{loai}", code)


def signature(tx: Asker, issuer: papers.Issuer, lane: str, **how: Any) -> dict[str, str]:
    """The signature block of an agency's document for a lane that signs: `chu_ky` and `nguoi_ky`. A lane that the table
    lets nobody sign in has an empty block; the drafter writes it."""
    role, title, called = issuer.signers.get(lane) or issuer.signers.get(issuer.signer) or ("", UNKNOWN, UNKNOWN)
    if role == "truong_don_vi":
        how.setdefault("delegation_type", "thua_lenh")

    def decide(facts: Mapping[str, Any]) -> Mapping[str, Any]:
        return decided(tx, blocks.DECISION, facts) or {"allowed": False, "reason": None}

    try:
        lines = papers.block(decide, issuer, role, title, **how).lines
    except papers.NotAllowed:
        lines = (UNKNOWN,)
    return {"chu_ky": "\n".join(lines), "nguoi_ky": f"[{called}]"}


def issuer_of(tx: Asker, name: str) -> papers.Issuer:
    """An agency that issues documents. Raises NotFound when nothing is known of it."""
    return _issuer(tx.environment_facts, name)


def _issuer(environment: Any, name: str) -> papers.Issuer:
    told = environment.issuers.get(name) or environment.issuers.get("so_khcn")
    if told is None:
        raise NotFound("issuer", f"Expected the agency {name} in co_quan.json, found none.")
    return papers.Issuer.read(told)


def compared(
    tx: Asker, person: str, case_id: str, artefact: str, old: int | None = None, new: int | None = None
) -> Comparison:
    """Two versions of a document of a case, compared in words. Without numbers: the newest one with the one that the
    person decided on before, else with the one before it.

    Raises NotFound for a case, document or version that is not there to be seen, Conflict("only_version") when there is
    nothing to compare with, Conflict("not_comparable") for what is no Word file or too long to be compared.
    """
    row = _case(tx, person, case_id)
    hidden = hidden_papers(tx, tx.actor(person), row.id)
    there = documents.versions(tx.conn, tx.tenant, row.id)
    found = [v for v in there if v.artefact == artefact and v.id not in hidden]
    by_number = {v.number: v for v in found}
    name = gates.named(tx.environment_facts.artefacts, artefact)
    if not found:
        raise NotFound("file", f"Expected a document {artefact}, found none.")
    new = new or max(by_number)
    seen = _decided_on(tx, person, row.id, artefact, new)
    if old is None:
        old = seen or max((number for number in by_number if number < new), default=None)
    if old is None:
        raise Conflict("only_version", f"Expected two versions of {artefact}, found one.", name=name)
    if old not in by_number or new not in by_number:
        raise NotFound("file", f"Expected versions {old} and {new} of {artefact}, found {sorted(by_number)}.")
    sides = [by_number[old], by_number[new]]
    if any(side.media_type != WORD for side in sides):
        raise Conflict("not_comparable", "Expected two Word files.", name=name)
    bodies = [documents.content(tx.conn, tx.tenant, side.sha256) for side in sides]
    try:
        changes = papers.compare(*bodies)
    except papers.PaperError as error:
        raise Conflict("not_comparable", str(error), name=name) from error
    return Comparison(row.id, row.code, artefact, name, sides[0], sides[1], sorted(by_number), changes, seen)


def _decided_on(tx: Asker, person: str, case_id: str, artefact: str, before: int) -> int | None:
    """The version of a document that somebody last decided on, before a version."""
    t = tasks.c
    rows = tx.conn.execute(
        sa.select(t.seen)
        .where(t.tenant_id == tx.tenant, t.case_id == case_id, t.ended_by == person, t.state == "completed")
        .order_by(t.ended_at.desc())
    )
    numbers = (
        pin.get("number")
        for row in rows
        for pin in (row.seen or ())
        if isinstance(pin, dict) and pin.get("artefact") == artefact
    )
    return next((int(number) for number in numbers if number and int(number) < before), None)


# ---- a case in words ---------------------------------------------------------------------------------------------


def _case(tx: Asker, person: str, case_id: str) -> Any:
    c, f = cases.c, focus_tasks.c
    row = tx.conn.execute(
        sa.select(
            c.id,
            c.code,
            c.title,
            c.process_id,
            c.definition,
            c.lead_unit,
            c.drafter,
            c.planned_start,
            c.planned_finish,
            c.latest_finish,
            c.state,
            f.short_title,
            f.basis,
            f.coop_units,
            f.results,
            units.c.name.label("unit_name"),
            units.c.short_name.label("unit_short"),
        )
        .outerjoin(focus_tasks, sa.and_(f.tenant_id == c.tenant_id, f.id == c.focus_task_id))
        .outerjoin(units, sa.and_(units.c.tenant_id == c.tenant_id, units.c.id == c.lead_unit))
        .where(c.tenant_id == tx.tenant, sa.or_(c.id == case_id, c.code == case_id))
    ).first()
    if row is None:
        raise NotFound("case", f"Expected a case with id {case_id}, found none.")
    require_visible(tx, tx.actor(person), row.id)
    return _Row(row, drafter_name=person_name(tx, row.drafter) if row.drafter else None)


class _Row:
    """A row with something besides."""

    def __init__(self, row: Any, **more: Any) -> None:
        self.__dict__.update({**row._mapping, **more})

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def _documents(tx: Asker, case_id: str, hidden: Collection[str]) -> Sequence[Any]:
    d, v = document_rows.c, document_versions.c
    there = sa.exists().where(v.tenant_id == d.tenant_id, v.document_id == d.id, v.id.not_in(sorted(hidden)))
    return list(
        tx.conn.execute(
            sa.select(d.artefact, d.title, d.number, d.dated)
            .where(d.tenant_id == tx.tenant, d.case_id == case_id, there)
            .order_by(d.id)
        )
    )


def _maker(main: bpmn.Definition, artefact: str | None) -> bpmn.Element | None:
    """The step that makes a document, or signs it: what it is given says who issues and who signs."""
    if not artefact:
        return None
    found = [
        element
        for element in main.elements.values()
        for name in ("signs", "produces", "letter")
        if artefact in gates.words(element.properties.get(name))
    ]
    return next((element for element in found if element.call), found[0] if found else None)


def _last_signed(main: bpmn.Definition, template: str) -> bpmn.Element | None:
    """The last step at which a document of a kind is signed: whoever signs there issues the drafts that lead to it."""
    found = [element for element in main.elements.values() if given(element).get("doc_kind") == template]
    return max(found, key=lambda element: element.properties.get("step", ""), default=None)


def about(template: str, name: str, subject: str) -> str:
    """The subject line of a document called `name`, of a case on `subject`.

    Of the document that the case is to issue, at whatever stage, what it is about: "nâng cao chất lượng …" of "Dự thảo
    1" of "Chỉ thị nâng cao chất lượng …". Of another one, what it says about that: "Xin ý kiến Phó Chủ tịch về dự thảo
    Chỉ thị …".
    """
    word = KINDS.get(template, ("", ""))[0]
    own = _own_words(name, word)
    issued = next((kind for kind in ISSUED if subject.startswith(f"{kind} ")), None)
    if template == "to_trinh" and not own:
        found = f"ban hành {subject}" if issued else _lower(subject)
    elif not own and template == "quyet_dinh" and subject.startswith(DECIDED):
        found = f"ban hành {subject}"
    elif not own:
        named = bool(word) and subject.startswith(f"{word} ")
        found = WHOSE.sub("", subject[len(word) :].strip()) if named else _lower(subject)
    elif issued and own.endswith(issued):
        found = f"{own}{subject[len(issued) :]}"  # "đề nghị xây dựng Nghị quyết" goes on as the resolution does
    elif not issued:
        found = own
    elif own.startswith(("thành lập ", "phân công ")):
        found = f"{own} xây dựng {subject}"
    else:
        found = f"{own} {'đối với' if template == 'cong_van' else 'về'} dự thảo {subject}"
    return _lower(found) if template in AFTER_WORDS else f"{found[:1].upper()}{found[1:]}"


# Templates that write "Về việc" or "V/v" before the subject line.
AFTER_WORDS = ("to_trinh", "quyet_dinh", "chi_thi", "cong_van")
SHORT_WORDS = {"QĐ ": "Quyết định ", "KH ": "Kế hoạch ", "NQ ": "Nghị quyết ", "BC ": "Báo cáo ", "CV ": "Công văn "}


def _own_words(name: str, word: str) -> str:
    """What an artefact's name says besides kind and stage; nothing when it is the case's own document: "Dự thảo 1",
    "Bản trình ký", "Nghị quyết đã thông qua"."""
    rest = name[len("Dự thảo ") :] if name.startswith("Dự thảo ") else name
    rest = next((f"{long}{rest[len(short) :]}" for short, long in SHORT_WORDS.items() if rest.startswith(short)), rest)
    if not word or not rest.lower().startswith(word.lower()):
        return "" if rest != name or name.lower().startswith(STAGES) or not word else name
    rest = rest[len(word) :].strip()
    return "" if rest[:1].isupper() or rest.startswith(STAMPED) else rest


def _within(line: str, template: str, name: str) -> str:
    """The subject line inside a sentence: "báo cáo về …" of the document itself, "báo cáo xin ý kiến … về …" else."""
    special = bool(name and _own_words(name, KINDS.get(template, ("", ""))[0]))
    return _lower(line) if special else f"về {_lower(line)}"


def _lower(text: str) -> str:
    """A phrase inside a sentence; a name in capitals, and what a kind of document begins, stay as they are."""
    return text if text[1:2].isupper() or text.startswith(ISSUED) else f"{text[:1].lower()}{text[1:]}"


def _addressed(tx: Asker, row: Any, template: str, issuer: papers.Issuer) -> list[str]:
    """To whom a document is addressed, where that is known beforehand."""
    if template in ("to_trinh", "bao_cao"):
        return [issuer.superior] if issuer.superior else []
    if template == "phieu_trinh":
        return ["Lãnh đạo Sở"]
    if template == "phieu_giao_viec":
        return [row.drafter_name] if row.drafter_name else []
    return []


def _recipients(issuer: papers.Issuer, template: str, addressed: bool, unit: str) -> str:
    first = {"quyet_dinh": "Như Điều 3", "nghi_quyet": ""}.get(template, "Như trên" if addressed else "")
    known = [first] if first else []
    return papers.recipients([*known, *issuer.recipients], issuer.archive.replace("{don_vi}", unit or UNKNOWN))


def _enclosed(maker: bpmn.Element | None, known: Mapping[str, Any]) -> list[str]:
    """The line that says what goes with a document: what its step requires, as far as it is there."""
    wanted = gates.words(maker.properties.get("requires")) if maker is not None else ()
    there = [_titled(known[slug]) for slug in wanted if slug in known]
    return [f"(Xin gửi kèm theo: {'; '.join(there)})"] if there else []


def _titled(one: Any) -> str:
    """A document with its number and date, when it was issued."""
    if one.number and one.dated:
        return f"{one.title} số {one.number} ngày {one.dated:%d/%m/%Y}"
    return str(one.title)


def _counted(tx: Asker, person: str, row: Any) -> dict[str, Any]:
    """How many were asked and what they answered, over all rounds that the person may read."""
    names = ("hoi", "tra_loi", "dong_y", "co_y_kien", "khong_dong_y", "khong_tra_loi")
    actor = tx.actor(person)
    drafts = row.drafter == person
    found = opinions.rounds(tx, row.id, actor, drafts) if actor.in_department or drafts else []
    if not found or any(len(one.opinions) != one.asked + one.withdrawn for one in found):
        return dict.fromkeys(names, UNKNOWN)
    counted = dict.fromkeys(names, 0)
    for one in found:
        counted["hoi"] += one.asked
        counted["tra_loi"] += one.answered
        for name, slug in (("dong_y", "dong_y"), ("co_y_kien", "dong_y_co_y_kien"), ("khong_dong_y", "khong_dong_y")):
            counted[name] += one.counts.get(slug, 0)
    counted["khong_tra_loi"] = counted["hoi"] - counted["tra_loi"]
    return counted


def _in_words(counted: Mapping[str, Any]) -> str:
    if counted["hoi"] == UNKNOWN:
        return UNKNOWN
    return (
        f"{counted['hoi']} cơ quan, đơn vị, cá nhân được lấy ý kiến; {counted['tra_loi']} trả lời "
        f"({counted['dong_y']} nhất trí, {counted['co_y_kien']} nhất trí và có ý kiến, "
        f"{counted['khong_dong_y']} không nhất trí); {counted['khong_tra_loi']} không trả lời"
    )


def _limits(row: Any) -> str:
    planned, latest = _month(row.planned_finish), _month(row.latest_finish)
    return f"Tháng {planned}" if planned == latest else f"Tháng {planned}, chậm nhất tháng {latest}"


def _month(text: str) -> str:
    return f"{int(text[5:7])}/{text[:4]}"


def abbreviated(unit: str) -> str:
    """A unit as numbers and archives write it: "Phòng QLKH" is P.QLKH, "Chi cục TĐC" CCTĐC, "Văn phòng Sở" VP."""
    if unit.startswith("Văn phòng"):
        return "VP"
    for word, short in (("Phòng ", "P."), ("Chi cục ", "CC"), ("Trung tâm ", "TT")):
        if unit.startswith(word):
            words = unit.removeprefix(word).split()
            capitals = [one for one in words if one.isupper()]
            return short + ("-".join(capitals) or _initials(words))
    return unit


def _initials(words: Sequence[str]) -> str:
    """First letters without their tones: "Ứng dụng" is ƯD."""
    apart = unicodedata.normalize("NFD", "".join(word[0] for word in words).upper())
    return unicodedata.normalize("NFC", "".join(c for c in apart if c not in TONES))


def unit_names(tx: Asker, ids: Sequence[str]) -> list[str]:
    """Units by name, in the order asked for."""
    u = units.c
    rows = tx.conn.execute(sa.select(u.id, u.name).where(u.tenant_id == tx.tenant, u.id.in_(list(ids))))
    named = {row.id: row.name for row in rows}
    return [named.get(one, one) for one in ids]


def _safe(text: str) -> str:
    """A file name that every system takes."""
    return "".join("-" if c in '\\/:*?"<>|' or ord(c) < 32 else c for c in text).strip()[:120] or "tai-lieu"
