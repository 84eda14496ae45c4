"""Log-in, log-out, and what is shown to whom without one."""

from collections.abc import Callable
from typing import Any

import pytest


def test_log_in_leads_to_the_list_of_tasks(site: Callable[..., Any]) -> None:
    nobody = site().anybody()
    answer = nobody.sends(nobody.sees("/dang-nhap"), "/dang-nhap", {"login": "cv.qlkh.1", "password": "trinhky-demo"})
    assert (answer.status, answer.to) == (303, "/viec")
    cookie = next(c for c in answer.answer.headers.getlist("Set-Cookie") if c.startswith("tk_session="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert "Cần làm" in nobody.sees("/viec").text


def test_a_wrong_password_says_so_and_opens_nothing(site: Callable[..., Any]) -> None:
    nobody = site().anybody()
    answer = nobody.sends(nobody.sees("/dang-nhap"), "/dang-nhap", {"login": "cv.qlkh.1", "password": "sai"})
    assert answer.status == 403
    assert "Chưa đăng nhập được" in answer.text
    assert 'value="cv.qlkh.1"' in answer.source and "sai" not in answer.source
    assert nobody.sees("/viec").status == 303


def test_after_too_many_failures_the_page_tells_how_long_to_wait(site: Callable[..., Any]) -> None:
    nobody = site(login_failures=2).anybody()
    wrong = {"login": "cv.qlkh.1", "password": "sai"}
    for _ in range(2):
        nobody.sends(nobody.sees("/dang-nhap"), "/dang-nhap", wrong)
    answer = nobody.sends(nobody.sees("/dang-nhap"), "/dang-nhap", {**wrong, "password": "trinhky-demo"})
    assert answer.status == 429
    assert int(answer.answer.headers["Retry-After"]) > 0
    assert "Thử lại sau 15 phút" in answer.text


def test_log_out_ends_the_session_on_the_server(site: Callable[..., Any]) -> None:
    person = site().person("cv.qlkh.1")
    kept = person.client.get_cookie("tk_session").value
    assert person.sends(person.sees("/viec"), "/dang-xuat").to == "/dang-nhap"
    person.client.set_cookie("tk_session", kept)
    assert person.sees("/viec").status == 303


def test_every_page_but_log_in_and_health_asks_for_a_log_in(site: Callable[..., Any]) -> None:
    here = site()
    nobody = here.anybody()
    rules = [rule for rule in here.app.url_map.iter_rules() if "GET" in rule.methods]
    asked = {}
    for rule in rules:
        path = rule.rule
        for argument in rule.arguments:
            path = path.replace(f"<{argument}>", "x").replace(f"<path:{argument}>", "x")
        asked[rule.endpoint] = nobody.sees(path)
    # What scripts ask for is refused without sending them anywhere.
    open_pages = {
        name for name, answer in asked.items() if not answer.to.startswith("/dang-nhap") and answer.status != 401
    }
    assert open_pages == {"static", "health", "auth.log_in"}


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/ho-so", "/ho-so"),
        ("https://elsewhere.example/", "/viec"),
        ("//elsewhere.example/", "/viec"),
        ("/\\elsewhere.example", "/viec"),
        ("javascript:alert(1)", "/viec"),
    ],
)
def test_log_in_leads_on_only_within_the_site(site: Callable[..., Any], wanted: str, led_to: str) -> None:
    nobody = site().anybody()
    page = nobody.sees("/dang-nhap", query_string={"tiep": wanted})
    given = {"login": "cv.qlkh.1", "password": "trinhky-demo", "tiep": wanted}
    assert nobody.sends(page, "/dang-nhap", given).to == led_to


def test_the_page_that_asked_for_a_log_in_is_shown_after_it(site: Callable[..., Any]) -> None:
    nobody = site().anybody()
    sent_away = nobody.sees("/ho-so?loc=dang-chay")
    assert sent_away.to.startswith("/dang-nhap?tiep=")
    page = nobody.sees(sent_away.to)
    answer = nobody.sends(page, "/dang-nhap", {"login": "cv.qlkh.1", "password": "trinhky-demo"})
    assert answer.to == "/ho-so?loc=dang-chay"


def test_an_ended_session_is_told_apart_from_a_first_visit(site: Callable[..., Any]) -> None:
    person = site().person("cv.qlkh.1")
    person.client.set_cookie("tk_session", "unknown")
    assert "Phiên làm việc đã hết" in person.sees(person.sees("/viec").to).text
    assert "Phiên làm việc đã hết" not in site().anybody().sees("/dang-nhap").text


def test_health_answers_without_a_session_or_a_store(site: Callable[..., Any]) -> None:
    answer = site().anybody().sees("/suc-khoe")
    assert (answer.status, answer.source) == (200, "ok")
