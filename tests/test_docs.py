"""What the documents say exists: links, commands, targets, settings, and the words on the pages."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
from babel.messages.pofile import read_po

from engine import settings
from webui.cli import main

ROOT = Path(__file__).resolve().parent.parent
GUIDES = {
    "nguoi-soan-thao": "drafter",
    "nguoi-duyet": "approver",
    "van-phong": "secretariat",
    "phan-tich-quy-trinh": "analyst",
    "quan-tri": "administrator",
}
DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("workflows/**/*.md")]
)
VIETNAMESE = [ROOT / "docs" / "vi" / f"{name}.md" for name in GUIDES]
ENGLISH = [ROOT / "docs" / "en" / f"{name}.md" for name in GUIDES.values()]

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
INLINE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```.*?^```", re.M | re.S)
INDENTED = re.compile(r"^ {4}.*$", re.M)
HEADING = re.compile(r"^(#{1,6}) ", re.M)
BOLD = re.compile(r"\*\*(.+?)\*\*")
PLACE = re.compile(r"%\(\w+\)[sd]")
NUMBER = re.compile(r"%\((?:num|min|max)\)[sd]")
COMMAND = re.compile(r"(?:^|[\s(;|]|bin/)trinhky +([^\n|>;#]+)", re.M)
TARGET = re.compile(r"(?:^|[\s(;])make +([a-z][a-z-]*)", re.M)
SETTING = re.compile(r"TRINHKY_([A-Z0-9_]+)")


def path_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    """A document without its code blocks."""
    return FENCED.sub("", path.read_text(encoding="utf-8"))


def code(path: Path) -> str:
    """The code of a document, one piece a line: blocks and spans."""
    text = path.read_text(encoding="utf-8")
    rest = FENCED.sub("", text)
    pieces = [*FENCED.findall(text), *INDENTED.findall(rest), *INLINE.findall(rest)]
    return re.sub(r" *\\\n *", " ", "\n".join(pieces))


def anchors(path: Path) -> set[str]:
    """The names that GitHub gives to the headings of a document."""
    heads = re.findall(r"^#{1,6} +(.+)$", prose(path), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("document", DOCUMENTS, ids=path_id)
def test_every_relative_link_resolves(document: Path) -> None:
    broken = []
    for target in LINK.findall(prose(document)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        file = document.parent / name if name else document
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def commands_in(document: Path) -> Iterator[list[str]]:
    for line in COMMAND.findall(code(document)):
        yield re.sub(r"'[^']*'|\"[^\"]*\"", "TEXT", line).split()


def faults_of(words: list[str]) -> str | None:
    """What is wrong with the words after `trinhky`, or None."""
    command: click.Command = main
    names = iter(words)
    for name in names:
        if not isinstance(command, click.Group) or name.startswith("-") or name in ("…", "..."):
            names = iter([name, *names])
            break
        found = command.commands.get(name)
        if found is None:
            return f"no command {name}"
        command = found
    known = {"-h", "--help"} | {option for parameter in command.params for option in parameter.opts}
    unknown = [word for word in names if word.startswith("-") and word.partition("=")[0] not in known]
    return f"{command.name}: no option {unknown[0]}" if unknown else None


@pytest.mark.parametrize("document", DOCUMENTS, ids=path_id)
def test_every_quoted_command_is_one_of_ours(document: Path) -> None:
    wrong = {" ".join(words): fault for words in commands_in(document) if (fault := faults_of(words))}
    assert wrong == {}


def test_an_unknown_command_or_option_would_be_found() -> None:
    assert faults_of(["publish", "x"]) == "no command publish"
    assert faults_of(["audit", "repair"]) == "no command repair"
    assert faults_of(["play", "x.bpmn", "--fast"]) == "play: no option --fast"
    assert faults_of(["play", "x.bpmn", "--until", "2022-02-10"]) is None


@pytest.mark.parametrize("document", DOCUMENTS, ids=path_id)
def test_every_quoted_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(TARGET.findall(code(document))) <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=path_id)
def test_every_quoted_setting_exists(document: Path) -> None:
    known = set(settings.Settings.__dataclass_fields__) | settings.OTHER_VARIABLES | {"foo"}
    assert {name.lower() for name in SETTING.findall(code(document))} <= known


@pytest.mark.parametrize("guide", ["vi/quan-tri", "en/administrator"])
def test_the_administrators_guide_names_every_setting(guide: str) -> None:
    told = {name.lower() for name in SETTING.findall(code(ROOT / "docs" / f"{guide}.md"))}
    assert set(settings.Settings.__dataclass_fields__) | settings.OTHER_VARIABLES <= told


@pytest.mark.parametrize("guide", ["vi/phan-tich-quy-trinh", "en/analyst"])
def test_the_codes_in_the_analysts_guide_are_reported_by_the_engine(guide: str) -> None:
    refused = prose(ROOT / "docs" / f"{guide}.md").split("\n## ")
    table = next(part for part in refused if "`empty_folder`" in part)
    told = {word for row in re.findall(r"^\| (`.+?) \|", table, re.M) for word in INLINE.findall(row)}
    source = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "engine").rglob("*.py"))
    assert {word for word in told if f'"{word}"' not in source} == set()


@pytest.mark.parametrize(("vietnamese", "english"), GUIDES.items())
def test_a_guide_has_the_same_parts_in_both_languages(vietnamese: str, english: str) -> None:
    one, other = prose(ROOT / "docs" / "vi" / f"{vietnamese}.md"), prose(ROOT / "docs" / "en" / f"{english}.md")
    assert HEADING.findall(one) == HEADING.findall(other)
    assert one.count("\n| ") == other.count("\n| ")
    assert re.findall(r"images/[\w-]+\.png", one) == re.findall(r"images/[\w-]+\.png", other)


def test_every_guide_has_a_twin_and_stands_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    found = sorted([*ROOT.glob("docs/vi/*.md"), *ROOT.glob("docs/en/*.md")])
    assert found == sorted(VIETNAMESE + ENGLISH)
    assert [file.name for file in found if f"/{file.name})" not in index] == []


def words_of_the_pages(language: str) -> list[re.Pattern[str]]:
    """The texts of the pages in one language, with any number where one stands; of a text with another value in it what
    comes before that ("Practice data · office clock")."""
    with (ROOT / "webui" / "translations" / "vi" / "LC_MESSAGES" / "messages.po").open("rb") as source:
        messages = [message for message in read_po(source) if message.id]
    texts: set[str] = set()
    for message in messages:
        told = message.string if language == "vi" else message.id
        texts.update([told] if isinstance(told, str) else told)
    quotable = {
        PLACE.split(NUMBER.sub("0", text))[0].rstrip(" :·,(“") if PLACE.search(text) else text for text in texts
    }
    quotable |= {NUMBER.sub("0", text) for text in texts if not PLACE.search(NUMBER.sub("0", text))}
    return [re.compile(re.escape(text).replace("0", r"\d+")) for text in quotable if text]


def bold_words_not_on_the_pages(guide: Path, language: str) -> set[str]:
    known = words_of_the_pages(language)
    bold = set(BOLD.findall(prose(guide))) - {"in đậm", "bold"}
    return {word for word in bold if not any(text.fullmatch(word) for text in known)}


@pytest.mark.parametrize("guide", VIETNAMESE, ids=path_id)
def test_bold_words_of_a_vietnamese_guide_stand_on_the_pages(guide: Path) -> None:
    assert bold_words_not_on_the_pages(guide, "vi") == set()


@pytest.mark.parametrize("guide", ENGLISH, ids=path_id)
def test_bold_words_of_an_english_guide_stand_on_the_pages(guide: Path) -> None:
    assert bold_words_not_on_the_pages(guide, "en") == set()


def test_a_word_that_no_page_has_would_be_found(tmp_path: Path) -> None:
    guide = tmp_path / "guide.md"
    guide.write_text("Bấm **Hoàn thành**, rồi **Xác nhận**. **Viết ít nhất 10 ký tự**.", encoding="utf-8")
    assert bold_words_not_on_the_pages(guide, "vi") == {"Xác nhận"}


@pytest.mark.parametrize("guide", VIETNAMESE, ids=path_id)
def test_a_vietnamese_guide_has_no_pronoun_for_its_reader(guide: Path) -> None:
    assert re.findall(r"\b(?:bạn|anh/chị|quý vị|đồng chí)\b", guide.read_text(encoding="utf-8"), re.I) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=path_id)
def test_no_document_names_a_folder_of_somebodys_machine(document: Path) -> None:
    assert re.findall(r"(?<![\w.…])/(?:home|root|tmp|work|Users)/\S*", document.read_text(encoding="utf-8")) == []
