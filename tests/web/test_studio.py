"""Quy trình: who may what, which status answers what, and nothing that was saved gets lost."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import offices
from engine.queries.checking import Reports
from test_drafts import DEADLOCK, SOUND, renamed

ANALYST, DRAFTER = "ptqt.so", "cv.qlkh.1"
T1 = "/quy-trinh/chi_thi_khcn"
DRAFT = f"{T1}/ban-nhap.bpmn"
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:"
At = Callable[..., Any]


class Editor:
    """The editor's page, as its script uses it."""

    def __init__(self, person: Any, process_id: str = "chi_thi_khcn") -> None:
        self.person = person
        page = person.sees(f"/quy-trinh/{process_id}/sua")
        assert page.status == 200, page.text
        told = re.search(r'<div id="modeler"[^>]*>', page.source)
        assert told
        self.place = dict(re.findall(r'data-([a-z-]+)="([^"]*)"', told[0]))
        self.header = {"X-CSRFToken": self.place["csrf"]}

    def model(self) -> tuple[bytes, str]:
        answer = self.person.client.get(self.place["model-url"])
        assert answer.status_code == 200 and answer.content_type == "application/xml; charset=utf-8"
        return answer.data, answer.headers["ETag"]

    def saves(self, xml: bytes, etag: str | None, **headers: str) -> Any:
        match = {"If-Match": etag} if etag is not None else {}
        options = {"headers": {**self.header, **match, **headers}, "content_type": "application/xml"}
        return self.person.client.put(self.place["model-url"], data=xml, **options)

    def checks(self, xml: bytes) -> Any:
        return self.person.client.post(
            self.place["check-url"], data=xml, headers=self.header, content_type="application/xml"
        )

    def deploys(self, etag: str, note: str = "") -> Any:
        return self.person.client.post(self.place["deploy-url"], json={"etag": etag, "note": note}, headers=self.header)


def stored(office: Any) -> Any:
    return offices.dump(office.engine, without=("sessions",))


# --- the library ----------------------------------------------------------------------------------------------------


def test_everybody_sees_the_library_and_only_analysts_can_add_to_it(site: At) -> None:
    here = site()
    for name in (DRAFTER, "pct.ubnd", ANALYST):
        page = here.person(name).sees("/quy-trinh")
        assert page.status == 200
        for words in ("Chỉ thị nâng cao chất lượng", "Ký và cấp số", "Xin ý kiến trong Sở", "Ban hành"):
            assert words in page.text
        assert 'data-go-key="q"' in page.source
        assert ('enctype="multipart/form-data"' in page.source) == (name == ANALYST)
        assert ("Vẽ mới" in page.text) == (name == ANALYST)


def test_the_library_is_searched_without_marks_and_filtered_by_state(site: At) -> None:
    analyst = site().person(ANALYST)
    found = analyst.sees("/quy-trinh?tim=chi+thi+KH").text
    assert "Chỉ thị nâng cao" in found and "Xin ý kiến trong Sở" not in found
    assert "Chỉ thị nâng cao" in analyst.sees("/quy-trinh?tim=CHỈ+THỊ").text
    nothing = analyst.sees("/quy-trinh?tim=<b>không+có").source
    assert "Không có quy trình khớp bộ lọc" in nothing and "<b>không" not in nothing
    assert "Ký và cấp số" not in analyst.sees("/quy-trinh?trang_thai=draft").text
    assert "Ký và cấp số" in analyst.sees("/quy-trinh?trang_thai=lạ").text
    editor = Editor(analyst)
    editor.saves(renamed(editor.model()[0], "Một"), '"0"')
    both = [analyst.sees(f"/quy-trinh?trang_thai={state}").text for state in ("deployed", "draft")]
    assert all("Nhiệm vụ trọng tâm T1" in text for text in both)


# --- uploading and beginning ------------------------------------------------------------------------------------------


