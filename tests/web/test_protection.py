"""Forged forms, foreign scripts, files that pose as pages, weight."""

import gzip
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import webui
from webui.assets import STATIC

WEIGHT = 120_000


@pytest.mark.parametrize("path", ["/dang-nhap", "/viec", "/ho-so", "/thong-bao", "/khong-co"])
def test_every_answer_carries_the_protecting_headers(site: Callable[..., Any], path: str) -> None:
    headers = site().person("cv.qlkh.1").sees(path).answer.headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; ")
    assert "frame-ancestors 'none'" in policy and "script-src" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "private, no-store"


def test_no_template_has_an_inline_script_or_handler_or_trusts_text() -> None:
    templates = list((Path(webui.__file__).parent / "templates").rglob("*.html"))
    assert len(templates) > 20
    for template in templates:
        source = template.read_text("utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)", source), template
        assert not re.search(r"\son[a-z]+\s*=|hx-on|javascript:", source), template
        assert "|safe" not in source.replace(" ", "") and "autoescape" not in source, template


def test_a_post_without_token_is_refused_and_changes_nothing(site: Callable[..., Any]) -> None:
    head = site("phan_cong").person("tp.qlkh")
    task = head.task("phan_cong")
    answer = head.client.post(f"{task}/hoan-thanh", data={"seen_version": "0"})
    assert answer.status_code == 403
    assert head.task("phan_cong") == task


def test_a_token_of_another_session_is_refused(site: Callable[..., Any]) -> None:
    here = site("phan_cong")
    head, other = here.person("tp.qlkh"), here.person("tp.qlkh")
    answer = head.sends(other.sees("/viec"), "/dang-xuat")
    assert answer.status == 403
    assert head.sees("/viec").status == 200


@pytest.mark.parametrize("header", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}])
def test_a_post_from_another_site_is_refused_even_with_a_token(
    site: Callable[..., Any], header: dict[str, str]
) -> None:
    person = site().person("cv.qlkh.1")
    assert person.sends(person.sees("/viec"), "/dang-xuat", headers=header).status == 403
    assert person.sees("/viec").status == 200


def test_two_tokens_of_one_session_differ_so_that_compression_tells_nothing(site: Callable[..., Any]) -> None:
    person = site().person("cv.qlkh.1")
    first, second = (person.sees("/viec").hidden("/dang-xuat")["csrf_token"] for _ in range(2))
    assert first != second


def test_an_uploaded_page_is_sent_as_a_download_that_cannot_run(site: Callable[..., Any]) -> None:
    here = site("chuan_bi")
    here.office.until("xay_dung_du_thao")
    drafter = here.person("cv.qlkh.1")
    task = drafter.task("xay_dung_du_thao")
    file = {"file:du_thao": (io.BytesIO(b"<script>alert(1)</script>"), "trang.txt"), "upload": "du_thao"}
    page = drafter.sees(task)
    assert drafter.sends(page, f"{task}/tai-len", file, content_type="multipart/form-data").status == 303
    link = next(link for link in drafter.sees(task).links() if link.startswith("/tep/"))
    for address in (link, f"{link}?xem=1"):
        answer = drafter.sees(address).answer
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.mimetype == "text/plain"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_file_of_a_case_that_may_not_be_seen_is_not_there(site: Callable[..., Any]) -> None:
    here = site("duyet_du_thao")
    version = next(d.versions[0] for d in here.office.case().documents if d.versions)
    assert here.person("tp.qlkh").sees(f"/tep/{version.id}").status == 200
    assert here.person("hd.khcn.1").sees(f"/tep/{version.id}").status == 404


def test_the_inbox_weighs_less_than_it_may(site: Callable[..., Any]) -> None:
    answer = site().person("cv.qlkh.1").sees("/viec", headers={"Accept-Encoding": "gzip"}).answer
    assert answer.headers["Content-Encoding"] == "gzip"
    manifest = json.loads((STATIC / "manifest.json").read_text("utf-8"))
    parts = {"html": len(answer.get_data())}
    for name, hashed in manifest.items():
        packed = STATIC / f"{hashed}.gz"
        # The log-in page's, and the editor's: neither is asked for here.
        if name != "drum.svg" and not name.startswith(("studio", "bpmn")):
            parts[name] = (packed if packed.exists() else STATIC / hashed).stat().st_size
    page = gzip.decompress(answer.get_data()).decode()
    assert "Cần làm" in page and "studio" not in page
    assert sum(parts.values()) <= WEIGHT, parts


def test_built_files_are_served_compressed_and_for_ever(site: Callable[..., Any]) -> None:
    nobody = site().anybody()
    address = re.search(r'href="(/static/app-[^"]+\.css)"', nobody.sees("/dang-nhap").source)
    assert address
    for encoding in ("br", "gzip"):
        answer = nobody.sees(address[1], headers={"Accept-Encoding": encoding}).answer
        assert answer.headers["Content-Encoding"] == encoding
        assert answer.mimetype == "text/css"
        assert "immutable" in answer.headers["Cache-Control"]
    assert "Content-Encoding" not in nobody.sees(address[1]).answer.headers
