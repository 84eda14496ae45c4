"""What a reader of a plan should know: dates that differ, things said only once, words that contradict the law's.

Nothing here changes what is stored; a plan with findings is imported as it stands.
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator

from engine.planfile import months
from engine.planfile.appendix import Planned
from engine.planfile.body import Body
from engine.planfile.model import Finding, Head, Item, Line, Task, Unit
from engine.planfile.spelling import bare, fold, key, likeness, pairs, scanned, unit_of, words

SAME = 0.42  # share of common word pairs from which a bullet and a roadmap entry say the same
TWIN = 0.95
SYMBOL = re.compile(r"(Kế hoạch|Công văn|Quyết định|Chỉ thị|Nghị quyết) số\s+(\S+(?: ?/?[A-ZĐ][\w&/-]*)?)")
REGULAR = re.compile(r"^\d+(?:/\d{4})?/[A-ZĐ]+-[A-ZĐ]\w*$")
TASK_FORCE = ("tổ biên tập", "tổ soạn thảo")
COUNTED = re.compile(r"\b(\d{1,3}) (?:cuộc|lớp|phóng sự|hội nghị|đợt)", re.I)
# Work that is the same though little else of the words is; and work that is not, though most of the words are.
TOPIC = "đề cương"
TAKING_UP = "tiếp thu"
DETAIL = 0.4  # a long bullet of which less stands in the roadmap says more than it
LONG = 25


def dates(task: Task) -> Iterator[Finding]:
    """Planned (appendix), committed (body) and latest ("chậm nhất") that are not one month."""
    three = {"planned": task.planned_finish, "committed": task.committed_finish, "latest": task.latest_finish}
    if len(set(three.values())) > 1:
        lines = tuple(i.lines[0] for i in task.items if i.kind == "deadline" or months.LATEST.search(i.text))
        yield Finding("dates_differ", "conflict", task.code, lines, three)
    for before, after in itertools.pairwise(three.items()):
        if before[1] > after[1]:
            yield Finding("dates_backwards", "conflict", task.code, (), {before[0]: before[1], after[0]: after[1]})


def one_sided(task: Task) -> Iterator[Finding]:
    """Bullets that no entry of the roadmap takes up, entries that no bullet mentions, bullets that say far more."""
    body = [i for i in task.items if i.kind == "body"]
    planned = [i for i in task.items if i.kind == "appendix"]
    for code, mine, other in (("only_in_body", body, planned), ("only_in_appendix", planned, body)):
        for item in mine:
            said = {"item": item.id, "text": item.label}
            if not any(_same(item, against) for against in other):
                yield Finding(code, "info", task.code, item.lines, said)
            elif code == "only_in_body" and len(words(item.label)) > LONG and _covered(item, other) < DETAIL:
                yield Finding("detail_in_body", "info", task.code, item.lines, said)


def _same(one: Item, other: Item) -> bool:
    texts = one.label.lower(), other.label.lower()
    if all(TOPIC in text for text in texts) or words(one.label)[:5] == words(other.label)[:5]:
        return True
    taking = [text for text in texts if text.startswith(TAKING_UP) and ";" not in text]
    if taking and not all(TAKING_UP in text for text in texts):
        return False
    return likeness(one.label, other.label) >= SAME


def _covered(item: Item, other: list[Item]) -> float:
    mine = pairs(item.label)
    return len(mine & frozenset().union(*(pairs(o.label) for o in other))) / len(mine) if mine else 1.0


def twins(task: Task) -> Iterator[Finding]:
    """Bullets that say the same sentence twice."""
    body = [i for i in task.items if i.kind == "body"]
    for one, other in itertools.combinations(body, 2):
        if min(len(one.text), len(other.text)) > 40 and likeness(one.label, other.label) >= TWIN:
            both = {"item": one.id, "other": other.id, "text": one.label}
            if _near(one, other):
                yield Finding("said_twice", "warning", task.code, one.lines + other.lines, both)


def _near(one: Item, other: Item) -> bool:
    return abs(len(one.label) - len(other.label)) < 0.2 * max(len(one.label), len(other.label))


def times(task: Task, head: Head) -> Iterator[Finding]:
    """A day in the body outside the month that the roadmap gives the same work; results older than the plan."""
    planned = [i for i in task.items if i.kind == "appendix"]
    for item in (i for i in task.items if i.kind == "body" and len(i.when) >= 7):
        best = max(planned, key=lambda other: likeness(item.label, other.label), default=None)
        if best is None or likeness(item.label, best.label) < SAME or not best.when:
            continue
        first, _, last = best.when.partition("..")
        if not first[:7] <= item.when[:7] <= (last or first)[:7]:
            said = {"item": item.id, "day": item.when, "other": best.id, "month": best.when}
            yield Finding("time_differs", "warning", task.code, item.lines + best.lines, said)
    before = ""
    for result in (i for i in task.items if i.kind == "result" and len(i.when) == 10):
        made = (head.dated or f"{head.year}-{_month_of(head):02}-01")[:7]
        if result.when[:7] < made:
            said = {"item": result.id, "day": result.when, "text": result.label}
            yield Finding("already_done", "info", task.code, result.lines, said)
        if before and result.when < before[0:10]:
            said = {"item": result.id, "day": result.when, "other": before[11:], "other_day": before[:10]}
            yield Finding("older_than_before", "warning", task.code, result.lines, said)
        before = f"{result.when} {result.id}"


def _month_of(head: Head) -> int:
    found = re.search(r"tháng\s*(\d{1,2})", head.dated_text)
    return int(found.group(1)) if found else 1


def roadmap(task: Task) -> Iterator[Finding]:
    """Months without work, and work of several months that overlaps."""
    timed = [i for i in task.items if i.kind == "appendix" and i.when]
    spans = [(i, i.when.partition("..")[0], i.when.rpartition("..")[2]) for i in timed]
    covered = set()
    for _, first, last in spans:
        covered |= {m for m in _months(task) if first <= m <= last}
    for month in _months(task):
        if month not in covered and task.planned_start <= month <= task.planned_finish:
            yield Finding("month_without_work", "info", task.code, (), {"month": month})
    for (one, a, b), (other, c, d) in itertools.combinations(spans, 2):
        if (a, b) != (c, d) and c <= b and a <= d:
            both = {"item": one.id, "months": one.when, "other": other.id, "other_months": other.when}
            yield Finding("work_overlaps", "info", task.code, one.lines + other.lines, both)


def _months(task: Task) -> list[str]:
    year = task.planned_start[:4]
    return [f"{year}-{n:02}" for n in range(1, 13)]


def results(task: Task) -> Iterator[Finding]:
    """The last work of the roadmap without a result of its own; results that are counted."""
    made = [i for i in task.items if i.kind == "result"]
    for item in made:
        counted = COUNTED.search(item.text)
        if counted and int(counted.group(1)) > 1:
            yield Finding("counted", "info", task.code, item.lines, {"item": item.id, "count": int(counted.group(1))})
    for item in (i for i in task.items if i.kind == "appendix"):
        makes = re.match(r"(?:Xây dựng|Ban hành|Lập)\s+(báo cáo.*)", item.label, re.I)
        if makes and not any(likeness(makes.group(1), r.label) >= 0.6 for r in made):
            yield Finding("without_result", "warning", task.code, item.lines, {"item": item.id, "text": item.label})


def terms(task: Task) -> Iterator[Finding]:
    """Words that the law uses otherwise, one body under two names, a choice left open, opinions that law demands."""
    text = " ".join(item.text for item in task.items)
    for item in task.items:
        said = item.text
        if re.search(r"Sở Tư pháp", said) and "thẩm tra" in said:
            yield Finding("term_appraisal", "warning", task.code, item.lines, {"item": item.id})
        if "Văn phòng UBND" in said and "thẩm định" in said and "Sở Tư pháp" not in said:
            yield Finding("term_verification", "warning", task.code, item.lines, {"item": item.id})
    forces = [name for name in TASK_FORCE if name in text.lower()]
    if len(forces) > 1:
        named = [i.lines[0] for i in task.items if any(name in i.text.lower() for name in forces)]
        yield Finding("two_names", "warning", task.code, tuple(named), {"names": list(forces)})
    choice = re.search(r"(Chỉ thị|Quyết định|Kế hoạch) hoặc (Chỉ thị|Quyết định|Kế hoạch)", task.title)
    if choice:
        lines = tuple(i.lines[0] for i in task.items if i.kind == "title")
        yield Finding("form_open", "warning", task.code, lines, {"one": choice.group(1), "other": choice.group(2)})
    if re.search(r"Quyết định ban hành (?:Quy chế|Quy định)", task.title) and "Tư pháp" not in text:
        yield Finding("law_or_not", "warning", task.code, (), {})
    if "Nghị quyết HĐND" in task.title and not re.search(r"Thường trực HĐND|Ban của HĐND", text):
        yield Finding("council_steps", "warning", task.code, (), {})


def document(head: Head, body: Body, rows: list[Planned], units: tuple[Unit, ...]) -> Iterator[Finding]:
    """What concerns the whole document: blanks, numbers used twice, symbols, the plan that it replaces."""
    if head.number is None:
        yield Finding("no_number", "info", "", (), {"symbol": head.symbol})
    if head.dated is None:
        yield Finding("no_date", "info", "", (), {"text": head.dated_text})
    if head.replaces:
        lines = tuple(body.replaces.lines) if body.replaces else ()
        yield Finding("replaces", "info", "", lines, {"text": head.replaces})
    numbered = defaultdict(list)
    for duty in body.duties:
        numbered[duty.number].append(duty)
    for number, same in numbered.items():
        if len(same) > 1:
            names = [re.sub(r"^\d+\s*\.\s*", "", duty.heading.text) for duty in same]
            lines = tuple(duty.heading.lines[0] for duty in same)
            yield Finding("same_number", "warning", "", lines, {"number": number, "names": names})
    for duty in body.duties:
        promised = next((re.search(r"(\d+) nhiệm vụ:", said.text) for said in duty.lines), None)
        if promised and int(promised.group(1)) != len(duty.bullets):
            said = {"promised": int(promised.group(1)), "found": len(duty.bullets)}
            yield Finding("count_differs", "conflict", "", tuple(duty.heading.lines), said)
        name = re.sub(r"^\d+\s*\.\s*", "", duty.heading.text)
        if units and unit_of(name, units) is None:
            yield Finding("unknown_unit", "conflict", "", tuple(duty.heading.lines), {"name": name})


def scanning(lines: tuple[Line, ...]) -> Iterator[Finding]:
    """Mistakes of scanning, one finding a word."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for line in lines:
        for pair in scanned(fold(line.text)):
            found[pair].append(line.number)
    for (wrong, right), at in found.items():
        yield Finding("scanned", "info", "", tuple(at), {"wrong": wrong, "right": right})


def symbols(items: tuple[Item, ...]) -> Iterator[Finding]:
    """Numbers of documents that are not written as numbers are (NĐ 30/2020/NĐ-CP): stored as free text."""
    for item in items:
        for match in SYMBOL.finditer(item.text):
            said = match.group(2).rstrip(".,;")
            if not REGULAR.match(said):
                yield Finding("irregular_symbol", "info", item.task, item.lines, {"item": item.id, "symbol": said})


def rows_of(task: Task, planned: Planned, heading: str) -> Iterator[Finding]:
    """How the row of the appendix differs from the body, and what was put together or taken apart."""
    if key(bare(planned.title)) != key(bare(heading)):
        yield Finding("title_differs", "info", task.code, tuple(planned.lines), {"text": planned.title})
    if planned.joined:
        yield Finding("joined", "info", task.code, tuple(dict.fromkeys(planned.joined)), {"count": len(planned.joined)})
    for entry in planned.split:
        yield Finding("taken_apart", "info", task.code, tuple(entry.lines), {"text": entry.text})
    for entry in planned.run_together:
        yield Finding("run_together", "warning", task.code, tuple(entry.lines), {"text": entry.text})