def upload(person: Any, content: bytes, name: str = "quy_trinh.bpmn") -> Any:
    """What a browser without scripts sends. Put together here: werkzeug's client leaves large files open."""
    token = person.sees("/quy-trinh").hidden("/quy-trinh/tai-len")["csrf_token"]
    field = b'--x\r\nContent-Disposition: form-data; name="'
    body = field + b'csrf_token"\r\n\r\n' + token.encode() + b"\r\n" + field + b'model"; filename="' + name.encode()
    body += b'"\r\nContent-Type: application/octet-stream\r\n\r\n' + content + b"\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    return type(person.sees("/quy-trinh"))(person.client.post("/quy-trinh/tai-len", data=body, content_type=kind))


def test_an_upload_becomes_a_draft_without_any_script(site: At) -> None:
    analyst = site().person(ANALYST)
    sent = upload(analyst, SOUND)
    assert (sent.status, sent.to) == (303, "/quy-trinh/quy_trinh_moi/sua")
    page = analyst.sees(sent.to)
    assert "Tệp đã lưu thành bản nháp" in page.text
    draft, etag = Editor(analyst, "quy_trinh_moi").model()
    assert etag == '"1"' and b"BPMNShape" in draft
    assert "Nháp" in analyst.sees("/quy-trinh").text
    shown = analyst.sees("/quy-trinh/quy_trinh_moi")
    assert shown.status == 200 and 'class="drawing"' in shown.source


def test_a_code_that_a_drawing_tool_made_up_gives_way_to_the_name_of_the_file(site: At) -> None:
    analyst = site().person(ANALYST)
    made_up = SOUND.replace(b"quy_trinh_moi", b"Process_1")
    sent = upload(analyst, made_up, "Mua sắm thiết bị.bpmn")
    assert (sent.status, sent.to) == (303, "/quy-trinh/mua_sam_thiet_bi/sua")
    nameless = upload(analyst, made_up, "2022.bpmn")
    assert nameless.status == 422 and "Process_1" in nameless.text


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 422, "Tệp"),
        (b"%PDF-1.7", 422, "XML"),
        (b"<!DOCTYPE x><definitions/>", 422, "DOCTYPE"),
        (b"<html/>", 422, "Tệp chưa được lưu"),
        (SOUND.replace(b"<process", b"<x").replace(b"</process", b"</x"), 422, "Tệp chưa được lưu"),
        (b"<a>" + b" " * 2_000_001, 413, "2 MB"),
    ],
)
def test_an_upload_that_is_no_process_is_refused_with_words(site: At, content: bytes, status: int, said: str) -> None:
    here = site()
    analyst = here.person(ANALYST)
    before = stored(here.office)
    sent = upload(analyst, content)
    assert sent.status == status
    assert "Tệp chưa được lưu" in sent.text and said in sent.text
    assert 'class="summary"' in sent.source and "f-model" in sent.ids()
    assert stored(here.office) == before


def test_no_file_at_all_is_said(site: At) -> None:
    analyst = site().person(ANALYST)
    assert upload(analyst, b"", "").status == 422
    assert analyst.sends(analyst.sees("/quy-trinh"), "/quy-trinh/tai-len").status == 422


def test_an_upload_beside_an_open_draft_offers_both_and_loses_neither(site: At) -> None:
    analyst = site().person(ANALYST)
    editor = Editor(analyst)
    xml, etag = editor.model()
    assert editor.saves(renamed(xml, "Bản của tôi"), etag).status_code == 204
    sent = upload(analyst, renamed(xml, "Bản tải lên"))
    assert sent.status == 409
    assert "Quy trình này đang có bản nháp" in sent.text and "Chuyên viên phân tích quy trình" in sent.text
    assert f"{T1}/sua" in sent.links()
    assert "Bản của tôi".encode() in editor.model()[0]
    replaced = analyst.sends(sent, f"{T1}/ban-nhap/2/lay-lai")
    assert (replaced.status, replaced.to) == (303, f"{T1}/sua")
    draft, etag = editor.model()
    assert "Bản tải lên".encode() in draft and etag == '"3"'
    assert "Bản của tôi".encode() in analyst.client.get(f"{T1}/ban-nhap/1.bpmn").data


