"""People in front of a browser: they log in, find a task by its name, fill in, upload, press buttons by their words.

What they see and press is Vietnamese, as on the page. A press that leads to another page waits for that page; nothing
here sleeps. Not here: what is expected of a page (the tests), and acts that need no browser (`webui.demo.Office`).
"""

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Locator, Page, expect

from webui import demo

READY = "html[data-ready]"


class Visitor:
    """One person at a time in one browser profile; `page` is Playwright's."""

    def __init__(self, page: Page, url: str, scripts: bool = True) -> None:
        self.page = page
        self.url = url
        self.scripts = scripts  # whether the profile runs them

    # --- going about ---------------------------------------------------------------------------------------------

    def goes(self, path: str) -> int:
        """Open an address and wait until the page is alive; returns the HTTP status."""
        answer = self.page.goto(self.url + path)
        self._alive()
        return answer.status if answer else 0

    def logs_in(self, person: str, password: str = demo.PASSWORD) -> "Visitor":
        """Log in with name and password through the form; somebody else who is still logged in logs out before."""
        if self.page.locator("header.top nav").count():
            self.logs_out()
        if not self.page.url.startswith(f"{self.url}/dang-nhap"):
            self.goes("/dang-nhap")
        self.page.get_by_label("Tên đăng nhập").fill(person)
        self.page.get_by_label("Mật khẩu", exact=True).fill(password)
        self.presses("Đăng nhập")
        return self

    def logs_out(self) -> None:
        """Log out through the account menu."""
        self.page.locator("details.menu > summary:visible").click()
        self.presses("Đăng xuất")

    def opens(self, task: str) -> Locator:
        """Open a task of the list *Việc của tôi* by its name; returns the part of the page that shows it."""
        if self.page.url.partition("?")[0] != f"{self.url}/viec":
            self.goes("/viec")
        row = self.page.locator(".row > a").filter(has_text=task).first
        desk = row.get_attribute("hx-get") is None
        if desk or not self.scripts or self.on_phone:
            with self.page.expect_navigation():
                row.click()
            self._alive()
        else:
            # The pane may show this very task already: what is there now must have gone.
            self.page.evaluate("document.querySelector('#detail').firstElementChild.dataset.before = ''")
            row.click()
            self.page.wait_for_selector("#detail > :not([data-before])")
            expect(self.page.locator("#detail > [data-before]")).to_have_count(0)
        shown = self.page.locator(".gate" if desk else "#detail")
        expect(shown.get_by_role("heading", level=1)).to_have_text(task)
        return shown

    @property
    def on_phone(self) -> bool:
        size = self.page.viewport_size
        return size is not None and size["width"] < 700

    # --- doing ---------------------------------------------------------------------------------------------------

    def presses(self, button: str, exact: bool = True) -> int:
        """Press a button by its words and wait for the page that follows; returns its HTTP status."""
        with self.page.expect_navigation() as going:
            self.button(button, exact).click()
        self._alive()
        answer = going.value
        return answer.status if answer else 0

    def button(self, name: str, exact: bool = True) -> Locator:
        """The visible button of that name."""
        return self.page.get_by_role("button", name=name, exact=exact)

    def follows(self, link: str) -> None:
        """Follow a link by its words to another page."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=link).first.click()
        self._alive()

    def fills(self, answers: Mapping[str, Any]) -> None:
        """Fill in fields of a form: text, choice, date, tick, list of ticks."""
        for key, value in answers.items():
            field = self.page.locator(f'[name="{key}"]')
            kind = field.first.evaluate("field => field.type")
            if kind in ("radio", "checkbox"):
                values = value if isinstance(value, list) else ["true" if value is True else value]
                for one in field.all():
                    wanted = one.get_attribute("value") in values
                    if one.is_checked() != wanted:
                        one.set_checked(wanted)
            elif kind == "select-one":
                field.select_option(value)
            else:
                field.fill(str(value))

    def uploads(self, artefact: str | None = None, text: str = demo.DRAFT) -> None:
        """Upload a Word file for a document of the open task, or for each that the task makes."""
        inputs = self.page.locator(".drop input[type=file]")
        names = [one.get_attribute("name") or "" for one in inputs.all()]
        for name in names if artefact is None else [f"file:{artefact}"]:
            slug = name.removeprefix("file:")
            body = demo.word(slug, text.split("\n"))
            self.sends_file(slug, f"{slug}.docx", demo.WORD, body)
            expect(self.toast).to_have_text("Đã lưu bản mới.")

    def sends_file(self, artefact: str, filename: str, media_type: str, body: bytes) -> int:
        """Choose a file for a document and send it; returns the HTTP status of the page that follows."""
        field = self.page.locator(f'[name="file:{artefact}"]')
        file = {"name": filename, "mimeType": media_type, "buffer": body}
        with self.page.expect_navigation() as going:
            field.set_input_files([file])  # type: ignore[list-item]
            if not self.scripts:
                self.page.locator(f'button[name=upload][value="{artefact}"]').click()
        self._alive()
        answer = going.value
        return answer.status if answer else 0

    def does(self, task: str, answers: Mapping[str, Any] | None = None) -> None:
        """Open a task of the list, upload what it makes, fill in its form and complete it."""
        self.opens(task)
        self.uploads()
        self.fills(answers or {})
        self.presses("Hoàn thành")
        expect(self.toast).to_contain_text(task)

    def decides(self, task: str, outcome: str, button: str, reason: str = "", password: str = "") -> None:
        """Open a gate of the list and decide it: choose the outcome, write the reason, sign, press the button."""
        self.opens(task)
        self.chooses(outcome, reason, password)
        self.presses(button)
        expect(self.toast).to_contain_text(task)

    def chooses(self, outcome: str, reason: str = "", password: str = "") -> None:
        """Choose a decision on the open desk, with reason and password."""
        self.page.locator(f'input[name=outcome][value="{outcome}"]').check()
        if reason:
            self.page.locator("[name=reason]").fill(reason)
        if password:
            self.page.locator("[name=password]").fill(password)

    # --- seeing --------------------------------------------------------------------------------------------------

    @property
    def toast(self) -> Locator:
        """What the page says about what was just done."""
        return self.page.locator(".toast > div")

    @property
    def summary(self) -> Locator:
        """The summary of problems on top of a form."""
        return self.page.locator(".summary")

    @property
    def title(self) -> Locator:
        """The page's first heading."""
        return self.page.get_by_role("heading", level=1)

    def listed(self) -> list[str]:
        """The tasks on the list that stands on the page."""
        return [" ".join(text.split()) for text in self.page.locator(".row .title").all_inner_texts()]

    def _alive(self) -> None:
        if self.scripts:
            self.page.wait_for_selector(READY, state="attached")
