"""Fixtures of the web tests: the application on a store of its own, and people who use it without a browser.

`site`   a function that gives the application where T1 has come to a stop of `offices.STOPS`: site("chuan_bi")
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import offices
import stores
import webui
from webui import demo


@dataclass
class Person:
    """Somebody with a browser that keeps cookies and sends forms as they stand on the page."""

    client: FlaskClient
    office: offices.Office
    name: str

    def sees(self, path: str, **options: Any) -> "Shown":
        """A page of the site."""
        return Shown(self.client.get(path, buffered=True, **options))

    def task(self, element: str) -> str:
        """The address of a task of the case on this person's list."""
        return f"/viec/{self.office.task(self.name, element).id}"

    def sends(self, page: "Shown", action: str, data: Mapping[str, Any] | None = None, **options: Any) -> "Shown":
        """Post to `action` with the hidden fields of its form on the page, and what was typed."""
        return Shown(self.client.post(action, data={**page.hidden(action), **(data or {})}, buffered=True, **options))


@dataclass
class Shown:
    """An answer of the site, as a reader sees it."""

    answer: TestResponse

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def source(self) -> str:
        return self.answer.get_data(as_text=True)

    @property
    def text(self) -> str:
        """The words of the page, one space between them."""
        body = re.sub(r"<(style|script|title)\b.*?</\1>", " ", self.source, flags=re.S)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())

    @property
    def to(self) -> str:
        """Where the answer sends the browser."""
        return str(self.answer.headers.get("Location", ""))

    def hidden(self, action: str) -> dict[str, str]:
        """The hidden fields of the form that can be sent to `action`; of one that cannot, only the token."""
        forms = re.findall(r"<form\b.*?</form>", self.source, re.S)
        mine = next((form for form in forms if f'action="{action}"' in form), None)
        fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', mine or self.source)
        return {name: html.unescape(value) for name, value in fields if mine or name == "csrf_token"}

    def ids(self) -> set[str]:
        """The ids on the page."""
        return set(re.findall(r'\bid="([^"]+)"', self.source))

    def links(self) -> list[str]:
        """Where the links of the page lead."""
        return [html.unescape(href) for href in re.findall(r'<a[^>]*\bhref="([^"]+)"', self.source)]


@dataclass
class Site:
    """The application and the office behind it."""

    app: Flask
    office: offices.Office

    def limit_uploads(self, size: int) -> None:
        """Start the application anew with a smaller limit for files, on the same store."""
        url = self.office.engine.settings.database_url
        self.office.engine.close()
        self.office.engine = offices.open_engine(url, upload_limit=size)
        self.app = webui.create_app(engine=self.office.engine)

    def anybody(self) -> Person:
        """Somebody who has not logged in."""
        return Person(self.app.test_client(), self.office, "")

    def person(self, name: str, password: str = demo.PASSWORD) -> Person:
        """Somebody who has just logged in."""
        one = Person(self.app.test_client(), self.office, name)
        answer = one.sends(one.sees("/dang-nhap"), "/dang-nhap", {"login": name, "password": password})
        assert answer.status == 303, answer.text
        return one


@pytest.fixture
def site(all_stores: stores.Stores) -> Iterator[Callable[..., Site]]:
    opened: list[Site] = []

    def at(stop: str = "chuan_bi", **settings: Any) -> Site:
        office = offices.office_at(all_stores, "sqlite", stop, **settings)
        opened.append(Site(webui.create_app(engine=office.engine), office))
        return opened[-1]

    yield at
    for one in opened:
        one.office.engine.close()
        all_stores.drop(one.office.engine.settings.database_url)