def test_a_new_process_gets_its_code_from_its_name(site: At) -> None:
    analyst = site().person(ANALYST)
    page = analyst.sees("/quy-trinh")
    begun = analyst.sends(page, "/quy-trinh/ve-moi", {"name": "Tuyển chọn  đề tài <2023>", "process_id": ""})
    assert (begun.status, begun.to) == (303, "/quy-trinh/tuyen_chon_de_tai_2023/sua")
    shown = analyst.sees("/quy-trinh/tuyen_chon_de_tai_2023")
    assert "Tuyển chọn đề tài <2023>" in shown.text and "<2023>" not in shown.source
    again = analyst.sends(page, "/quy-trinh/ve-moi", {"name": "Tuyển chọn đề tài 2023", "process_id": ""})
    assert again.status == 409 and "Đã có quy trình mang mã này" in again.text
    for typed in ({"name": "", "process_id": "x"}, {"name": "Tên", "process_id": "Có Dấu"}, {"name": "!!!"}):
        wrong = analyst.sends(page, "/quy-trinh/ve-moi", typed)
        assert wrong.status == 422 and 'aria-invalid="true"' in wrong.source, typed


# --- rights -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [DRAFTER, "gd.so", "pct.ubnd"])
def test_others_read_and_change_nothing(site: At, name: str) -> None:
    here = site()
    editor = Editor(here.person(ANALYST))
    xml, etag = editor.model()
    editor.saves(renamed(xml, "Một"), etag)
    reader = here.person(name)
    page = reader.sees(T1)
    assert page.status == 200 and "Bản nháp của" in page.text
    assert "Sửa tiếp" not in page.text and "Bỏ bản nháp" not in page.text and "Các lần lưu" not in page.text
    for path in (DRAFT, f"{T1}/phien-ban/1.bpmn", "/quy-trinh/mau.json", "/quy-trinh/lua-chon.json"):
        assert reader.sees(path).status == 200
    before = stored(here.office)
    refused = reader.sees(f"{T1}/sua")
    assert refused.status == 403 and "Chỉ chuyên viên phân tích quy trình" in refused.text
    token = {"X-CSRFToken": page.hidden("")["csrf_token"]}
    post, put = reader.client.post, reader.client.put
    answers = [
        put(DRAFT, data=xml, headers={**token, "If-Match": '"1"'}),
        post(f"{T1}/kiem-tra", data=xml, headers=token),
        post(f"{T1}/trien-khai", json={"etag": '"1"'}, headers=token),
        post(f"{T1}/bo-ban-nhap", data={"etag": "1"}, headers=token),
        post(f"{T1}/ban-nhap/1/lay-lai", data={"etag": "1"}, headers=token),
        post("/quy-trinh/tai-len", data={"model": (io.BytesIO(SOUND), "a.bpmn")}, headers=token),
        post("/quy-trinh/ve-moi", data={"name": "Mới"}, headers=token),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert [answer.is_json for answer in answers[:3]] == [True] * 3
    assert stored(here.office) == before


def test_without_a_session_pages_lead_to_the_log_in_and_scripts_are_told(site: At) -> None:
    nobody = site().anybody()
    assert nobody.sees(T1).to.startswith("/dang-nhap")
    answer = nobody.client.get(DRAFT)
    assert answer.status_code == 401 and answer.is_json


def test_a_save_without_the_token_of_the_page_is_refused(site: At) -> None:
    editor = Editor(site().person(ANALYST))
    xml, etag = editor.model()
    editor.header = {}
    assert editor.saves(xml, etag).status_code == 403
    assert editor.checks(xml).status_code == 403
    editor.header = {"X-CSRFToken": "x"}
    assert editor.deploys(etag).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/quy-trinh/khong_co",
        "/quy-trinh/khong_co/sua",
        "/quy-trinh/khong_co/ban-nhap.bpmn",
        f"{T1}/phien-ban/9.bpmn",
        f"{T1}/phien-ban/0.bpmn",
        f"{T1}/ban-nhap/1.bpmn",
        f"{T1}/phien-ban/99999999999999999999.bpmn",
        "/quy-trinh/..%2f..%2fetc",
        "/quy-trinh/%00",
    ],
)
def test_what_is_not_there_is_not_found(site: At, path: str) -> None:
    assert site().person(ANALYST).sees(path).status in (400, 404)


