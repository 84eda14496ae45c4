"""Reading plan documents: the one of 2022 as it is, a made-up one with the same traps, and broken ones."""

import io
import json
import random
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import plan_papers
import servers
from engine import planfile
from engine.errors import DefinitionError
from engine.planfile import Unit
from engine.planfile.cells import plain
from engine.planfile.spelling import bare, fold, spoken

MADE_UP = servers.ROOT / "tests" / "fixtures" / "plan_made_up.txt"
PLAN_2022 = servers.ROOT / "workflows" / "demo" / "plan-2022.json"
UNITS = tuple(
    Unit(unit["id"], unit["name"], unit["short_name"])
    for unit in json.loads((servers.ROOT / "workflows" / "demo" / "organisation.json").read_text())["units"]
)


def beside(name: str) -> Path:
    """A file of the domain's sources, which are not part of the project."""
    path = servers.ROOT.parent / "shared" / "domain" / name
    if not path.is_file():
        pytest.skip(f"the plan's sources are not here: expected ../shared/domain/{name}")
    return path


@pytest.fixture(scope="module")
def plan_2022() -> planfile.Understood:
    return planfile.read(beside("ke-hoach-2022.txt").read_bytes(), units=UNITS)


@pytest.fixture(scope="module")
def made_up() -> planfile.Understood:
    return planfile.read(MADE_UP.read_bytes(), units=UNITS)


def told(plan: planfile.Understood, code: str) -> list[tuple[str, Any]]:
    """Findings of a code: the task, and the item or what else they are about."""
    return [
        (f.task, f.params.get("item") or f.params.get("wrong") or f.params.get("number"))
        for f in plan.findings
        if f.code == code
    ]


# --- the plan of 2022 -----------------------------------------------------------------------------------------------


def test_it_has_exactly_the_items_of_the_checklist(plan_2022: planfile.Understood) -> None:
    wanted = json.loads(beside("plan_checklist.json").read_text())["items"]
    assert [(i.id, i.kind, i.where, i.when) for i in plan_2022.items] == [
        (w["id"], w["kind"], w["where"], w["when"]) for w in wanted
    ]
    kinds = Counter(item.kind for item in plan_2022.items)
    assert (kinds["body"], kinds["appendix"], kinds["result"]) == (51, 54, 39)
    assert len(plan_2022.items) == 173
    assert len(plan_2022.tasks) == 6


def test_each_item_says_what_the_checklist_quotes(plan_2022: planfile.Understood) -> None:
    """The checklist quotes most items whole; of the others it quotes a part, or some words around it too."""
    items = {item.id: item for item in plan_2022.items}
    whole = 0
    for wanted in json.loads(beside("plan_checklist.json").read_text())["items"]:
        mine, quoted = core(items[wanted["id"]].text), core(wanted["text"])
        if mine == quoted:
            whole += 1
            continue
        parts = [part for part in (core(p) for p in re.split(r" [-+] (?=[A-ZĐ])", fold(wanted["text"]))) if part]
        assert any(part in mine or mine in part for part in [quoted, *parts]), (wanted["id"], mine, quoted)
    assert whole >= 140, whole


def core(text: str) -> str:
    """A text without list marker, month label and final stop."""
    said = re.sub(r"^(?:[-+]\s*)?Tháng [\d -]+:\s*", "", bare(text))
    return bare(said).rstrip(".;, ")


def test_dates_are_those_of_the_plan(plan_2022: planfile.Understood) -> None:
    months = {
        t.code: (t.planned_start[5:], t.planned_finish[5:], t.committed_finish[5:], t.latest_finish[5:])
        for t in plan_2022.tasks
    }
    assert months == {
        "T1": ("01", "03", "03", "04"),
        "T2": ("01", "12", "12", "12"),
        "T3": ("01", "05", "05", "05"),
        "T4": ("01", "05", "06", "06"),
        "T5": ("01", "08", "09", "09"),
        "T6": ("01", "12", "12", "12"),
    }
    assert {t.planned_start[:4] for t in plan_2022.tasks} == {"2022"}


def test_the_head_keeps_what_is_blank_blank(plan_2022: planfile.Understood) -> None:
    head = plan_2022.head
    assert (head.agency, head.year, head.place) == ("Sở Khoa học và Công nghệ", 2022, "Bắc Giang")
    assert (head.number, head.symbol, head.dated) == (None, "/KH-KHCN", None)
    assert head.replaces == "Kế hoạch số 33/KH-KH&CN ngày 14/02/2022 của Sở KH&CN"
    assert head.signer == "Giám đốc"
    assert "[địa chỉ thư điện tử]" in head.recipients


