"""The signature block: who signs in which form, by decision table DMN-02 `tham_quyen_ky` (NĐ 30/2020/NĐ-CP, Điều 13).

Here it is only written: who may sign is the decision's word and, for the person, authority's (mandates, absences).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

# A decision table, evaluated: its inputs by name in, its outputs by name out.
Decide = Callable[[Mapping[str, Any]], Mapping[str, Any]]
DECISION = "tham_quyen_ky"


@dataclass(frozen=True, slots=True)
class Block:
    """A signature block. `lines` from top to bottom ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH");
    `capacity` TM., KT., "TM. KT.", TL., TUQ., Q. or "" for a head in his own name."""

    lines: tuple[str, ...]
    requires_written_delegation: bool
    capacity: str = ""


class NotAllowed(Exception):
    """The table lets nobody sign in this way; `reason` is its word: ngoai_linh_vuc, khong_duoc_giao."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Expected a signer whom the table allows: {reason}.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Issuer:
    """An agency that issues documents, out of `co_quan.json`: how it is written and who leads it.

    `type`: thu_truong (one head) or tap_the (a collective). `personal`: what it issues is its head's own, without TM.
    `signers`: lane → (role in the table, title in capitals, what the person is called); `signer`: the usual one's lane.
    `recipients`, `archive`: nơi nhận, and where it is kept.
    """

    name: str
    heading: str
    head: str
    type: str
    above: str = ""
    superior: str = ""
    authority: str = ""
    speaks: str = ""
    province: str = ""
    place: str = ""
    symbol: str = ""
    personal: bool = False
    collective: str = ""
    signers: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    signer: str = ""
    recipients: tuple[str, ...] = ()
    archive: str = "VT"

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Issuer":
        """An issuer as `co_quan.json` has it. Raises TypeError for what it does not know."""
        signers = {lane: (str(one[0]), str(one[1]), str(one[2])) for lane, one in told.get("signers", {}).items()}
        return cls(**{**told, "signers": signers, "recipients": tuple(told.get("recipients", ()))})


def block(
    decide: Decide,
    issuer: Issuer,
    signer_role: str,
    title: str,
    *,
    head_absent: bool = False,
    delegation_type: str | None = None,
    personal: bool | None = None,
    in_field: bool = True,
) -> Block:
    """The block under a document of an issuer.

    `signer_role`: thu_truong, cap_pho, pho_phu_trach, quyen, truong_don_vi. `title`: the signer's office in capitals
    ("PHÓ CHỦ TỊCH"). `delegation_type`: thua_lenh, thua_uy_quyen or None. `personal`: the document is the head's own,
    as a decision of the chairman; None: as the issuer says. Raises NotAllowed.
    """
    personal = issuer.personal if personal is None else personal
    found = decide(
        {
            "issuer_type": issuer.type,
            "is_personal_authority": personal,
            "signer_role": signer_role,
            "delegation_type": delegation_type,
            "head_absent": head_absent,
            "in_field": in_field,
        }
    )
    if not found["allowed"]:
        raise NotAllowed(found["reason"] or "khong_duoc_giao")
    names = {"co_quan": issuer.collective, "nguoi_dung_dau": issuer.head, "chuc_vu": title}
    lines = tuple(line.format_map(names) for line in found["prefix_lines"])
    return Block(lines, bool(found["requires_written_delegation"]), found["capacity"] or "")