# --- the editor's addresses -------------------------------------------------------------------------------------------


def test_a_draft_is_saved_under_the_revision_that_was_seen(site: At) -> None:
    editor = Editor(site().person(ANALYST))
    xml, etag = editor.model()
    assert etag == '"0"'
    saved = editor.saves(renamed(xml, "Một"), etag)
    assert (saved.status_code, saved.headers["ETag"], saved.data) == (204, '"1"', b"")
    assert editor.model() == (renamed(xml, "Một"), '"1"')
    assert editor.saves(renamed(xml, "Hai"), 'W/"1"').headers["ETag"] == '"2"'
    for match in (None, "", "*", '"x"', '"-1"', '"99999999999999999999"'):
        assert editor.saves(xml, match).status_code == 428, match


def test_who_comes_second_is_told_who_saved_and_when(site: At) -> None:
    here = site()
    editor = Editor(here.person(ANALYST))
    xml, etag = editor.model()
    editor.saves(renamed(xml, "Một"), etag)
    late = editor.saves(renamed(xml, "Hai"), etag)
    assert late.status_code == 412
    told = late.json
    assert told["saved_by"] == "Chuyên viên phân tích quy trình" and told["etag"] == "1"
    assert told["saved_at"] == "2022-01-28T02:00:00+00:00"
    assert "Một".encode() in editor.person.client.get(told["xml_url"]).data
    assert editor.saves(renamed(xml, "Hai"), f'"{told["etag"]}"').status_code == 204


def test_who_edits_a_draft_that_was_dropped_is_told_and_can_go_on(site: At) -> None:
    here = site()
    analyst = here.person(ANALYST)
    upload(analyst, SOUND)
    editor = Editor(analyst, "quy_trinh_moi")
    xml, etag = editor.model()
    here.office.engine.models.drop_draft("system", "quy_trinh_moi", 1)
    late = editor.saves(renamed(xml, "Viết", "Soạn"), etag)
    assert (late.status_code, late.json["kind"], late.json["etag"]) == (412, "dropped", "0")
    assert editor.saves(renamed(xml, "Viết", "Soạn"), '"0"').headers["ETag"] == '"3"'


def test_a_page_that_edits_an_old_version_is_told_of_the_new_one(site: At) -> None:
    """No draft is open before and after: the revision alone would not tell."""
    here = site()
    editor = Editor(here.person(ANALYST))
    xml, etag = editor.model()
    here.office.engine.models.save_draft("system", "chi_thi_khcn", renamed(xml, "Của người khác"), 0)
    here.office.engine.models.deploy_draft("system", "chi_thi_khcn", 1)
    late = editor.saves(renamed(xml, "Của tôi"), etag)
    assert late.status_code == 412
    assert late.json["kind"] == "deployed" and late.json["etag"] == "0.2"
    assert "Của người khác".encode() in editor.person.client.get(late.json["xml_url"]).data
    assert editor.saves(renamed(xml, "Của tôi"), '"0.2"').status_code == 204


