"""Words: folding white space, mistakes of scanning, and what must not be stored about persons.

Corrections are for labels only; the words of the document are kept as they stand.
"""

import functools
import itertools
import re
import unicodedata

from engine.planfile.model import Unit

# What scanning made of a word → the word. The first column is looked for as it is written here.
SCANNED: tuple[tuple[str, str], ...] = (
    ("Hội Ban Tổ chức", "Ban Tổ chức"),
    ("Đơn đốc", "Đôn đốc"),
    ("đơn đốc", "đôn đốc"),
    ("Phân đấu", "Phấn đấu"),
    ("phân đấu", "phấn đấu"),
    ("Công thông tin điện tử", "Cổng thông tin điện tử"),
    ("công thông tin điện tử", "cổng thông tin điện tử"),
    ("chuyên giao công nghệ", "chuyển giao công nghệ"),
    ("Gửi hồ sơ đề Văn phòng", "Gửi hồ sơ đề nghị Văn phòng"),
    ("KHCCN", "KH&CN"),
    ("ban hành và ban hành", "ban hành"),
    ("nghiên cứu- ứng dụng", "nghiên cứu - ứng dụng"),
)
TWICE = re.compile(r"\b(\w+ \w+) \1\b")
MARKER = re.compile(r"^(?:[-+•–*]\s+)+")

FAMILY = (
    "Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Ngô|Dương|Đinh|Trịnh|Trương|Lương|Lưu|Tạ|Giáp|Thân|Hà|Mai"
)
UPPER = "A-ZĐÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴ"
NAME = re.compile(rf"\b(?!Hà (?:Nội|Nam|Giang|Tĩnh|Bắc)\b)(?:{FAMILY})(?: [{UPPER}][^\W\d_]+){{1,4}}\b")
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<!\d)0\d{2,3}[ .]?\d{3}[ .]?\d{3,4}(?!\d)")
REDACTIONS = ((MAIL, "[địa chỉ thư điện tử]"), (PHONE, "[số điện thoại]"), (NAME, "[họ tên]"))


def fold(text: str) -> str:
    """White space as single spaces, composed letters."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def bare(text: str) -> str:
    """A text without its list markers."""
    return MARKER.sub("", fold(text))


def spoken(text: str) -> str:
    """A text without list markers, with a capital first, its mistakes kept: what a plan's row says."""
    said = bare(text)
    return said[:1].upper() + said[1:]


def corrected(text: str) -> str:
    """A text in correct spelling, without list markers, with a capital first."""
    said = bare(text)
    for wrong, right in SCANNED:
        said = said.replace(wrong, right)
    return spoken(TWICE.sub(r"\1", said))


def scanned(text: str) -> list[tuple[str, str]]:
    """The mistakes of scanning in a text: (as it stands, as it should be)."""
    found = [(wrong, right) for wrong, right in SCANNED if wrong in text]
    return found + [(match.group(0), match.group(1)) for match in TWICE.finditer(text)]


def redact(text: str) -> tuple[str, int]:
    """A text without names of persons, addresses and telephone numbers; and how many were taken out."""
    count = 0
    for pattern, said in REDACTIONS:
        text, found = pattern.subn(said, text)
        count += found
    return text, count


def key(text: str) -> str:
    """A name for comparing: small letters, usual abbreviations written one way, the province left out."""
    said = fold(text).lower().replace("khoa học và công nghệ", "khcn").replace("kh&cn", "khcn")
    return " ".join(re.sub(r"[^\w]+", " ", said.replace("tỉnh bắc giang", "tỉnh")).split())


def unit_of(text: str, units: tuple[Unit, ...]) -> Unit | None:
    """The unit that a text names as a whole, by its name or its short one."""
    wanted = key(text)
    return next((u for u in units if wanted and wanted in (key(u.name), key(u.short_name))), None)


def words(text: str) -> list[str]:
    """The words of a text in small letters, correctly spelled."""
    return re.findall(r"\w+", corrected(text).lower())


@functools.lru_cache(maxsize=4096)
def pairs(text: str) -> frozenset[tuple[str, str]]:
    """The neighbouring words of a text, two by two. Kept: each text is compared with many."""
    return frozenset(itertools.pairwise(words(text)))


def likeness(one: str, other: str) -> float:
    """How much of the shorter text's pairs of words stands in the other: 0 to 1."""
    mine, theirs = pairs(one), pairs(other)
    small = min(len(mine), len(theirs))
    return len(mine & theirs) / small if small else 0.0
