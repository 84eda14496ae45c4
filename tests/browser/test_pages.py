"""Every page: fits a laptop and a phone, talks to nobody else, runs no script of its own making, and is open to all.

A page is loaded once and looked at in both widths. What is on the pages is not tested here.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Dialog, Page, Request, Route, expect

import offices
import servers
import visitors
from offices import DRAFTER, HEAD, SECRETARY, VICE_CHAIR
from webui import demo

# Servers on stores of this module's own: one worker runs it.
pytestmark = pytest.mark.xdist_group(__name__)

AXE = Path(servers.ROOT, "webui/frontend/node_modules/axe-core/axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = {"laptop": {"width": 1366, "height": 768}, "phone": {"width": 390, "height": 844}}
RESEARCH, COLLECTION = "Nghiên cứu, đề xuất hình thức", "Thu thập văn bản, tài liệu"
STRANGER, MEMBER, ANALYST = "gk.sk.1", demo.COUNCIL[0], "ptqt.so"
Office = offices.Office


def task(person: str, element: str, rest: str = "") -> Callable[[Office], str]:
    return lambda office: f"/viec/{office.task(person, element).id}{rest}"


def case(rest: str = "") -> Callable[[Office], str]:
    return lambda office: f"/ho-so/{office.case_id}{rest}"


def start(office: Office) -> str:
    return f"/ho-so/mo-moi/{office.engine.queries.focus_tasks(SECRETARY)[1].id}"


# name → where T1 has come to, who looks, the address
def drafted(office: Office) -> str:
    """The page of T1 with a faulty draft, compared with the version in force."""
    model = office.engine.queries.model(ANALYST, "chi_thi_khcn")
    faulty = model.replace(b'formId="phieu_giao_viec"', b'formId="khong_co"').replace(
        "Phân công".encode(), b"Giao &lt;"
    )
    seen = office.engine.queries.draft(ANALYST, "chi_thi_khcn").number
    office.engine.models.save_draft(ANALYST, "chi_thi_khcn", faulty, seen)
    return "/quy-trinh/chi_thi_khcn?ban=nhap&tu=1&den=nhap"


PAGES: dict[str, tuple[str, str | None, str | Callable[[Office], str]]] = {
    "log-in": ("chuan_bi", None, "/dang-nhap"),
    "log-in after the session": ("chuan_bi", None, "/dang-nhap?het_phien=1&tiep=/viec"),
    "my work": ("chuan_bi", DRAFTER, "/viec"),
    "my work, newcomer": ("chuan_bi", STRANGER, "/viec"),
    "my work, empty filter": ("chuan_bi", DRAFTER, "/viec?loc=qua-han"),
    "my work, done": ("chuan_bi", HEAD, "/viec?loc=da-xong"),
    "task": ("chuan_bi", DRAFTER, task(DRAFTER, "danh_gia")),
    "task of somebody else": ("chuan_bi", "cv.qlkh.2", task(DRAFTER, "danh_gia")),
    "pass on": ("chuan_bi", HEAD, task(DRAFTER, "danh_gia", "/chuyen")),
    "no such page": ("chuan_bi", DRAFTER, "/khong-co"),
    "not to be seen": ("chuan_bi", STRANGER, case()),
    "opinion": ("hoi_dong_gop_y", MEMBER, task(MEMBER, "hoi_dong_gop_y")),
    "opinion, own page": ("hoi_dong_gop_y", MEMBER, task(MEMBER, "hoi_dong_gop_y", "/quyet-dinh")),
    "task with remarks": ("remarks", DRAFTER, task(DRAFTER, "hoan_thien_du_thao_2")),
    "table of opinions": ("remarks", DRAFTER, task(DRAFTER, "hoan_thien_du_thao_2", "/y-kien")),
    "case, opinions": ("remarks", DRAFTER, case("?phan=y-kien")),
    "desk": ("ky", VICE_CHAIR, task(VICE_CHAIR, "ky")),
    "desk, own page": ("ky", VICE_CHAIR, task(VICE_CHAIR, "ky", "/quyet-dinh?chon=dong_y")),
    "cases": ("ky", SECRETARY, "/ho-so"),
    "cases, empty filter": ("ky", SECRETARY, "/ho-so?loc=qua-han"),
    "open a case": ("chuan_bi", SECRETARY, start),
    "case": ("ky", SECRETARY, case()),
    "case, documents": ("ky", SECRETARY, case("?phan=tai-lieu")),
    "case, gates": ("ky", SECRETARY, case("?phan=cong")),
    "case, journal": ("ky", SECRETARY, case("?phan=nhat-ky")),
    "notices": ("ky", DRAFTER, "/thong-bao"),
    "processes": ("ky", ANALYST, "/quy-trinh"),
    "processes, empty filter": ("ky", DRAFTER, "/quy-trinh?tim=khong-co"),
    "process": ("ky", DRAFTER, "/quy-trinh/chi_thi_khcn"),
    "process with a draft": ("ky", ANALYST, drafted),
}


@pytest.fixture
def stage(
    server_at: Callable[..., servers.LiveServer], office_of: Callable[[servers.LiveServer], Office]
) -> Callable[[str], Office]:
    """A function that gives the office on a server: `remarks` is where the council's remarks are in."""

    def at(name: str) -> Office:
        # Where a test goes on, it has the server for itself.
        stop = {"remarks": "hoi_dong_gop_y", "acting": "chuan_bi"}.get(name, name)
        server = server_at(stop, name=name)
        office = office_of(server)
        if name == "remarks" and "hoi_dong_gop_y" in office.waits():
            for number, person in enumerate(demo.COUNCIL):
                office.does(person, "hoi_dong_gop_y", demo.REMARKS if number < 2 else demo.AGREES)
        office.url = server.url  # type: ignore[attr-defined]
        return office

    return at


