"""The periodic report on the year's focus tasks (process S1): its table and its draft, written by the system."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine import definitions, documents, gates, jobs, papers
from engine.commands.models import SYSTEM
from engine.commands.transaction import Tx
from engine.queries import papers as writing
from engine.queries.progress import standing

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABLE, DRAFT, TEMPLATE = "bang_tien_do", "du_thao_bao_cao", "bao_cao_tien_do"
ROMAN = ("I", "II", "III", "IV")


def period_words(period: str, cut_off: date) -> str:
    """A reporting period of DMN-10 in words, by the day at which its figures are closed."""
    year = f"năm {cut_off.year}"
    return {
        "thang": f"tháng {cut_off.month:02d} {year}" if cut_off.month < 3 else f"tháng {cut_off.month} {year}",
        "quy": f"quý {ROMAN[(cut_off.month - 1) // 3]} {year}",
        "6_thang": f"6 tháng đầu {year}",
        "9_thang": f"9 tháng {year}",
        "nam": year,
    }.get(period, f"đến ngày {cut_off:%d/%m/%Y}")


@jobs.handler("trinhky:report")
def write_report(tx: Tx, job: Any, case: Any) -> dict[str, Any]:
    """Write the table of progress (`bang_tien_do`, xlsx) and the draft report (`du_thao_bao_cao`, docx) of a case
    as of the end of its cut-off day. Job variables: `period` (DMN-10) and `cut_off` ("2022-02-14"; today without).

    Result: `report_counts`, how many tasks stand how (they add up to `so`), `report_late`, the codes of those that are
    late, and `report_files`, the SHA-256 of what was written: the journal pins the figures. Writing the same again adds
    no version.
    """
    given: Mapping[str, Any] = job.payload["variables"]
    day = date.fromisoformat(str(given.get("cut_off") or tx.today)[:10])
    rows = standing(tx, day.year, day)
    words = period_words(str(given.get("period") or ""), day)
    issuer = writing.issuer_of(tx, "so_khcn")
    facts = {
        **writing.heading(tx, issuer, TEMPLATE, None, None),
        **writing.signature(tx, issuer, "dept_director"),
        **_addressed(tx, given.get("recipients")),
    }
    facts["noi_nhan"] = papers.recipients(["Như trên", *issuer.recipients], "VT, VP")
    made = {
        TABLE: ("xlsx", SHEET, papers.progress_sheet(rows, words)),
        DRAFT: ("docx", writing.WORD, papers.progress_report(rows, words, facts, day, _template(tx, case))),
    }
    kept = {name: _keep(tx, case, name, *what, day) for name, what in made.items()}
    late = [row.code for row in rows if row.colour == "red" or row.mark == "red"]
    return {"report_counts": papers.totals(rows), "report_late": late, "report_files": kept}


def _keep(tx: Tx, case: Any, artefact: str, ending: str, media_type: str, body: bytes, day: date) -> str:
    title = gates.named(tx.environment_facts.artefacts, artefact)
    added = documents.add_version(
        tx.conn,
        tx.tenant,
        case_id=case.case_id,
        artefact=artefact,
        title=title,
        filename=f"{title} {day:%d-%m-%Y}.{ending}",
        media_type=media_type,
        body=body,
        actor=SYSTEM,
        task_id=None,
        now=tx.now,
    )
    return str(added["sha256"])


def _addressed(tx: Tx, recipients: Any) -> dict[str, Any]:
    """Kính gửi: the bodies that the report goes to, by unit, as the process says; else those of domain.md §4."""
    units = [one for one in recipients or ("so_noi_vu", "so_khdt", "vp_ubnd") if isinstance(one, str)]
    names = writing.unit_names(tx, units)
    return {"kinh_gui": names, "kinh_gui_danh_sach": ";\n".join(f"- {name}" for name in names) + "."}


def _template(tx: Tx, case: Any) -> bytes | None:
    """The deployed template of the report; None when there is none: then the product's own."""
    process = tx.models.bundle(tx.conn, tx.tenant, case.case_definition).process_id
    digest = tx.environment_facts.template_for(process, TEMPLATE)
    return definitions.resource(tx.conn, tx.tenant, digest) if digest else None
