"""Deploying workflow folders: everything wrong is listed with its element, nothing is stored; running cases go on."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

import offices
from engine import DefinitionError, Forbidden
from engine.records import cases, lane_bindings, process_versions, tasks
from offices import DRAFTER, HEAD, SECRETARY, handles

At = Callable[..., offices.Office]
WORKFLOWS = Path(__file__).parents[1] / "workflows"
ANALYST = "ptqt.so"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of T1's folder beside the shared one, to be changed."""
    for name in ("shared", "chi_thi_khcn"):
        shutil.copytree(WORKFLOWS / name, tmp_path / name)
    return tmp_path / "chi_thi_khcn"


@pytest.fixture
def office(office_at: At) -> offices.Office:
    return office_at("phan_cong")


def change(file: Path, old: str, new: str, times: int = 1) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) >= times, f"{file.name} does not say {old}"
    file.write_text(text.replace(old, new, times), encoding="utf-8")


def refused(office: offices.Office, *folders: Path) -> list[tuple[str, str | None, str]]:
    """Deploy, which must fail and store nothing; (file, element, code) of each problem."""
    before = offices.dump(office.engine)
    with pytest.raises(DefinitionError) as found:
        office.engine.models.deploy(ANALYST, list(folders))
    assert offices.dump(office.engine) == before
    assert all(str(problem) for problem in found.value.problems)
    return sorted((p.file, p.element, p.code) for p in found.value.problems)


# --- refused ------------------------------------------------------------------------------------------------------


def test_malformed_xml_is_refused(office: offices.Office, folder: Path) -> None:
    model = folder / "chi_thi_khcn.bpmn"
    model.write_bytes(model.read_bytes()[:5000])
    ((file, element, _),) = refused(office, folder)
    assert (file, element) == ("chi_thi_khcn.bpmn", None)


def test_a_doctype_is_refused(office: offices.Office, folder: Path) -> None:
    model = folder / "chi_thi_khcn.bpmn"
    entity = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    change(model, "<bpmn:definitions", f"{entity}\n<bpmn:definitions")
    ((file, _, code),) = refused(office, folder)
    assert (file, code) == ("chi_thi_khcn.bpmn", "doctype")


def test_a_doctype_in_a_decision_table_is_refused(office: offices.Office, folder: Path) -> None:
    table = folder.parent / "shared" / "dinh_tuyen_van_ban.dmn"
    change(table, "<definitions", "<!DOCTYPE definitions>\n<definitions")
    assert [(file, code) for file, _, code in refused(office, folder.parent / "shared")] == [
        ("dinh_tuyen_van_ban.dmn", "doctype")
    ]


def test_everything_that_is_missing_is_listed_with_its_element(office: offices.Office, folder: Path) -> None:
    model = folder / "chi_thi_khcn.bpmn"
    change(model, 'formId="phieu_giao_viec"', 'formId="khong_co"')
    change(model, 'formId="phieu_du_thao"', 'formId="cung_khong_co"')
    change(model, 'processId="ca_internal_consultation"', 'processId="ca_khong_co"')
    change(model, 'decisionId="trang_thai_tien_do"', 'decisionId="bang_khong_co"')
    assert refused(office, folder) == [
        ("chi_thi_khcn.bpmn", "phan_cong", "form_missing"),
        ("chi_thi_khcn.bpmn", "tinh_trang", "decision_missing"),
        ("chi_thi_khcn.bpmn", "xay_dung_du_thao", "form_missing"),
        ("chi_thi_khcn.bpmn", "y_kien_noi_bo", "process_missing"),
    ]


def test_a_broken_expression_and_a_flow_to_nowhere_are_listed_with_their_elements(
    office: offices.Office, folder: Path
) -> None:
    model = folder / "chi_thi_khcn.bpmn"
    change(model, "=planned_finish &lt; latest_finish", "=planned_finish &lt; ")
    change(model, 'targetRef="tinh_trang"', 'targetRef="khong_o_dau"')
    found = refused(office, folder)
    assert {file for file, _, _ in found} == {"chi_thi_khcn.bpmn"}
    elements = {element for _, element, _ in found}
    assert len(found) >= 2
    assert None not in elements


def test_problems_of_several_files_and_folders_come_in_one_list(office: offices.Office, folder: Path) -> None:
    shared = folder.parent / "shared"
    change(folder / "chi_thi_khcn.bpmn", 'formId="phieu_giao_viec"', 'formId="khong_co"')
    (folder / "forms" / "phieu_du_thao.form").write_text("{", encoding="utf-8")
    (shared / "ca_sign_and_issue.bpmn").write_bytes(b"<x>")
    files = {file for file, _, _ in refused(office, folder, shared, folder.parent / "nowhere")}
    assert {"chi_thi_khcn.bpmn", "phieu_du_thao.form", "ca_sign_and_issue.bpmn"} <= files
    assert any(file.endswith("nowhere") for file in files)