def enters(page: Page, office: Any, person: str | None) -> None:
    """Give a browser profile a session, as the log-in would."""
    if person:
        token = office.engine.people.log_in(person, demo.PASSWORD, "")
        page.context.add_cookies([{"name": "tk_session", "value": token, "url": office.url}])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_keeps_to_itself_and_is_accessible(
    stage: Callable[[str], Any], new_page: Callable[..., Page], name: str
) -> None:
    where, person, address = PAGES[name]
    office = stage(where)
    page = new_page()
    enters(page, office, person)
    said: list[str] = []
    asked: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # Chromium itself reports the status of a page that was not found.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            said.append(message.text)

    def watch(request: Request) -> None:
        asked.append(request.url)

    page.on("console", hear)
    page.on("request", watch)
    answer = page.goto(office.url + (address if isinstance(address, str) else address(office)))
    page.wait_for_selector(visitors.READY, state="attached")

    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-eval" not in policy and "script-src" not in policy
    assert (
        page.evaluate(
            """() => [...document.querySelectorAll("*")].filter((e) => (e.localName === "script" && !e.src) ||
            [...e.attributes].some((a) => /^(on|hx-on)/.test(a.name) || /^javascript:/i.test(a.value)))
            .map((e) => e.outerHTML)"""
        )
        == []
    )
    for width, size in WIDTHS.items():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert sideways(page) == [], f"wider than a {width}"
        found = barriers(page)
        assert not found, f"on a {width}: " + "\n".join(found)
    assert said == []
    assert [url for url in asked if not url.startswith((office.url, "data:"))] == []


def test_a_page_with_problems_fits_and_is_accessible_too(
    stage: Callable[[str], Any], new_page: Callable[..., Page]
) -> None:
    office = stage("chuan_bi")
    page = new_page()
    enters(page, office, DRAFTER)
    page.goto(office.url + task(DRAFTER, "danh_gia")(office))
    page.wait_for_selector(visitors.READY, state="attached")
    assert visitors.Visitor(page, office.url).presses("Hoàn thành") == 422
    expect(page.locator(".summary a")).to_have_count(3)
    for width, size in WIDTHS.items():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert sideways(page) == [], f"wider than a {width}"
        found = barriers(page)
        assert not found, f"on a {width}: " + "\n".join(found)


