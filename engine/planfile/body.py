"""The body of a plan: head, purposes, focus tasks with their bullets and deadlines, organisation, foot.

One pass over the lines; each line is put to the part of the document that is open, and the parts are told apart by the
headings that such plans have (I. II. III. IV., "1.1. Nhiệm vụ 1:", "a)", "b)", "Nơi nhận:").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.errors import Problem
from engine.planfile import months
from engine.planfile.model import Head, Line
from engine.planfile.sources import problem
from engine.planfile.spelling import fold

ROMAN = re.compile(r"^(I|II|III|IV|V|VI)\s*\.\s+(.+)$")
NUMBERED = re.compile(r"^(\d+)\s*\.\s+(.+)$")
TASK = re.compile(r"^(\d+)\.(\d+)\s*\.?\s+Nhiệm vụ\s+(\d+)\s*:\s*(.+)$")
NUMBER = re.compile(r"^Số\s*:\s*([\d. ]*)\s*(/.*)?$")
PLACED = re.compile(r"^(.+?),\s*ngày\s*(\d{0,2})\s*tháng\s*(\d{0,2})\s*năm\s*(\d{4})\s*$")
DEADLINE = re.compile(r"^b\)\s*Thời gian hoàn thành\s*:?\s*(.*)$")
REPLACES = re.compile(r"thay thế\s+(.+?)\)?\.?\s*$")
BASIS = re.compile(
    r"(Quyết định|Công văn|Kế hoạch|Nghị quyết|Chương trình) số [^;]*?ngày \d{1,2}/\d{1,2}/\d{4}"
    r"(?: của [^;,]*?(?= về |;|,|$))?"
)
AGENCY = re.compile(r"Giám đốc (Sở .+?)(?: năm \d{4})?$")
YEAR = re.compile(r"năm\s+(\d{4})")
BULLET = re.compile(r"^(?:[-–•]\s+)(?![+])(.+)$")
DEEPER = re.compile(r"^(?:[-–•]\s*)?\+\s+(.+)$")
ROLE = re.compile(r"^(?:(?:TM|KT|TL|TUQ|Q)\.\s*)?[A-ZĐÀ-Ỹ][A-ZĐÀ-Ỹ ,.]{3,60}$")
SENTENCES = re.compile(r";\s+|\.\s+(?=[A-ZĐÀ-Ỹ0-9])")
SHARES = re.compile(r"\s+và\s+(?=100\s?%)")


@dataclass
class Said:
    """A text and the lines that it was put together from."""

    text: str
    lines: list[int]

    def more(self, text: str, line: int) -> None:
        """Go on with a further line: what was broken at a hyphen is put together again."""
        self.text += text if self.text.endswith("-") else f" {text}"
        self.lines.append(line)


@dataclass
class Bullet(Said):
    """A bullet of a task: its number ("1", "1.1")."""

    number: str = ""


@dataclass
class BodyTask:
    """A focus task as the body has it."""

    place: str
    heading: Said
    origin: str
    bullets: list[Bullet] = field(default_factory=list)
    deadline: Said | None = None


@dataclass
class Duty:
    """A unit in the part on organisation: its number, name, and what stands below."""

    number: str
    heading: Said
    lines: list[Said] = field(default_factory=list)
    bullets: list[Said] = field(default_factory=list)


@dataclass
class Body:
    """What the lines of the body say, before they are made into items."""

    purposes: list[tuple[str, Said]] = field(default_factory=list)
    tasks: list[BodyTask] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    closing: list[Said] = field(default_factory=list)
    replaces: Said | None = None
    used: dict[int, str] = field(default_factory=dict)
    unused: dict[int, str] = field(default_factory=dict)
    joined: list[tuple[int, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    head: Head | None = None


class Reading:
    """One reading of a body; `read` is the only thing to call."""

    def __init__(self, lines: tuple[Line, ...], year: int | None) -> None:
        self.body = Body()
        self._lines = lines
        self._year = year
        self._part = "head"
        self._duties_open = True
        self._about = ""
        self._origin = ""
        self._inside = ""
        self._titles: list[str] = []
        self._preamble: list[str] = []
        self._recipients: list[str] = []
        self._number: str | None = None
        self._symbol = ""
        self._place = ""
        self._dated: str | None = None
        self._dated_text = ""
        self._signer: str | None = None
        self._named_year: int | None = None

    def read(self) -> Body:
        """The body understood; its problems stand in `problems`."""
        for line in self._lines:
            text = fold(line.text)
            if text:
                self._line(line.number, text)
        self._finish()
        return self.body

    def _line(self, at: int, text: str) -> None:
        roman = ROMAN.match(text)
        if roman:
            self._open(roman.group(1), at, text)
            return
        getattr(self, f"_in_{self._part}")(at, text)

    def _open(self, number: str, at: int, text: str) -> None:
        words = text.lower()
        for part, said in (("purposes", "mục đích"), ("tasks", "nội dung"), ("organisation", "tổ chức thực hiện")):
            if said in words:
                self._part = part
                break
        else:
            self._part = "pointer"
        self.body.unused[at] = "heading"

    # --- head and foot ---

    def _in_head(self, at: int, text: str) -> None:
        number, placed = NUMBER.match(text), PLACED.match(text)
        if number:
            self._number = fold(number.group(1)) or None
            self._symbol = fold(number.group(2) or "")
            self.body.used[at] = "head"
        elif placed:
            self._place = placed.group(1)
            self._dated_text = text
            self._named_year = int(placed.group(4))
            if placed.group(2) and placed.group(3):
                self._dated = f"{placed.group(4)}-{int(placed.group(3)):02}-{int(placed.group(2)):02}"
            self.body.used[at] = "head"
        elif text.upper() == text and text != "KẾ HOẠCH":
            self.body.unused[at] = "letterhead"
        elif text == "KẾ HOẠCH" or not self._titles:
            if text != "KẾ HOẠCH":
                self._titles.append(text)
            self.body.used[at] = "head"
        else:
            self._preamble.append(text)
            self.body.used[at] = "head"

    def _in_foot(self, at: int, text: str) -> None:
        if self._inside == "recipients" and text.startswith("-"):
            self._recipients.append(text.lstrip("- ").rstrip(";."))
            self.body.unused[at] = "recipients"
        elif ROLE.match(text) and self._signer is None:
            self._inside = "signature"
            self._signer = text
            self.body.used[at] = "head"
        elif self._inside == "signature":
            # A name stands here; it is not stored, whatever it is.
            self.body.unused[at] = "signature"
        else:
            self.body.unused[at] = "foot"

    def _in_pointer(self, at: int, text: str) -> None:
        self.body.unused[at] = "pointer"

    # --- purposes ---

    def _in_purposes(self, at: int, text: str) -> None:
        numbered = NUMBERED.match(text)
        if numbered:
            self._about = "requirement" if "yêu cầu" in text.lower() else "purpose"
            self._inside = f"I.{numbered.group(1)}"
            self.body.unused[at] = "heading"
        else:
            self.body.purposes.append((f"{self._about or 'purpose'} {self._inside or 'I'}", Said(text, [at])))

    # --- tasks ---

    def _in_tasks(self, at: int, text: str) -> None:
        task, deadline = TASK.match(text), DEADLINE.match(text)
        deeper, bullet = DEEPER.match(text), BULLET.match(text)
        open_task = self.body.tasks[-1] if self.body.tasks else None
        if task:
            place = f"II.{task.group(1)}.{task.group(2)}"
            self.body.tasks.append(BodyTask(place, Said(task.group(4), [at]), self._origin))
            self._inside = "heading"
        elif deadline and open_task:
            if open_task.deadline is not None:
                self.body.problems.append(problem("second_deadline", "expected one deadline for a task", at))
            open_task.deadline = Said(text, [at])
            self._inside = "deadline"
        elif text.startswith("a)"):
            self._inside = "bullets"
            self.body.unused[at] = "heading"
        elif NUMBERED.match(text) and not bullet:
            self._group(at, text)
        elif open_task is None:
            self.body.problems.append(
                problem("outside_a_task", f"expected a focus task before: {text[:60]}", at, text=text[:60])
            )
        elif deeper and self._inside == "bullets":
            parent = next((b.number for b in reversed(open_task.bullets) if "." not in b.number), "0")
            count = sum(b.number.startswith(f"{parent}.") for b in open_task.bullets)
            open_task.bullets.append(Bullet(text, [at], f"{parent}.{count + 1}"))
        elif bullet and self._inside == "bullets":
            count = sum("." not in b.number for b in open_task.bullets)
            open_task.bullets.append(Bullet(text, [at], str(count + 1)))
        elif self._inside == "bullets" and open_task.bullets:
            open_task.bullets[-1].more(text, at)
            self.body.joined.append((at, text))
        elif self._inside == "heading":
            open_task.heading.more(text, at)
            self.body.joined.append((at, text))
        else:
            self.body.problems.append(problem("stray_line", f"expected a bullet: {text[:60]}", at, text=text[:60]))

    def _group(self, at: int, text: str) -> None:
        said = text.lower()
        self.body.unused[at] = "heading"
        if "đăng ký" in said:
            self._origin = "so_dang_ky"
        elif "giao" in said:
            self._origin = "ubnd_giao"
        else:
            self._origin = ""
            self.body.problems.append(
                problem("unknown_origin", 'expected "do … giao" or "do … đăng ký" in the heading', at, text=text[:60])
            )

    # --- organisation ---

    def _in_organisation(self, at: int, text: str) -> None:
        numbered, bullet = NUMBERED.match(text), BULLET.match(text)
        if text.lower().startswith("nơi nhận"):
            self._part, self._inside = "foot", "recipients"
            self.body.unused[at] = "recipients"
        elif "thay thế" in text and text.startswith(("(", "Kế hoạch này")):
            self.body.replaces = Said(text, [at])
        elif numbered and self._duties_open:
            self.body.duties.append(Duty(numbered.group(1), Said(text, [at])))
        elif text.lower().startswith("trên đây"):
            self._duties_open = False
            self.body.closing.append(Said(text, [at]))
        elif not self._duties_open and self.body.closing:
            self.body.closing[-1].more(text, at)
        elif not self.body.duties:
            self.body.problems.append(
                problem("outside_a_unit", f"expected a unit before: {text[:60]}", at, text=text[:60])
            )
        elif bullet:
            self.body.duties[-1].bullets.append(Said(text, [at]))
        else:
            self.body.duties[-1].lines.append(Said(text, [at]))

    # --- the end ---

    def _finish(self) -> None:
        title = self._titles[0] if self._titles else ""
        said = YEAR.search(title)
        year = self._year or (int(said.group(1)) if said else self._named_year)
        if year is None:
            self.body.problems.append(problem("no_year", "expected the plan's year in its title"))
            return
        if not title:
            self.body.problems.append(problem("no_title", "expected a title below KẾ HOẠCH"))
        agency = AGENCY.search(title)
        bases = tuple(fold(m.group(0)) for m in BASIS.finditer(" ".join(self._preamble)))
        replaces = REPLACES.search(self.body.replaces.text) if self.body.replaces else None
        self.body.head = Head(
            agency=agency.group(1) if agency else "",
            title=f"Kế hoạch {title[:1].lower()}{title[1:]}" if title else "",
            year=year,
            number=f"{self._number}{self._symbol}" if self._number else None,
            symbol=self._symbol,
            place=self._place,
            dated=self._dated,
            dated_text=self._dated_text,
            bases=bases,
            replaces=fold(replaces.group(1)) if replaces else None,
            signer=self._signer.capitalize() if self._signer else None,
            recipients=tuple(self._recipients),
        )


def read(lines: tuple[Line, ...], year: int | None) -> Body:
    """The body understood, with its problems."""
    return Reading(lines, year).read()


def targets(text: str) -> Iterator[str]:
    """The title of a task and the targets written behind it, as parts of its heading."""
    for part in SENTENCES.split(text):
        yield from SHARES.split(part)


def deadline_month(text: str, year: int) -> str | None:
    """The month of "b) Thời gian hoàn thành: Tháng 3/2022."."""
    found = DEADLINE.match(text)
    return months.one(found.group(1), year) if found else None