def test_units_are_matched_by_their_names(plan_2022: planfile.Understood) -> None:
    assert [t.lead_unit for t in plan_2022.tasks] == [
        "phong_qlkh",
        "chi_cuc_tdc",
        "tt_ung_dung",
        "phong_qlkh",
        "phong_khcn_cs_shtt",
        "chi_cuc_tdc",
    ]
    coop = {t.code: set(t.coop_units) for t in plan_2022.tasks}
    assert coop["T2"] == {"so_noi_vu"}
    assert coop["T3"] == {"dai_ptth", "cong_ttdt"}
    assert {"so_vhttdl", "so_nnptnt", "so_tttt", "so_cong_thuong", "cong_an_tinh", "cuc_qltt"} <= coop["T5"]
    assert len([unit for unit in coop["T5"] if unit.startswith("ubnd_huyen")]) == 10


def test_the_demo_plan_is_what_the_importer_understands(plan_2022: planfile.Understood) -> None:
    demo = json.loads(PLAN_2022.read_text())
    assert (demo["title"], demo["year"], demo["number"], demo["replaces"]) == (
        plan_2022.head.title,
        plan_2022.head.year,
        plan_2022.head.number,
        plan_2022.head.replaces,
    )
    for task, stored in zip(plan_2022.tasks, demo["focus_tasks"], strict=True):
        for name in ("code", "sort", "title", "origin", "basis", "lead_unit"):
            assert getattr(task, name) == stored[name], (task.code, name)
        for name in ("planned_start", "planned_finish", "committed_finish", "latest_finish"):
            assert getattr(task, name) == stored[name], (task.code, name)
        planned = [i for i in task.items if i.kind == "appendix"]
        assert [(i.when, spoken(i.text), i.id) for i in planned] == [
            (span(entry), entry["text"], entry["ref"]) for entry in stored["roadmap"]
        ]
        made = [(i.id, spoken(i.text)) for i in task.items if i.kind == "result"]
        assert made == [(result["id"], result["text"]) for result in stored["results"]]


def span(entry: dict[str, Any]) -> str:
    return entry["month"] if entry["month"] == entry["until"] else f"{entry['month']}..{entry['until']}"


def test_conflicts_of_the_plan_are_shown(plan_2022: planfile.Understood) -> None:
    differ = {f.task: tuple(m[5:] for m in f.params.values()) for f in plan_2022.findings if f.code == "dates_differ"}
    assert differ == {"T1": ("03", "03", "04"), "T4": ("05", "06", "06"), "T5": ("08", "09", "09")}
    assert {f.severity for f in plan_2022.findings if f.code == "dates_differ"} == {"conflict"}
    body = [item for task, item in told(plan_2022, "only_in_body") if task != "T6"]
    assert body == ["T1-b1", "T1-b3", "T2-b5", "T2-b7", "T4-b7", "T4-b9", "T5-b1", "T5-b8", "T5-b9"]
    assert {"T6-b1.3", "T6-b2", "T6-b3"} <= {item for _, item in told(plan_2022, "only_in_body")}
    assert "T3-b8" in {item for _, item in told(plan_2022, "detail_in_body")}
    appendix = [item for task, item in told(plan_2022, "only_in_appendix") if task != "T6"]
    assert appendix == ["T2-a4", "T2-a7", "T3-a1", "T5-a5"]
    assert told(plan_2022, "said_twice") == [("T3", "T3-b3")]
    assert ("T3", "T3-b2") in told(plan_2022, "time_differs")
    assert told(plan_2022, "older_than_before") == [("T3", "T3-r2")]
    assert told(plan_2022, "already_done") == [("T3", "T3-r1"), ("T3", "T3-r2")]
    assert told(plan_2022, "same_number") == [("", "2")]
    assert told(plan_2022, "without_result") == [("T2", "T2-a7")]
    assert told(plan_2022, "counted") == [("T2", "T2-r5")]
    assert told(plan_2022, "term_appraisal") == [("T6", "T6-r7")]
    assert told(plan_2022, "term_verification") == [("T4", "T4-r7")]
    assert [f.task for f in plan_2022.findings if f.code in ("form_open", "two_names", "law_or_not")] == [
        "T1",
        "T5",
        "T5",
    ]
    assert [f.params["symbol"] for f in plan_2022.findings if f.code == "irregular_symbol"] == [
        "33/KH-KH&CN",
        "14 KH/KHCN",
        "63 /BTC-KHCN",
    ]
    assert {f.code for f in plan_2022.findings} >= {"no_number", "no_date", "replaces", "month_without_work"}


