"""In which capacity somebody signs: the signature block of NĐ 30/2020/NĐ-CP by decision DMN-02 `tham_quyen_ky`.

Who issues is what the model's step says, else how the document is written (`artefacts.json`), else the department. Who
signs is what the signer holds by membership: a deputy who stands in for somebody signs as what they are themselves, and
who is none of the issuer's signers needs a mandate (thừa lệnh, thừa ủy quyền).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine import bpmn, dmn, feel, gates, org
from engine.papers import blocks
from engine.queries.access import Asker
from engine.records import absences, mandates, memberships

DEPARTMENT = "so_khcn"
GIVEN = ("issuer", "signer", "doc_kind")
BY_ORDER = "thua_lenh"
FORMS: Mapping[str, str] = {"TL.": BY_ORDER, "TUQ.": "thua_uy_quyen"}
# Between the lines of a signature block where it is told in one line.
LINE = " / "


class NoAuthority(Exception):
    """Nobody has given the signer the authority to sign this; `reason` is DMN-02's word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Expected a signer with authority: {reason}.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Gate:
    """A signing gate of a case: its element, the element of the main process that called it (or itself), and the
    properties that count; `seat` is the candidate key, `values` the case's variables."""

    process_id: str
    element: bpmn.Element
    caller: bpmn.Element
    properties: Mapping[str, str]
    seat: str
    values: Mapping[str, Any]


def decided(tx: Asker, decision: str, facts: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a decision in force says; None when there is none, or no row hits."""
    try:
        table = tx.kernel_env().decision(decision)
        found = table.evaluate(facts, feel.Env(tx.environment_facts.calendar, tx.now)).value
    except (KeyError, dmn.DecisionError):
        return None
    return found if isinstance(found, Mapping) else None


def given(element: bpmn.Element | None, values: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The words that a step passes on: issuer, signer, doc_kind. Without `values` of a case those that are computed are
    mostly not known."""
    found = {}
    for one in element.inputs if element is not None else ():
        if one.target not in GIVEN:
            continue
        value = one.source
        if isinstance(value, feel.Compiled):
            value = value.evaluate(dict(values or {}), feel.Env())
        if isinstance(value, str) and value:
            found[one.target] = value
    return found


def signed_kinds(
    environment: Any, process_id: str, properties: Mapping[str, str], caller: bpmn.Element | None
) -> list[str]:
    """The kinds of documents (template names) that a signing gate signs; empty for every other step."""
    if properties.get("gate") != "signing":
        return []
    asked = given(caller).get("doc_kind")
    slugs = gates.words(properties.get("signs") or properties.get("requires"))
    kinds = [environment.paper_of(process_id, slug).get("template") or asked for slug in slugs if slug != "opinions"]
    return sorted({kind for kind in kinds if kind}) or ([asked] if asked else [])


def signed_as(tx: Asker, gate: Gate, who: org.Actor, name: str | None) -> str:
    """The block under which somebody signs at a gate, its lines with " / " between them.

    Where nothing is known of the issuer or the table is not deployed, the model's words (`capacity`), else what the
    signer is called. Raises NoAuthority.
    """
    usual = gate.properties.get("capacity") or gate.caller.properties.get("capacity") or (name or "").upper()
    issuer = _issuer(tx.environment_facts, gate)
    table = tx.environment_facts.decisions
    if issuer is None or blocks.DECISION not in table:
        return usual
    mandate = _mandate(tx, gate, who)
    if mandate is not None:
        role, title, how = "truong_don_vi", mandate.title, {"delegation_type": FORMS[mandate.form]}
    else:
        lane = _own_lane(issuer, who)
        if lane is None:
            raise NoAuthority("khong_duoc_giao")
        role, title, _ = issuer.signers[lane]
        role = _acting(tx, who, role)
        how = {"delegation_type": BY_ORDER} if role == "truong_don_vi" and lane == _lane(gate.seat) else {}
    absent = role == "pho_phu_trach" and _head_absent(tx, issuer)
    try:
        found = blocks.block(
            lambda facts: decided(tx, blocks.DECISION, facts) or {"allowed": False, "reason": None},
            issuer,
            role,
            title,
            head_absent=absent,
            delegation_type=how.get("delegation_type"),
        )
    except blocks.NotAllowed as error:
        raise NoAuthority(error.reason) from error
    return LINE.join(found.lines)


def _lane(key: str) -> str:
    return key.partition("@")[0]


def _issuer(environment: Any, gate: Gate) -> blocks.Issuer | None:
    """Who issues what is signed, among whose signers the gate's seat must be; else whoever has that seat."""
    slugs = gates.words(gate.properties.get("signs") or gate.properties.get("requires"))
    told = [given(gate.caller, gate.values).get("issuer"), given(gate.element, gate.values).get("issuer")]
    told += [environment.paper_of(gate.process_id, slug).get("issuer") for slug in slugs]
    for key in (*told, DEPARTMENT, *environment.issuers):
        if key in environment.issuers and _lane(gate.seat) in environment.issuers[key].get("signers", {}):
            return blocks.Issuer.read(environment.issuers[key])
    return None


def _own_lane(issuer: blocks.Issuer, who: org.Actor) -> str | None:
    """The highest seat among an issuer's signers that somebody holds by membership."""
    own = {_lane(key) for key in who.keys - who.stands_for.keys()}
    return next((lane for lane in issuer.signers if lane in own), None)


def _acting(tx: Asker, who: org.Actor, role: str) -> str:
    """A head who only acts as one (quyền), a deputy who is in charge (phó phụ trách): their positions say so."""
    m = memberships.c
    held = tx.conn.execute(
        sa.select(m.position).where(m.tenant_id == tx.tenant, m.person_id == who.id, org.valid_on(tx.today))
    ).scalars()
    for position in held:
        if role == "thu_truong" and position.startswith("quyen_"):
            return "quyen"
        if role == "cap_pho" and position.endswith("_phu_trach"):
            return "pho_phu_trach"
    return role


def _head_absent(tx: Asker, issuer: blocks.Issuer) -> bool:
    """Whether the issuer has no head, or the head is away today."""
    heads = [lane for lane, (role, *_) in issuer.signers.items() if role == "thu_truong"]
    held = {row.id for lane in heads for row in org.holders(tx.conn, tx.tenant, lane, tx.today)}
    a = absences.c
    away = sa.select(a.person_id).where(a.tenant_id == tx.tenant, a.person_id.in_(held), org.away_on(tx.today))
    return held <= set(tx.conn.execute(away).scalars()) if held else True


def _mandate(tx: Asker, gate: Gate, who: org.Actor) -> Any:
    """The mandate by which somebody signs at a gate whose seat they do not hold; None when they hold it."""
    own = who.keys - who.stands_for.keys() - who.mandates.keys()
    if gate.seat in own:
        return None
    kinds = signed_kinds(tx.environment_facts, gate.process_id, gate.properties, gate.caller)
    found = who.mandates.get(org.mandate_key(kinds, gate.seat) or "")
    if found is None:
        return None
    m = mandates.c
    return tx.conn.execute(sa.select(mandates).where(m.tenant_id == tx.tenant, m.id == found)).first()