@pytest.mark.parametrize(
    ("xml", "status", "rule"),
    [
        (b"no xml", 422, "xml"),
        (b"<html/>", 422, "not_bpmn"),
        (b"<!DOCTYPE a><a/>", 422, "doctype"),
        (SOUND, 422, "process_id"),
        (b" " * 2_000_001, 413, None),
    ],
)
def test_what_is_no_model_of_this_process_is_not_saved(site: At, xml: bytes, status: int, rule: str | None) -> None:
    here = site()
    editor = Editor(here.person(ANALYST))
    before = stored(here.office)
    answer = editor.saves(xml, '"0"')
    assert answer.status_code == status
    if rule:
        (problem,) = answer.json["problems"]
        assert problem["rule"] == rule and problem["severity"] == "error" and problem["message"]
    assert editor.checks(xml).status_code == (413 if status == 413 else 200)
    assert stored(here.office) == before


def test_a_check_tells_problems_with_runs_in_the_readers_language(site: At) -> None:
    here = site()
    analyst = here.person(ANALYST)
    upload(analyst, DEADLOCK)
    editor = Editor(analyst, "quy_trinh_moi")
    before = stored(here.office)
    told = editor.checks(DEADLOCK).json
    assert told.keys() == {"problems", "states", "complete", "summary"}
    assert told["states"] > 0 and told["complete"] and "trạng thái" in told["summary"]
    stuck = next(p for p in told["problems"] if p["rule"] == "deadlock")
    assert stuck["severity"] == "error" and stuck["element"] == "j" and stuck["run"][0]["do"] == "start"
    assert all(act["words"] for act in stuck["run"])
    english = analyst.client.post(
        f"{editor.place['check-url']}?lang=en", data=DEADLOCK, headers=editor.header, content_type="application/xml"
    ).json
    other = next(p for p in english["problems"] if p["rule"] == "deadlock")
    assert other["message"] != stuck["message"] and "states" in english["summary"]
    assert stored(here.office) == before


def test_errors_stand_in_the_way_and_nothing_is_deployed(site: At) -> None:
    here = site()
    analyst = here.person(ANALYST)
    upload(analyst, DEADLOCK)
    editor = Editor(analyst, "quy_trinh_moi")
    xml, etag = editor.model()
    before = stored(here.office)
    answer = editor.deploys(etag)
    assert answer.status_code == 409
    assert answer.json["problems"] == editor.checks(xml).json["problems"]
    assert "deadlock" in {p["rule"] for p in answer.json["problems"]}
    assert stored(here.office) == before


def test_a_note_that_no_database_holds_is_refused(site: At) -> None:
    editor = Editor(site().person(ANALYST))
    xml, etag = editor.model()
    etag = editor.saves(renamed(xml, "Một"), etag).headers["ETag"]
    for note in ("\ud800", "a\0b"):
        assert editor.deploys(etag, note).status_code == 422
    assert editor.deploys(etag, "Một\n<b>").status_code == 200


def test_a_model_whose_runs_were_not_looked_at_is_not_called_faultless(site: At) -> None:
    here = site()
    analyst = here.person(ANALYST)
    upload(analyst, DEADLOCK)
    here.office.engine.reports = Reports(at_once=0)
    assert "Chưa kiểm tra" in analyst.sees("/quy-trinh").text and "1 lỗi" not in analyst.sees("/quy-trinh").text
    page = analyst.sees("/quy-trinh/quy_trinh_moi").text
    assert "Chưa xét các lượt chạy" in page and "Kiểm tra lại sau vài giây" in page


def test_a_deployed_version_is_the_one_that_new_cases_get(site: At) -> None:
    here = site()
    editor = Editor(here.person(ANALYST))
    xml, etag = editor.model()
    etag = editor.saves(renamed(xml, "Chọn loại văn bản"), etag).headers["ETag"]
    assert editor.deploys('"7"').status_code == 412
    assert editor.deploys("").status_code == 428
    answer = editor.deploys(etag, "Tên <rõ> hơn")
    assert (answer.status_code, answer.json) == (200, {"version": 2, "url": T1})
    assert editor.model()[1] == '"0"'
    page = here.person(DRAFTER).sees(T1)
    assert "Tên <rõ> hơn" in page.text and "<rõ>" not in page.source
    assert "phiên bản 2" in page.text and "1 hồ sơ đang chạy" in page.text
    again = editor.saves(renamed(xml, "Chọn loại văn bản"), '"0.2"')
    unchanged = editor.deploys(again.headers["ETag"])
    assert unchanged.status_code == 409 and unchanged.json["problems"][0]["rule"] == "nothing_new"