def test_mistakes_of_scanning_stay_in_the_text_and_leave_the_labels(plan_2022: planfile.Understood) -> None:
    items = {item.id: item for item in plan_2022.items}
    wrong = {f.params["wrong"] for f in plan_2022.findings if f.code == "scanned"}
    assert {"Hội Ban Tổ chức", "Đơn đốc", "duy trì duy trì", "Phân đấu", "KHCCN", "chuyên giao công nghệ"} <= wrong
    assert {"Công thông tin điện tử", "Gửi hồ sơ đề Văn phòng", "ban hành và ban hành"} <= wrong
    for id_, stands, label in (
        ("T3-b4", "Hội Ban Tổ chức họp", "Ban Tổ chức họp"),
        ("T2-a1", "Đơn đốc", "Đôn đốc"),
        ("T2-b2", "duy trì duy trì", "các cơ quan duy trì, sửa đổi"),
        ("T4-b9", "Gửi hồ sơ đề Văn phòng", "Gửi hồ sơ đề nghị Văn phòng"),
        ("T5-b7", "KHCCN", "KH&CN"),
        ("T2-r6", "ban hành và ban hành xếp hạng", "tham mưu ban hành xếp hạng"),
    ):
        assert stands in items[id_].text
        assert label in items[id_].label
        assert stands not in items[id_].label