def sideways(page: Page) -> list[str]:
    """What makes the page wider than the window; only regions that scroll by themselves may be wider."""
    found: list[str] = page.evaluate(
        """() => {
            const room = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= room && document.body.scrollWidth <= room) return [];
            return [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > room + 1)
                .map((e) => e.outerHTML.slice(0, 120)).slice(0, 5);
        }"""
    )
    return found


def barriers(page: Page) -> list[str]:
    """What axe-core finds serious or critical."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] }).then((r) => r.violations)", RULES
    )
    return [
        f"{v['impact']} {v['id']}: {v['help']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for v in found
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"][:3]
    ]


# --- with the keyboard, without scripts, in English, on paper --------------------------------------------------------


def test_a_task_is_found_and_finished_with_the_keyboard_alone(
    stage: Callable[[str], Any], new_page: Callable[..., Page]
) -> None:
    office = stage("acting")
    page = new_page()
    keys = page.keyboard
    page.goto(f"{office.url}/dang-nhap")
    page.wait_for_selector(visitors.READY, state="attached")
    expect(page.get_by_label("Tên đăng nhập")).to_be_focused()
    keys.type(DRAFTER)
    keys.press("Tab")
    keys.type(demo.PASSWORD)
    with page.expect_navigation():
        keys.press("Enter")
    page.wait_for_selector(visitors.READY, state="attached")

    keys.press("Tab")
    skip = page.get_by_role("link", name="Đến nội dung chính")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    keys.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    reached = []
    for _ in range(12):
        keys.press("Tab")
        reached.append(page.evaluate(LIT))
    assert [name for name, lit in reached if not lit] == []  # wherever the focus is, it is seen
    assert "Cần làm" in reached[0][0]

    rows = page.locator(".row > a")
    at = [" ".join(text.split()) for text in page.locator(".row .title").all_inner_texts()].index(RESEARCH)
    page.locator("#main").focus()
    keys.press("j")  # the first row is open already
    expect(rows.nth(1)).to_be_focused()
    keys.press("k")
    expect(rows.nth(0)).to_be_focused()
    rows.nth(at).focus()
    keys.press("Enter")
    heading = page.locator("#detail h1")
    expect(heading).to_have_text(RESEARCH)
    expect(heading).to_be_focused()
    visitors.Visitor(page, office.url).fills(demo.ANSWERS["nghien_cuu"])
    asked: list[str] = []

    def agree(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.on("dialog", agree)
    with page.expect_navigation():
        keys.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text(RESEARCH)
    assert asked == ["Hoàn thành việc này?"]
    assert office.history("nghien_cuu") == [("completed", None, 1)]


# The name of what has the focus, and whether a ring or an edge shows it.
LIT = """() => {
    const here = document.activeElement;
    const seen = [here, here.parentElement].some((e) => {
        const s = getComputedStyle(e);
        return (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== "none";
    });
    return [here.innerText || here.value || here.outerHTML.slice(0, 80), seen];
}"""


def test_a_task_is_done_without_scripts_from_the_log_in_to_the_next_task(
    stage: Callable[[str], Any], new_page: Callable[..., Page]
) -> None:
    office = stage("acting")
    page = new_page(java_script_enabled=False)
    visitor = visitors.Visitor(page, office.url, scripts=False).logs_in(DRAFTER)
    visitor.opens(COLLECTION)
    visitor.fills(demo.ANSWERS["thu_thap"])
    visitor.presses("Lưu nháp")
    expect(visitor.toast).to_have_text("Đã lưu nháp.")
    expect(page.locator("[name=so_luong]")).to_have_value("12")
    visitor.presses("Hoàn thành")
    expect(visitor.toast).to_have_text(f"Đã hoàn thành: {COLLECTION}.")
    assert office.history("thu_thap") == [("completed", None, 1)]
    visitor.logs_out()
    visitor.logs_in(HEAD).goes(f"/ho-so/{office.case_id}?phan=nhat-ky")
    expect(page.locator("#panel")).to_contain_text("Hoàn thành: Thu thập")
    page.get_by_role("link", name="Tài liệu").first.click()
    expect(page.locator("#panel .doc, #panel .nothing").first).to_be_visible()


def test_the_pages_speak_english_when_asked_and_remember_it(
    stage: Callable[[str], Any], new_page: Callable[..., Page]
) -> None:
    office = stage("ky")
    page = new_page()
    enters(page, office, VICE_CHAIR)
    page.goto(f"{office.url}/viec")
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    page.get_by_role("link", name="EN", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", name="To do")).to_be_visible()
    page.goto(office.url + task(VICE_CHAIR, "ky")(office))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign and promulgate")
    expect(page.locator("[data-decide]")).to_have_text("Choose a decision")
    page.get_by_role("link", name="VI", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ký ban hành")


def test_a_case_prints_its_tables_and_diagram_and_nothing_to_press(
    stage: Callable[[str], Any], new_page: Callable[..., Page]
) -> None:
    office = stage("ky")
    page = new_page()
    enters(page, office, SECRETARY)
    page.goto(office.url + case()(office))
    page.wait_for_selector(visitors.READY, state="attached")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 960})  # A4 between its margins
    for shown in ("h1", ".milestones", "#diagram svg", "#panel table"):
        expect(page.locator(shown).first).to_be_visible()
    for row in page.locator("#panel tbody tr[id]").all():
        expect(row).to_be_visible()  # also steps that the screen folds away
    pressed = page.locator("button, .btn, header.top, .tabbar, .skip, .toast").all()
    assert [one.inner_text() for one in pressed if one.is_visible()] == []
    assert sideways(page) == []
    diagram = page.locator("#diagram svg").bounding_box()
    assert diagram is not None and diagram["x"] >= 0 and diagram["x"] + diagram["width"] <= 680
    assert page.pdf(format="A4").startswith(b"%PDF-")


def test_the_whole_diagram_fits_its_frame_when_asked_and_a_step_finds_its_line(
    stage: Callable[[str], Any], new_page: Callable[..., Page]
) -> None:
    office = stage("ky")
    page = new_page()
    enters(page, office, SECRETARY)
    page.goto(office.url + case()(office))
    page.wait_for_selector(visitors.READY, state="attached")
    frame = page.locator("#diagram")
    page.get_by_role("button", name="Vừa khung").click()
    scrolls = "e => [e.scrollWidth > e.clientWidth, e.scrollHeight > e.clientHeight]"
    assert frame.evaluate(scrolls) == [False, False]
    page.get_by_role("button", name="Phóng to").click()
    page.get_by_role("button", name="Phóng to").click()
    assert True in frame.evaluate(scrolls)
    page.locator('#diagram [data-element="chi_dao"]').press("Enter")
    line = page.locator("#b-chi_dao")
    expect(line).to_have_class(re.compile("pointed"))
    expect(line).to_be_in_viewport()


def test_fields_that_come_and_go_keep_what_is_typed_while_the_server_is_asked(
    stage: Callable[[str], Any], new_page: Callable[..., Page]
) -> None:
    office = stage("hoi_dong_gop_y")
    page = new_page()
    enters(page, office, MEMBER)
    page.goto(office.url + task(MEMBER, "hoi_dong_gop_y")(office))
    page.wait_for_selector(visitors.READY, state="attached")
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "GET" and route.request.resource_type == "fetch":
            held.append(route)
        else:
            route.continue_()

    def chooses(opinion: str, typing: str = "") -> None:
        """Choose, and type before the server has answered which fields there are now."""
        fields = page.locator("#fields")
        fields.evaluate("fields => { fields.dataset.before = ''; }")
        page.get_by_label(opinion, exact=True).check()
        if typing:
            remark.fill(typing)
        while not held:
            page.evaluate("0")  # lets the browser come to its question
        held.pop().continue_()
        expect(fields).not_to_have_attribute("data-before", "")

    page.route("**/viec/*", hold)
    remark = page.get_by_label("Nội dung góp ý")
    chooses("Đồng ý, có góp ý", "Viết khi máy chủ chưa kịp trả lời.")
    expect(remark).to_have_value("Viết khi máy chủ chưa kịp trả lời.")
    expect(remark).to_be_focused()
    chooses("Đồng ý")
    expect(remark).to_have_count(0)
    chooses("Không đồng ý")
    expect(remark).to_be_visible()