def test_a_form_component_that_we_do_not_render_is_refused(office: offices.Office, folder: Path) -> None:
    form = folder / "forms" / "phieu_giao_viec.form"
    content = json.loads(form.read_text(encoding="utf-8"))
    content["components"].append({"type": "html", "id": "ma_doc", "content": "<script>alert(1)</script>"})
    form.write_text(json.dumps(content), encoding="utf-8")
    ((file, element, _),) = refused(office, folder)
    assert (file, element) == ("phieu_giao_viec.form", "ma_doc")


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_folder_that_is_no_workflow_is_refused(office: offices.Office, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    ((file, _, code),) = refused(office, tmp_path / name)
    assert file.endswith(name)
    assert code == {"nowhere": "no_folder", "empty": "empty_folder"}[name]


def test_a_file_named_unlike_its_process_is_refused(office: offices.Office, folder: Path) -> None:
    (folder / "chi_thi_khcn.bpmn").rename(folder / "khac.bpmn")
    assert ("khac.bpmn", "chi_thi_khcn", "process_id") in refused(office, folder)


@pytest.mark.parametrize("person", [SECRETARY, HEAD, "qtht", "gd.so", "nobody"])
def test_only_analysts_deploy(office: offices.Office, folder: Path, person: str) -> None:
    with offices.refused(office, Forbidden, "analysts_only"):
        office.engine.models.deploy(person, folder)


# --- faults that only a look at the whole model finds ---------------------------------------------------------------


def test_a_model_that_can_come_to_a_stop_is_refused_with_a_run_that_shows_it(
    office: offices.Office, folder: Path
) -> None:
    """Of the three preparing steps only one is done, and all three are waited for."""
    model = folder / "chi_thi_khcn.bpmn"
    change(model, '<bpmn:parallelGateway id="tach_chuan_bi">', '<bpmn:exclusiveGateway id="tach_chuan_bi">')
    at = model.read_text(encoding="utf-8")
    begins = at.index('<bpmn:exclusiveGateway id="tach_chuan_bi">')
    ends = at.index("</bpmn:parallelGateway>", begins)
    at = at[:ends] + at[ends:].replace("</bpmn:parallelGateway>", "</bpmn:exclusiveGateway>", 1)
    flows = re.findall(r'<bpmn:sequenceFlow id="(\w+)"[^>]*sourceRef="tach_chuan_bi"[^>]*/>', at)
    assert len(flows) == 3
    for number, flow in enumerate(flows[:2]):
        condition = f'<bpmn:conditionExpression>=lead_unit = "phong_{number}"</bpmn:conditionExpression>'
        at = re.sub(rf'(<bpmn:sequenceFlow id="{flow}"[^>]*)/>', rf"\1>{condition}</bpmn:sequenceFlow>", at)
    at = at.replace(
        '<bpmn:exclusiveGateway id="tach_chuan_bi"', f'<bpmn:exclusiveGateway id="tach_chuan_bi" default="{flows[2]}"'
    )
    model.write_text(at, encoding="utf-8")
    before = offices.dump(office.engine)
    with pytest.raises(DefinitionError) as found:
        office.engine.models.deploy(ANALYST, folder)
    assert offices.dump(office.engine) == before
    stuck = next(p for p in found.value.problems if p.code == "deadlock")
    assert (stuck.file, stuck.element) == ("chi_thi_khcn.bpmn", "gop_chuan_bi")
    assert stuck.params["run"][0]["do"] == "start"


def test_a_role_that_nobody_knows_is_refused(office: offices.Office, folder: Path) -> None:
    model = folder / "chi_thi_khcn.bpmn"
    change(model, 'candidateGroups="unit_head"', 'candidateGroups="truong_phong_nao_do"')
    assert {code for _, _, code in refused(office, folder)} == {"unknown_role"}


def test_warnings_do_not_stop_a_deployment(office: offices.Office, folder: Path) -> None:
    report = office.engine.queries.problems(ANALYST, "chi_thi_khcn").report
    assert report.findings and not report.errors
    change(folder / "chi_thi_khcn.bpmn", 'name="Chọn Chỉ thị hay Kế hoạch"', 'name="Chọn loại văn bản"')
    assert office.engine.models.deploy(ANALYST, folder) == [("chi_thi_khcn", 2)]


def test_a_version_that_is_in_force_is_not_judged_again(office: offices.Office, folder: Path) -> None:
    """What is deployed stays deployable: a role that was abolished since must not stop the folder's other changes."""
    b = lane_bindings.c
    with office.engine.statements().begin() as connection:
        connection.execute(sa.delete(lane_bindings).where(b.lane == "unit_head"))
    assert "unknown_role" in {f.rule for f in office.engine.queries.problems(ANALYST, "chi_thi_khcn").report.errors}
    (folder / "artefacts.json").write_text('{"du_thao_1": "Dự thảo một"}', encoding="utf-8")
    assert office.engine.models.deploy(ANALYST, folder) == []


# --- deployed -----------------------------------------------------------------------------------------------------


def test_the_same_bytes_again_make_no_version(office: offices.Office, folder: Path) -> None:
    before = offices.dump(office.engine)
    assert office.engine.models.deploy(ANALYST, [folder, folder.parent / "shared"]) == []
    assert offices.dump(office.engine) == before


def test_a_running_case_keeps_its_version_and_a_new_one_gets_the_new(office: offices.Office, folder: Path) -> None:
    model = folder / "chi_thi_khcn.bpmn"
    change(model, 'name="Chọn Chỉ thị hay Kế hoạch"', 'name="Chọn loại văn bản"')
    assert office.engine.models.deploy(ANALYST, folder) == [("chi_thi_khcn", 2)]
    (row,) = office.read(sa.select(process_versions).where(process_versions.c.version == 2))
    assert (row.process_id, row.deployed_by) == ("chi_thi_khcn", ANALYST)

    old = office.case_id
    office.until("xay_dung_du_thao")
    assert office.history("chon_hinh_thuc") == [("completed", None, 1)]
    names = sa.select(tasks.c.name).where(tasks.c.element == "chon_hinh_thuc")
    assert [r.name for r in office.read(names)] == ["Chọn Chỉ thị hay Kế hoạch"]
    assert office.faults() == []

    office.hurry("duyet_du_thao")
    office.decides(HEAD, "duyet_du_thao", "khong_dong_y", offices.REASON)
    office.decides(offices.DIRECTOR, "cho_huong_xu_ly", "khong_dong_y", offices.REASON)
    office.opens(SECRETARY, "T1")
    for element, person in (("phan_cong", HEAD), ("nghien_cuu", DRAFTER), ("thu_thap", DRAFTER), ("danh_gia", DRAFTER)):
        handles(element, person)(office)
    assert office.task(HEAD, "chon_hinh_thuc").name == "Chọn loại văn bản"
    versions = {r.id: r.definition for r in office.read(sa.select(cases.c.id, cases.c.definition))}
    assert versions[old] != versions[office.case_id] == row.hash
    assert office.faults() == []


def test_a_changed_form_makes_a_version_that_only_new_cases_get(office: offices.Office, folder: Path) -> None:
    """The diagram is the same, byte for byte; a form belongs to the version all the same."""
    form = folder / "forms" / "danh_muc_tai_lieu.form"
    change(form, '"key": "danh_muc"', '"key": "danh_muc_moi"')
    assert office.engine.models.deploy(ANALYST, folder) == [("chi_thi_khcn", 2)]
    handles("phan_cong", HEAD)(office)
    assert "danh_muc" in {field.key for field in office.task(DRAFTER, "thu_thap").form.fields}
    # So it is also for a process that has not seen the first version.
    again = offices.Office(offices.open_engine(office.engine.settings.database_url), case_id=office.case_id)
    again.engine.operations.verify()
    handles("nghien_cuu")(again)
    for element in ("thu_thap", "danh_gia"):
        handles(element)(again)
    handles("chon_hinh_thuc", HEAD)(again)
    handles("xay_dung_du_thao")(again)
    again.decides(HEAD, "duyet_du_thao", "khong_dong_y", offices.REASON)
    again.decides(offices.DIRECTOR, "cho_huong_xu_ly", "khong_dong_y", offices.REASON)
    again.opens(SECRETARY, "T1")
    handles("phan_cong", HEAD)(again)
    assert "danh_muc_moi" in {field.key for field in again.task(DRAFTER, "thu_thap").form.fields}
    assert again.faults() == []
    again.engine.close()


def test_a_called_process_is_pinned_when_it_is_called(office_at: At, folder: Path) -> None:
    office = office_at("duyet_du_thao").until("mo_dot_xin_y_kien")
    shared = folder.parent / "shared"
    change(shared / "ca_internal_consultation.bpmn", 'name="Góp ý dự thảo"', 'name="Cho ý kiến"')
    assert office.engine.models.deploy(ANALYST, shared) == [("ca_internal_consultation", 2)]
    handles("mo_dot_xin_y_kien")(office)
    assert office.task("cct.tdc", "gop_y_noi_bo").name == "Góp ý dự thảo"
    assert office.faults() == []


def test_a_decision_table_counts_from_the_moment_it_is_deployed_and_replays_as_it_was(
    office_at: At, folder: Path
) -> None:
    office = office_at("ky")
    assert office.variables()["is_qppl"] is False
    shared = folder.parent / "shared"
    change(shared / "dinh_tuyen_van_ban.dmn", "{n}/CT-UBND", "{n}/CTr-UBND")
    assert office.engine.models.deploy(ANALYST, shared) == []
    office.finish()
    assert office.case().result[0] == "01/CTr-UBND"
    assert office.faults() == []
