"""The studio in a real browser: an analyst draws, reads what is wrong and deploys; two analysts; tabs that are lost."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from lxml import etree
from playwright.sync_api import Locator, Page, Route, expect

import offices
import servers
import visitors
from engine import bpmn
from engine.records import focus_tasks
from offices import HEAD, SECRETARY
from webui import demo

pytestmark = pytest.mark.xdist_group(__name__)

ANALYST, T1 = "ptqt.so", "chi_thi_khcn"
SAVED = re.compile(r"Đã lưu \d\d:\d\d")
AXE = Path(servers.ROOT, "webui/frontend/node_modules/axe-core/axe.min.js")
TEMPLATES = Path(servers.ROOT, "workflows/shared/element-templates.json")
TEN_FAULTS = Path(__file__).parent.parent / "fixtures" / "ten_faults.bpmn"


class Studio:
    """An analyst in front of the editor."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.root = page.locator("#modeler")
        self.saved = page.locator("[data-saved]")
        self.rows = page.locator("[data-problems] > [data-problem]")
        self.checked = page.locator("[data-check-state]")
        self.name = page.locator("#bio-properties-panel-name")

    def opens(self, process: str) -> "Studio":
        self.page.goto(f"{self.url}/quy-trinh/{process}/sua")
        return self.ready()

    def ready(self) -> "Studio":
        self.page.wait_for_selector("#modeler[data-ready]")
        return self

    def asks(self, script: str, *arguments: Any) -> Any:
        """Ask the modeler itself: `m` is it, `e(id)` an element of the drawing, `a` the arguments."""
        code = f"""(a) => {{ const m = document.getElementById("modeler").modeler;
            const e = (id) => m.get("elementRegistry").get(id); return {script}; }}"""
        return self.page.evaluate(code, list(arguments))

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the drawing is on the screen."""
        found = self.asks(
            """(() => { const v = m.get("canvas").viewbox(), r = m.get("canvas").getContainer().getBoundingClientRect();
            return [r.left + (a[0] - v.x) * v.scale, r.top + (a[1] - v.y) * v.scale]; })()""",
            x,
            y,
        )
        return found[0], found[1]

    def middle(self, element: str) -> tuple[float, float]:
        """The middle of a step on the screen."""
        return self.at(*self.asks("[e(a[0]).x + e(a[0]).width / 2, e(a[0]).y + e(a[0]).height / 2]", element))

    def draws(self, tool: str, x: float, y: float) -> None:
        """Take something off the palette and put it down at a point of the drawing."""
        self.page.locator(f'[data-palette] [data-action="{tool}"]').click()
        place = self.at(x, y)
        self.page.mouse.move(place[0] - 40, place[1] - 20)
        self.page.mouse.move(*place, steps=4)
        self.page.mouse.click(*place)

    def drags(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(start[0] + 10, start[1] + 10, steps=3)
        self.page.mouse.move(*end, steps=12)
        self.page.mouse.up()

    def renames(self, element: str, name: str) -> None:
        """Select a step and give it a name in the panel."""
        self.asks("m.get('selection').select(e(a[0]))", element)
        self.name.fill(name)

    def problem(self, words: str) -> Locator:
        return self.rows.filter(has_text=words)

    def badge(self, element: str) -> Locator:
        """The number of problems that stands at an element."""
        return self.page.locator(f'.problem-badge[data-at="{element}"]')

    def deploys(self, note: str = "") -> None:
        self.page.get_by_role("button", name="Ban hành…").click()
        box = self.page.locator("#studio-deploy")
        box.get_by_label("Điểm mới của phiên bản").fill(note)
        box.get_by_role("button", name="Ban hành phiên bản").click()

    def xml(self, process: str) -> bytes:
        """What the server has as the draft."""
        answer = self.page.request.get(f"{self.url}/quy-trinh/{process}/ban-nhap.bpmn")
        assert answer.ok
        return answer.body()


def parts(xml: bytes) -> dict[str, bytes]:
    """Everything of a model that has an id, as canonical text: the drawing and processes as wholes left out."""
    root = etree.fromstring(xml, etree.XMLParser(remove_blank_text=True))
    named = [node for node in root.iter() if node.get("id") and "BPMN/20100524/MODEL" in node.tag]
    whole = ("definitions", "process")
    return {node.get("id"): etree.tostring(node, method="c14n", exclusive=True, with_tail=False)
            for node in named if etree.QName(node).localname not in whole}  # fmt: skip


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A check waits for the analyst to pause, then for the server; on a busy machine that is more than five seconds."""
    expect.set_options(timeout=15_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def studio_at(new_page: Callable[..., Page]) -> Callable[..., Studio]:
    """A function that gives an analyst a browser profile of her own on a server."""

    def at(server: servers.LiveServer, person: str = ANALYST, **options: Any) -> Studio:
        page = new_page(**options)
        enters(page, server, person)
        return Studio(page, server.url)

    return at


def enters(page: Page, server: servers.LiveServer, person: str) -> None:
    token = server.engine.people.log_in(person, demo.PASSWORD, "")
    page.context.add_cookies([{"name": "tk_session", "value": token, "url": server.url}])


@pytest.fixture
def server(server_at: Callable[..., servers.LiveServer]) -> servers.LiveServer:
    return server_at("nhan_nhiem_vu", name="studio")


@contextmanager
def without_server(page: Page, pattern: str, method: str) -> Iterator[None]:
    """Requests of a kind get no answer, as when the network is gone."""

    def gone(route: Route) -> None:
        if route.request.method == method:
            route.abort()
        else:
            route.fallback()

    page.context.route(pattern, gone)
    yield
    page.context.unroute(pattern)


def test_an_analyst_adds_a_step_mends_what_it_breaks_and_deploys_while_a_case_runs(
    server_at: Callable[..., servers.LiveServer],
    office_of: Callable[[servers.LiveServer], offices.Office],
    studio_at: Callable[..., Studio],
) -> None:
    server = server_at("phan_cong", name="deploys")
    office = office_of(server)
    running = office.case_id
    studio = studio_at(server).opens(T1)
    page = studio.page
    expect(studio.saved).to_have_text("Chưa có bản nháp")
    expect(studio.checked).to_contain_text("không có lỗi")
    before = parts(studio.xml(T1))

    # a step off the palette, beside the others: nothing leads to it
    x, y = studio.asks("[e('danh_gia').x + 260, e('danh_gia').y + 32]")
    studio.draws("office-step", x, y)
    expect(page.locator(".djs-direct-editing-content")).to_be_visible()
    page.keyboard.type("Rà soát hồ sơ")
    page.keyboard.press("Enter")
    step = studio.asks("m.get('selection').get()[0].id")
    assert studio.asks("e(a[0]).businessObject.get('zeebe:modelerTemplate')", step) == "trinhky.step"
    wrong = studio.problem("Rà soát hồ sơ").filter(has_text="Lỗi")
    expect(wrong).to_have_count(1)
    expect(studio.badge(step)).to_have_class("problem-badge error")
    studio.deploys()
    expect(page.locator("[data-note]")).to_contain_text("Chưa ban hành")
    expect(page.locator("#studio-deploy")).to_be_hidden()
    expect(page.locator(".problem-words")).to_be_visible()

    # dropped on the flow that leads to the preparation it is part of the way
    x, y = studio.asks(
        "(({ waypoints: w }) => [(w[0].x + w[1].x) / 2, (w[0].y + w[1].y) / 2])(e('f_phan_cong__tach_chuan_bi'))"
    )
    studio.drags(studio.middle(step), studio.at(x, y))
    expect(studio.checked).to_contain_text("không có lỗi")
    expect(wrong).to_have_count(0)
    page.locator(".bio-properties-panel").get_by_label("Giao đích danh").fill("=drafter")
    group = page.locator(".bio-properties-panel-group-header").filter(has_text="Thông tin bước")
    group.click()
    number = page.locator(".bio-properties-panel").get_by_label("Mã bước")
    number.fill("T1.02b")
    number.press("Control+s")  # what was typed a moment ago is saved
    expect(studio.saved).to_have_text(SAVED)
    assert b'value="T1.02b"' in studio.xml(T1)

    studio.deploys("Thêm bước rà soát")
    done = page.locator("#studio-deploy [data-done]")
    expect(done).to_contain_text("Phiên bản 2 đã có hiệu lực")
    assert done.get_by_role("link").get_attribute("href") == f"/quy-trinh/{T1}"
    page.keyboard.press("Escape")
    studio.renames(step, "Rà soát hồ sơ lần nữa")  # what comes after is the draft of version 3
    expect(studio.saved).to_have_text(SAVED)
    assert "lần nữa".encode() in studio.xml(T1)

    # everything that was not touched is as it was
    after = parts(server.engine.queries.model(ANALYST, T1, 2))
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    rest = changed - {step, "phan_cong", "tach_chuan_bi", "drafter", "lan_chi_thi_khcn"}
    assert rest <= {key for key in {*before, *after} if b"<bpmn:sequenceFlow" in (before.get(key) or after[key])}
    assert len(rest) == 2  # the flow that was cut, and its other half

    with server.engine.statements().begin() as connection:
        first = connection.execute(sa.select(focus_tasks).where(focus_tasks.c.code == "T1")).one()
        values = {"process_id": T1, "lead_unit": first.lead_unit}
        connection.execute(sa.update(focus_tasks).where(focus_tasks.c.code == "T2").values(values))
    office.does(HEAD, "phan_cong", demo.ANSWERS["phan_cong"])
    assert set(office.waits()) == {"danh_gia", "nghien_cuu", "thu_thap"}
    assert office.opens(SECRETARY, "T2") != running
    office.does(HEAD, "phan_cong", demo.ANSWERS["phan_cong"])
    assert office.waits() == {step: [demo.DRAFTER]}


def test_ten_faults_show_at_their_elements_and_a_run_can_be_played(
    server: servers.LiveServer, studio_at: Callable[..., Studio]
) -> None:
    studio = studio_at(server)
    page = studio.page
    page.goto(f"{server.url}/quy-trinh")
    page.wait_for_selector(visitors.READY, state="attached")
    with page.expect_navigation(url="**/sua"):
        page.locator("#f-model").set_input_files(TEN_FAULTS)
    studio.ready()
    planted = studio.asks(
        "m.get('elementRegistry').filter((one) => one.id.startsWith('loi_') && !one.labelTarget).map((one) => one.id)"
    )
    assert len(planted) == 10
    errors = page.locator("[data-problems] > .error")
    expect(errors).to_have_count(10)
    expect(studio.checked).to_contain_text("còn 10 lỗi")
    for element in planted:
        expect(studio.badge(element)).to_have_class("problem-badge error")
    assert len({row.inner_text() for row in errors.all()}) == 10

    # a click on a problem goes to its element and says it there
    chosen = studio.problem("buoc_khong_co")
    chosen.locator(".go").click()
    assert studio.asks("m.get('selection').get().map((one) => one.id)") == ["loi_tra_ve"]
    expect(page.locator(".problem-words")).to_have_text(chosen.locator(".what").inner_text())
    # and a badge finds its problem in the list
    studio.asks("m.get('canvas').scrollToElement('loi_vai_tro')")
    studio.badge("loi_vai_tro").click()
    expect(page.locator("[data-problems] > .picked")).to_contain_text("to_trang_tri")

    # the shortest way into the deadlock, act by act
    page.locator("[data-problems] > .error").filter(has=page.locator("[data-play]:visible")).locator(
        "[data-play]"
    ).click()
    player = page.locator("[data-player]")
    expect(player.locator("[data-run-at]")).to_contain_text("Bước 1 trên")
    said = [player.locator("[data-run-words]").inner_text()]
    while player.locator("[data-act=next]").get_attribute("aria-disabled") != "true":
        page.keyboard.press("ArrowRight")
        said.append(player.locator("[data-run-words]").inner_text())
    assert len(said) > 4 and all(said)
    assert studio.asks("m.get('canvas').hasMarker('loi_cho', 'run-fault')")
    # only what was walked is coloured, not the paper with everything on it
    assert studio.asks("m.get('canvas').hasMarker('loi_vai_tro', 'run-done')")
    assert not studio.asks("m.get('canvas').hasMarker(m.get('canvas').getRootElement(), 'run-done')")
    player.get_by_role("button", name="Bước trước").click()
    assert not studio.asks("m.get('canvas').hasMarker('loi_cho', 'run-fault')")
    page.keyboard.press("Escape")
    expect(player).to_be_hidden()
    assert page.locator(".bjs-powered-by").is_visible()


def test_the_second_of_two_analysts_chooses_what_to_keep(
    server: servers.LiveServer, studio_at: Callable[..., Studio]
) -> None:
    process = "ca_internal_consultation"
    one, other = studio_at(server).opens(process), studio_at(server).opens(process)
    one.renames("gop_y_noi_bo", "Góp ý của người thứ nhất")
    expect(one.saved).to_have_text(SAVED)
    other.renames("gop_y_noi_bo", "Góp ý của người thứ hai")
    box = other.page.locator("#studio-conflict")
    expect(box).to_be_visible()
    expect(box).to_contain_text("Chuyên viên phân tích quy trình")
    expect(box.locator("[data-differences]")).to_contain_text("“Góp ý của người thứ nhất” → “Góp ý của người thứ hai”")
    with other.page.expect_download() as kept:
        box.get_by_role("button", name="Tải bản này về").click()
    assert "người thứ hai" in Path(kept.value.path()).read_text("utf-8")
    box.get_by_role("button", name="Mở bản của họ").click()
    expect(box).to_be_hidden()
    assert other.asks("e('gop_y_noi_bo').businessObject.name") == "Góp ý của người thứ nhất"

    # now the other way round: the first insists
    other.renames("gop_y_noi_bo", "Góp ý lần ba")
    expect(other.saved).to_have_text(SAVED)
    one.renames("gop_y_noi_bo", "Góp ý lần bốn")
    box = one.page.locator("#studio-conflict")
    expect(box.locator("[data-differences]")).to_contain_text("“Góp ý lần ba” → “Góp ý lần bốn”")
    box.get_by_role("button", name="Giữ bản này, lưu đè").click()
    expect(one.saved).to_have_text(SAVED)
    assert "Góp ý lần bốn" in one.xml(process).decode()


def test_a_closed_tab_and_a_silent_server_lose_nothing(
    server: servers.LiveServer, studio_at: Callable[..., Studio]
) -> None:
    process = "ca_sign_and_issue"
    studio = studio_at(server).opens(process)
    page = studio.page
    step = studio.asks("m.get('elementRegistry').find((one) => one.type === 'bpmn:UserTask').id")
    with without_server(page, "**/ban-nhap.bpmn*", "PUT"):
        studio.renames(step, "Tên chỉ có trong trình duyệt")
        expect(studio.saved).to_contain_text("đã giữ trong trình duyệt này")
        context = page.context
        # A tab that is closed saves at the last moment; one that crashes cannot.
        page.evaluate("void (window.fetch = () => new Promise(() => {}))")
        page.close(run_before_unload=False)
    assert (
        "Tên chỉ có trong trình duyệt"
        not in context.request.get(f"{server.url}/quy-trinh/{process}/ban-nhap.bpmn").text()
    )

    again = Studio(context.new_page(), server.url).opens(process)
    offer = again.page.locator("[data-recovery]")
    expect(offer).to_contain_text("chưa lưu")
    assert again.asks("e(a[0]).businessObject.name", step) != "Tên chỉ có trong trình duyệt"
    offer.get_by_role("button", name="Khôi phục thay đổi").click()
    expect(again.saved).to_have_text(SAVED)
    assert "Tên chỉ có trong trình duyệt" in again.xml(process).decode()
    again.opens(process)
    expect(again.page.locator("[data-recovery]")).to_be_hidden()

    # leaving with changes asks; the same page saves by itself once the server answers
    with without_server(again.page, "**/ban-nhap.bpmn*", "PUT"):
        again.renames(step, "Tên thứ hai")
        expect(again.saved).to_contain_text("đang thử lại")
        asked: list[str] = []

        def stay(dialog: Any) -> None:
            asked.append(dialog.type)
            dialog.dismiss()

        again.page.once("dialog", stay)
        again.page.locator(".studio .back").click()
        again.page.wait_for_timeout(200)
        assert asked == ["beforeunload"]
    again.page.keyboard.press("Control+s")
    expect(again.saved).to_have_text(SAVED)
    assert "Tên thứ hai" in again.xml(process).decode()

    # the session ends, another one begins in a second tab: the page goes on
    again.page.context.clear_cookies()
    again.renames(step, "Tên thứ ba")
    expect(again.saved).to_contain_text("phiên đã hết")
    enters(again.page, server, ANALYST)
    again.page.keyboard.press("Control+s")
    expect(again.saved).to_have_text(SAVED)
    assert "Tên thứ ba" in again.xml(process).decode()


def test_a_copy_that_was_left_behind_stays_until_it_is_decided_on(
    server: servers.LiveServer, studio_at: Callable[..., Studio]
) -> None:
    process = "ca_sign_and_issue"
    studio = studio_at(server).opens(process)
    context = studio.page.context
    step = studio.asks("m.get('elementRegistry').find((one) => one.type === 'bpmn:UserTask').id")
    with without_server(studio.page, "**/ban-nhap.bpmn*", "PUT"):
        studio.renames(step, "Tên còn trong trình duyệt")
        expect(studio.saved).to_contain_text("đã giữ trong trình duyệt này")
        # a second tab of the same analyst is not offered what the first one still holds
        beside = Studio(context.new_page(), server.url).opens(process)
        expect(beside.page.locator("[data-recovery]")).to_be_hidden()
        beside.page.close()
        studio.page.evaluate("void (window.fetch = () => new Promise(() => {}))")
        studio.page.close(run_before_unload=False)

    again = Studio(context.new_page(), server.url).opens(process)
    offer = again.page.locator("[data-recovery]")
    expect(offer).to_be_visible()
    # who goes on drawing at once, and saves, has not decided yet
    again.renames(step, "Tên vẽ tiếp")
    expect(again.saved).to_have_text(SAVED)
    again.opens(process)
    expect(offer).to_be_visible()
    again.renames(step, "Tên vẽ tiếp nữa")
    offer.get_by_role("button", name="Khôi phục thay đổi").click()
    box = again.page.locator("#studio-conflict")
    box.get_by_role("button", name="Giữ bản này, lưu đè").click()
    expect(again.saved).to_have_text(SAVED)
    assert "Tên còn trong trình duyệt" in again.xml(process).decode()
    kept = [r.number for r in server.engine.queries.process(ANALYST, process).revisions]
    bodies = [server.engine.queries.revision(ANALYST, process, number).decode() for number in kept]
    assert any("Tên vẽ tiếp nữa" in body for body in bodies)
    again.opens(process)
    expect(offer).to_be_hidden()


def test_a_step_of_another_houses_template_leaves_the_panel_alive(
    server: servers.LiveServer, studio_at: Callable[..., Studio]
) -> None:
    process = "ca_internal_consultation"
    xml = server.engine.queries.model(ANALYST, process)
    foreign = xml.replace(
        b'<bpmn:userTask id="gop_y_noi_bo"', b'<bpmn:userTask zeebe:modelerTemplate="elsewhere" id="gop_y_noi_bo"'
    )
    assert foreign != xml
    server.engine.models.save_draft(ANALYST, process, foreign, server.engine.queries.draft(ANALYST, process).number)
    studio = studio_at(server)
    failed: list[str] = []
    studio.page.on("pageerror", lambda error: failed.append(str(error)))
    studio.opens(process)
    for element in ("gop_y_noi_bo", "mo_dot_xin_y_kien", "gop_y_noi_bo"):
        studio.asks("m.get('selection').select(e(a[0]))", element)
        expect(studio.name).to_have_value(studio.asks("e(a[0]).businessObject.name", element))
    assert failed == []


def test_checks_are_asked_one_after_the_other_and_the_last_one_counts(
    server: servers.LiveServer, studio_at: Callable[..., Studio]
) -> None:
    studio = studio_at(server)
    held: list[Route] = []
    studio.opens("ca_sign_and_issue")
    expect(studio.checked).to_contain_text("Đã xét")
    studio.page.context.route("**/kiem-tra", lambda route: held.append(route))
    step = studio.asks("m.get('elementRegistry').find((one) => one.type === 'bpmn:UserTask').id")
    check = studio.page.get_by_role("button", name="Kiểm tra", exact=True)
    check.click()
    studio.page.wait_for_timeout(100)
    studio.asks("void m.get('modeling').updateProperties(e(a[0]), { name: 'Tên sau cùng' })", step)
    check.click()
    studio.page.wait_for_timeout(100)
    assert len(held) == 1
    held[0].fulfill(json={"problems": [], "states": 0, "complete": False})
    studio.page.wait_for_timeout(300)
    assert len(held) == 2 and "Tên sau cùng" in (held[1].request.post_data or "")
    expect(studio.checked).to_have_text("Đang kiểm tra…")
    held[1].fulfill(json={"problems": [], "states": 0, "complete": False})
    expect(studio.checked).to_have_text("Chưa xét các lượt chạy, không thấy lỗi")


def test_looking_at_t1_changes_nothing_and_its_gates_are_recognised(
    server: servers.LiveServer, studio_at: Callable[..., Studio]
) -> None:
    studio = studio_at(server)
    sent: list[str] = []
    studio.page.on("request", lambda request: sent.append(request.method) if request.method == "PUT" else None)
    studio.opens(T1)
    panel = studio.page.locator(".bio-properties-panel")
    known = {
        "ky_trinh": "Cổng ký duyệt",
        "kiem_tra_ho_so": "Cổng thẩm tra hồ sơ",
        "hoi_dong_gop_y": "Xin ý kiến Hội đồng",
    }
    for element, template in known.items():
        studio.asks("m.get('selection').select(e(a[0]))", element)
        expect(panel.locator(".bio-properties-panel-header-type")).to_have_text(template)
        expect(panel.locator(".bio-properties-panel-templates-group")).to_contain_text(template)
    studio.asks("m.get('selection').select(e('ky_trinh'))")
    assert panel.get_by_label("Ai ký").input_value() == "dept_director"
    assert panel.get_by_label("Trả về bước").input_value() == "hoan_thien_du_thao_2"
    # far to the right the names of the lanes are still in sight
    strip = studio.page.locator(".lanes")
    expect(strip).to_be_hidden()
    studio.asks("m.get('canvas').scroll({ dx: -600, dy: -500 })")
    expect(strip.get_by_text("Giám đốc Sở")).to_be_in_viewport()
    studio.page.locator("[data-do=check]").click()
    expect(studio.checked).to_contain_text("không có lỗi")
    studio.page.get_by_role("button", name="Lưu", exact=True).click()
    assert sent == []
    drawn = studio.page.evaluate("document.getElementById('modeler').modeler.saveXML()")["xml"]
    assert parts(drawn.encode()) == parts(studio.xml(T1))


def test_every_template_put_down_makes_what_it_promises(
    server: servers.LiveServer, studio_at: Callable[..., Studio]
) -> None:
    studio = studio_at(server)
    with without_server(studio.page, "**/ban-nhap.bpmn*", "PUT"):
        studio.opens("ca_internal_consultation")
        made = studio.asks(
            """(() => {
            const modeling = m.get("modeling"), templates = m.get("elementTemplates");
            const host = e("gop_y_noi_bo"), pool = e("be_ca_internal_consultation");
            return templates.getLatest().map((template, number) => {
              const shape = templates.createElement(template);
              const edge = shape.type === "bpmn:BoundaryEvent";
              const at = edge ? { x: host.x, y: host.y } : { x: pool.x + 200 + 120 * number, y: pool.y + 60 };
              const put = modeling.createShape(shape, at, edge ? host : pool, edge ? { attach: true } : {});
              return [template.id, put.id];
            }); })()"""
        )
        drawn = studio.page.evaluate("document.getElementById('modeler').modeler.saveXML()")["xml"]
        # one that has to be put down by hand can be chosen by keys all the same
        studio.asks("m.get('selection').select(e('mo_dot_xin_y_kien'))")
        studio.page.locator("[data-canvas] svg").first.focus()
        studio.page.keyboard.press("a")
        studio.page.keyboard.type("Hết hạn góp ý")
        studio.page.keyboard.press("Enter")
        expect(studio.page.locator(".djs-popup")).to_have_count(0)
        assert studio.asks("Boolean(m.get('dragging').context())")
        studio.page.keyboard.press("Escape")
    definition = bpmn.compile(drawn.encode(), strict=False)
    known = {template["id"]: template for template in json.loads(TEMPLATES.read_text("utf-8"))}
    assert {template for template, _ in made} == set(known)
    for template, element in made:
        read = definition.elements[element]
        assert [problem for problem in definition.problems if problem.element == element] == []
        for field in known[template]["properties"]:
            if field["binding"]["type"] == "zeebe:property" and field.get("value"):
                assert read.properties[field["binding"]["name"]] == field["value"]
        assert (read.loop is not None) == template.startswith("trinhky.consultation.")


def test_the_panel_and_the_menus_speak_vietnamese(server: servers.LiveServer, studio_at: Callable[..., Studio]) -> None:
    studio = studio_at(server).opens(T1)
    page = studio.page
    same = {"Tin", "Song song", "Lan", "Xong", "Rẽ", "fx", "BPMN"}  # Vietnamese without marks, or no language's
    english = set()
    for element in ("ky_trinh", "hoi_dong_gop_y", "het_han_hoi_dong", "ket_qua_duyet", "y_kien_noi_bo", "dinh_tuyen"):
        studio.asks("m.get('selection').select(e(a[0]))", element)
        expect(page.locator(".bio-properties-panel-header")).to_be_visible()
        said = page.evaluate(
            """() => [...document.querySelectorAll(`.bio-properties-panel-group-header-title,
            .bio-properties-panel-label, .bio-properties-panel-header-type, .bio-properties-panel [title]`)]
            .map((one) => one.title || one.innerText)"""
        )
        assert len(said) > 8
        english |= {text.strip() for text in said if text.strip().isascii()} - same
    assert {text for text in english if re.search(r"[a-z]{3} [a-z]", text)} == set()
    for menu in ("append", "replace"):
        studio.asks("m.get('selection').select(e('phan_cong'))")
        page.locator(f'.djs-context-pad [data-action="{menu}"]').click()
        entries = page.locator(".djs-popup .djs-popup-label, .djs-popup .djs-popup-entry-description")
        expect(entries.first).to_be_visible()
        texts = {text.strip() for text in entries.all_inner_texts()} - {""}
        assert len(texts) > 5
        assert {text for text in texts if text.isascii()} <= same
        page.keyboard.press("Escape")


def test_the_studio_keeps_to_itself_is_accessible_and_a_phone_looks_only(
    server: servers.LiveServer, studio_at: Callable[..., Studio]
) -> None:
    studio = studio_at(server)
    page = studio.page
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("request", lambda request: asked.append(request.url))
    studio.opens(T1)
    studio.asks("m.get('selection').select(e('ky_trinh'))")
    page.keyboard.press("?")
    expect(page.locator("#studio-keys")).to_be_visible()
    page.keyboard.press("Escape")
    assert said == []
    assert [url for url in asked if not url.startswith((server.url, "data:", "blob:"))] == []
    assert barriers(page) == []
    # the palette is worked by keys
    page.locator("[data-palette] .entry").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.action") == "lasso-tool"

    small = studio_at(server, viewport={"width": 390, "height": 844}).opens(T1)
    expect(small.page.locator(".only-small")).to_be_visible()
    expect(small.page.locator("[data-palette]")).to_be_hidden()
    assert small.asks("m.get('modeling', false)") is None
    assert small.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert barriers(small.page) == []


def barriers(page: Page) -> list[Any]:
    """What axe finds outside the third party's canvas, context pad and panel insides."""
    page.evaluate(AXE.read_text("utf-8"))
    found: list[Any] = page.evaluate(
        """async () => (await axe.run({ exclude: [[".djs-container"], [".bio-properties-panel"]] },
        { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }))
        .violations.map((v) => [v.id, v.nodes.map((n) => n.html)])"""
    )
    return found


def test_nobody_but_analysts_gets_the_editor_and_other_pages_do_not_load_it(
    server: servers.LiveServer, studio_at: Callable[..., Studio]
) -> None:
    page = studio_at(server, HEAD).page
    answer = page.goto(f"{server.url}/quy-trinh/{T1}/sua")
    assert answer is not None and answer.status == 403
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(f"{server.url}/quy-trinh/{T1}")
    page.wait_for_selector(visitors.READY, state="attached")
    assert not [url for url in loaded if "studio" in url]