def test_the_pickers_and_templates_are_json(site: At) -> None:
    analyst = site().person(ANALYST)
    told = json.loads(analyst.sees("/quy-trinh/lua-chon.json").source)
    assert {key: bool(value) for key, value in told.items()} == dict.fromkeys(
        ("roles", "forms", "processes", "decisions"), True
    )
    assert {"id": "clerk", "name": "Văn thư Sở"} in told["roles"]
    assert {"id": "chi_thi_khcn", "name": "Chỉ thị nâng cao chất lượng nhiệm vụ KH&CN"} in told["processes"]
    assert {"id": "dinh_tuyen_van_ban", "name": "Định tuyến văn bản"} in told["decisions"]
    templates = json.loads(analyst.sees("/quy-trinh/mau.json").source)
    assert isinstance(templates, list)


def test_the_editor_needs_no_looser_policy_and_models_are_never_pages(site: At) -> None:
    analyst = site().person(ANALYST)
    for path in (f"{T1}/sua", T1, "/quy-trinh"):
        assert analyst.sees(path).answer.headers["Content-Security-Policy"].startswith(POLICY)
    script = b'<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>'
    upload(analyst, SOUND.replace(b"</process>", b"</process>" + script[21:]))
    for path in ("/quy-trinh/quy_trinh_moi/ban-nhap.bpmn", "/quy-trinh/quy_trinh_moi/ban-nhap/1.bpmn"):
        answer = analyst.sees(path).answer
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    file = analyst.sees(f"{T1}/phien-ban/1.bpmn").answer
    assert file.headers["Content-Disposition"] == 'attachment; filename="chi_thi_khcn-v1.bpmn"'
    assert file.data == Path("workflows/chi_thi_khcn/chi_thi_khcn.bpmn").read_bytes()


def test_a_draft_that_was_overtaken_by_a_version_says_so(site: At) -> None:
    here = site()
    editor = Editor(here.person(ANALYST))
    xml, etag = editor.model()
    commands = here.office.engine.models
    assert editor.saves(renamed(xml, "Của tôi"), etag).status_code == 204
    assert [p for p in editor.checks(xml).json["problems"] if p["rule"] == "overtaken"] == []
    commands.drop_draft("system", "chi_thi_khcn", 1)
    commands.save_draft("system", "chi_thi_khcn", renamed(xml, "Của người khác"), 0)
    commands.deploy_draft("system", "chi_thi_khcn", 3)
    commands.restore_draft(ANALYST, "chi_thi_khcn", 1, 0)
    (warning,) = [p for p in editor.checks(xml).json["problems"] if p["rule"] == "overtaken"]
    assert warning["severity"] == "warning" and "phiên bản 2" in warning["message"]
    assert "so sánh trước khi ban hành" in here.person(DRAFTER).sees(T1).text


# --- the page of a process --------------------------------------------------------------------------------------------


def test_a_draft_is_dropped_and_taken_back_from_the_page(site: At) -> None:
    analyst = site().person(ANALYST)
    editor = Editor(analyst)
    xml, etag = editor.model()
    editor.saves(renamed(xml, "Một"), etag)
    page = analyst.sees(T1)
    assert "Bản nháp của Chuyên viên phân tích quy trình, lưu lúc 28/01/2022 09:00" in page.text
    dropped = analyst.sends(page, f"{T1}/bo-ban-nhap")
    assert (dropped.status, dropped.to) == (303, T1)
    after = analyst.sees(T1)
    assert "Đã bỏ bản nháp" in after.text and "Sửa tiếp" not in after.text
    late = analyst.sends(page, f"{T1}/bo-ban-nhap")
    assert late.status == 409 and "người khác đã sửa bản nháp" in late.text and T1 in late.links()
    late = analyst.sends(after, f"{T1}/ban-nhap/1/lay-lai", {"etag": "7"})
    assert late.status == 409 and "Chưa thay đổi gì" in late.text and T1 in late.links()
    assert "Mở lại việc" not in late.text  # there is no task here
    back = analyst.sends(after, f"{T1}/ban-nhap/1/lay-lai")
    assert back.status == 303 and editor.model() == (renamed(xml, "Một"), '"3"')