def test_every_line_of_the_plan_is_accounted_for(plan_2022: planfile.Understood) -> None:
    text = beside("ke-hoach-2022.txt").read_text()
    full = [n for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    assert [use.line.number for use in plan_2022.uses] == full
    assert not [use for use in plan_2022.uses if use.reason == "unknown"]
    reasons = Counter(use.reason for use in plan_2022.unused)
    assert set(reasons) == {"heading", "pointer", "recipients", "signature", "appendix_caption", "rule"}
    letters_kept(plan_2022, text)


def letters_kept(plan: planfile.Understood, text: str) -> None:
    """Every word of the appendix stands in an item, or is a label of a month."""
    kept = Counter(re.findall(r"\w+", " ".join(i.text for i in plan.items if i.kind in ("appendix", "result"))))
    rows = [line.split("\t") for line in text.split("\n") if "\t" in line and not line.startswith(("TT\t", "--"))]
    said = Counter(re.findall(r"\w+", " ".join(f"{plain(row[-2])} {plain(row[-1])}" for row in rows)))
    for label in re.findall(r"Tháng (\d+)(?:\s*-\s*(\d+))?:", " ".join(plain(row[-2]) for row in rows)):
        said.subtract(["Tháng", *(number for number in label if number)])
    assert +said == kept


# --- a made-up plan with the same traps ------------------------------------------------------------------------------


def test_a_made_up_plan_is_understood(made_up: planfile.Understood) -> None:
    first, second = made_up.tasks
    assert (first.planned_start, first.planned_finish, first.committed_finish, first.latest_finish) == (
        "2024-02",
        "2024-05",
        "2024-06",
        "2024-07",
    )
    assert (first.lead_unit, second.lead_unit) == ("phong_qlkh", "tt_ung_dung")
    assert first.coop_units == ("so_noi_vu", "dai_ptth")
    assert [(i.id, i.when) for i in second.items if i.kind == "appendix"] == [
        ("T2-a1", "2024-01..2024-04"),
        ("T2-a2", "2024-04..2024-09"),
    ]
    items = {item.id: item for item in made_up.items}
    assert items["T1-b2"].lines == (33, 34)
    assert items["T1-b3"].text.endswith("Quyết định 15/QĐ-UBND của tỉnh.")
    assert items["T1-a2"].text == "+ Đơn đốc các cơ quan lập danh mục theo Quyết định 15/QĐ-UBND của tỉnh"
    assert [bare(i.text) for i in first.items if i.kind == "result"] == [
        "Báo cáo khảo sát",
        "Công văn số 31 /KHCN-QL ngày 15/01/2024",
        "Công văn số 30/KHCN-QL ngày 12/01/2024 của Sở",
        "Hoàn thiện Dự thảo 1",
        "Chỉ thị được UBND tỉnh ban hành chậm nhất trong tháng 7/2024",
    ]
    assert [i.id for i in second.items if i.kind == "body"] == ["T2-b1", "T2-b1.1", "T2-b1.2", "T2-b2", "T2-b3"]
    codes = {f.code for f in made_up.findings}
    assert codes >= {"dates_differ", "said_twice", "time_differs", "older_than_before", "same_number", "run_together"}
    assert not [use for use in made_up.uses if use.reason == "unknown"]


def test_no_name_and_no_address_is_kept(made_up: planfile.Understood) -> None:
    kept = repr(made_up)
    for private in ("Bưởi", "Chanh", "example.org"):
        assert private in MADE_UP.read_text()
        assert private not in kept
    assert made_up.redacted == 4
    assert "[họ tên]" in kept


@pytest.mark.parametrize("kind", ["word", "excel"])
@pytest.mark.parametrize("source", ["made_up", "plan_2022"])
def test_word_and_excel_say_the_same(kind: str, source: str, request: pytest.FixtureRequest) -> None:
    expected: planfile.Understood = request.getfixturevalue(source)
    text = MADE_UP.read_text() if source == "made_up" else beside("ke-hoach-2022.txt").read_text()
    read = planfile.read(getattr(plan_papers, kind)(text), units=UNITS)
    assert read.kind == kind
    assert [(i.id, i.kind, i.when, bare(i.text)) for i in read.items] == [
        (i.id, i.kind, i.when, bare(i.text)) for i in expected.items
    ]
    assert read.head == expected.head
    again = planfile.read(planfile.as_text(getattr(plan_papers, kind)(text)).encode(), units=UNITS)
    assert (again.items, again.findings) == (read.items, read.findings)
    assert not [use for use in read.uses if use.reason == "unknown"]


# --- broken documents ------------------------------------------------------------------------------------------------


def faults(content: bytes) -> list[tuple[str, int | None]]:
    with pytest.raises(DefinitionError) as refused:
        planfile.read(content, units=UNITS)
    return [(p.code, p.params.get("line")) for p in refused.value.problems]


def line_of(text: str, words: str) -> int:
    return next(n for n, line in enumerate(text.split("\n"), 1) if words in line)


def test_problems_of_a_broken_text_name_their_lines() -> None:
    text = MADE_UP.read_text()
    row = line_of(text, "\tTrung tâm Ứng dụng KHCN")
    assert faults(text[: text.index("Phụ lục\n")].encode()) == [("no_appendix", None)]
    assert faults(text.replace("\tTháng 2\t", "\tTháng 13\t").encode()) == [("unknown_month", line_of(text, "1\tTham"))]
    assert faults(text.replace("- Tháng 4-9:", "- Quý II:").encode()) == [("unknown_month", row)]
    assert ("too_few_columns", row) in faults(text.replace("\tTháng 1\tTháng 9\t", "\tTháng 9\t").encode())
    deadline = line_of(text, "Tháng 9/2024.")
    assert faults(text.replace("Tháng 9/2024.", "cuối năm.").encode()) == [("unknown_month", deadline)]
    several = text.replace("\tTháng 2\t", "\tTháng 0\t").replace("b) Thời gian hoàn thành: Tháng 9/2024.", "")
    assert [code for code, _ in faults(several.encode())] == ["no_deadline", "unknown_month"]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_done_to_a_document_it_is_understood_or_refused(seed: int) -> None:
    """Lines and cells lost, doubled, cut or swapped: either every line is accounted for, or problems are told."""
    chance = random.Random(seed)
    for _ in range(8):
        lines = MADE_UP.read_text().split("\n")
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(lines))
            match chance.randrange(5):
                case 0:
                    del lines[at]
                case 1:
                    lines.insert(at, lines[at])
                case 2:
                    lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
                case 3:
                    other = chance.randrange(len(lines))
                    lines[at], lines[other] = lines[other], lines[at]
                case 4:
                    cells = lines[at].split("\t")
                    del cells[chance.randrange(len(cells))]
                    lines[at] = "\t".join(cells)
        try:
            read = planfile.read("\n".join(lines).encode(), units=UNITS)
        except DefinitionError as refused:
            assert refused.problems
            continue
        assert [use.line.number for use in read.uses] == [n for n, line in enumerate(lines, 1) if line.strip()]
        assert len({item.id for item in read.items}) == len(read.items)


def test_what_is_no_plan_is_refused() -> None:
    assert faults(b"") == [("empty", None)]
    assert faults(b"   \n\n") == [("empty", None)]
    assert faults("Kế hoạch\n".encode() + b"n\xe3m\n") == [("not_utf8", 2)]
    assert faults(b"x" * (planfile.LIMIT + 1)) == [("too_large", None)]
    assert faults(b"PK\x03\x04 no package") == [("damaged", None)]
    assert faults("Một trang\nkhông phải kế hoạch.\n".encode())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("readme.txt", "nothing")
    assert faults(packed.getvalue()) == [("wrong_type", None)]


def test_a_word_file_that_unpacks_without_end_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", b"<a>" + b" " * 60_000_000)
    assert len(packed.getvalue()) < planfile.LIMIT
    assert faults(packed.getvalue()) == [("bomb", None)]


def test_a_word_file_without_its_table_is_refused() -> None:
    text = MADE_UP.read_text()
    import docx

    document = docx.Document()
    for line in text[: text.index("Phụ lục\n")].split("\n"):
        document.add_paragraph(line)
    packed = io.BytesIO()
    document.save(packed)
    assert faults(packed.getvalue()) == [("no_appendix", None)]