def test_a_dropped_draft_of_a_process_that_was_never_deployed_leads_to_the_library(site: At) -> None:
    analyst = site().person(ANALYST)
    upload(analyst, SOUND)
    dropped = analyst.sends(analyst.sees("/quy-trinh/quy_trinh_moi"), "/quy-trinh/quy_trinh_moi/bo-ban-nhap")
    assert dropped.to == "/quy-trinh"


def test_two_versions_are_compared_in_words(site: At) -> None:
    here = site()
    analyst = here.person(ANALYST)
    editor = Editor(analyst)
    xml, etag = editor.model()
    changed = renamed(xml, "Chọn &lt;i&gt;loại").replace(
        b'candidateGroups="vice_chair"', b'candidateGroups="dept_director"'
    )
    etag = editor.saves(changed, etag).headers["ETag"]
    draft = analyst.sees(f"{T1}?tu=1&den=nhap")
    for words in (
        "Chọn <i>loại",
        "Chọn Chỉ thị hay Kế hoạch",
        "Tên",
        "Vai trò",
        "Phó Chủ tịch UBND tỉnh",
        "Giám đốc Sở",
    ):
        assert words in draft.text
    assert "<i>loại" not in draft.source
    assert editor.deploys(etag).status_code == 200
    deployed = analyst.sees(f"{T1}?tu=1&den=2")
    assert "Chọn <i>loại" in deployed.text
    assert "Hai bản giống nhau" in analyst.sees(f"{T1}?tu=2&den=2").text
    for odd in ("?tu=9&den=x", "?tu=&den=", "?tu=nhap&den=1", "?ban=9"):
        assert analyst.sees(T1 + odd).status == 200


def test_the_page_tells_problems_with_the_shortest_run(site: At) -> None:
    analyst = site().person(ANALYST)
    upload(analyst, DEADLOCK)
    page = analyst.sees("/quy-trinh/quy_trinh_moi")
    assert "Lỗi" in page.text and "Lượt chạy ngắn nhất" in page.text and "1 lỗi" in analyst.sees("/quy-trinh").text


def test_names_with_markup_are_shown_as_they_are_written(site: At) -> None:
    analyst = site().person(ANALYST)
    evil = '&lt;img src=x onerror=alert(1)&gt;"'.replace('"', "&quot;")
    upload(
        analyst,
        SOUND.replace(b'name="So\xe1\xba\xa1n"', f'name="{evil}"'.encode()).replace(
            "Quy trình mới".encode(), evil.encode()
        ),
    )
    for path in ("/quy-trinh", "/quy-trinh/quy_trinh_moi", "/quy-trinh/quy_trinh_moi/sua"):
        page = analyst.sees(path)
        assert page.status == 200 and "<img src=x" in page.text and "<img src=x" not in page.source
    answer = Editor(analyst, "quy_trinh_moi").checks(SOUND.replace(b'"clerk"', b'"&lt;b&gt;"'))
    assert answer.is_json and any("<b>" in p["message"] for p in answer.json["problems"])


def test_a_model_that_cannot_be_drawn_has_a_page_all_the_same(site: At) -> None:
    here = site()
    analyst = here.person(ANALYST)
    broken = SOUND.replace(b'sourceRef="a"', b'sourceRef="nowhere"')
    here.office.engine.models.save_draft(ANALYST, "quy_trinh_moi", broken, 0)
    page = analyst.sees("/quy-trinh/quy_trinh_moi")
    assert page.status == 200
    assert analyst.sees("/quy-trinh").status == 200
