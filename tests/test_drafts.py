"""Drafts of processes: nobody overwrites anybody, nothing that was saved is lost, only what is sound is deployed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import Conflict, DefinitionError, Forbidden, NotFound
from engine.commands import models
from engine.records import cases, environments, meta, model_drafts, model_revisions, process_versions, resources
from offices import DRAFTER, HEAD, SECRETARY, handles, refused
from test_commands_races import at_once, codes

At = Callable[..., offices.Office]
ANALYST, SYSTEM = "ptqt.so", "system"
T1 = "chi_thi_khcn"
STEP = "Chọn Chỉ thị hay Kế hoạch"


@pytest.fixture
def office(office_at: At) -> offices.Office:
    return office_at("phan_cong")


def deployed(office: offices.Office, process_id: str = T1) -> bytes:
    """The model that is deployed now."""
    return bytes(office.engine.queries.model(ANALYST, process_id))


def renamed(xml: bytes, name: str, old: str = STEP) -> bytes:
    """The model with a step called differently."""
    assert f'name="{old}"'.encode() in xml
    return xml.replace(f'name="{old}"'.encode(), f'name="{name}"'.encode())


def model(inside: str, process_id: str = "quy_trinh_moi") -> bytes:
    """A small process of elements of its own."""
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">'
        f'<process id="{process_id}" name="Quy trình mới" isExecutable="true">{inside}</process></definitions>'
    ).encode()


SOUND = model(
    '<startEvent id="a"><outgoing>f</outgoing></startEvent><sequenceFlow id="f" sourceRef="a" targetRef="b"/>'
    '<userTask id="b" name="Soạn"><extensionElements><zeebe:formDefinition formId="phieu_giao_viec"/>'
    '<zeebe:assignmentDefinition candidateGroups="clerk"/></extensionElements>'
    '<incoming>f</incoming><outgoing>g</outgoing></userTask><sequenceFlow id="g" sourceRef="b" targetRef="c"/>'
    '<endEvent id="c"><incoming>g</incoming></endEvent>'
)
# Both branches are begun and only one of them can come.
DEADLOCK = model(
    '<startEvent id="a"/><sequenceFlow id="f" sourceRef="a" targetRef="x"/>'
    '<exclusiveGateway id="x" default="x1"/>'
    '<sequenceFlow id="x1" sourceRef="x" targetRef="j"/>'
    '<sequenceFlow id="x2" sourceRef="x" targetRef="j"><conditionExpression>=lead_unit = "a"</conditionExpression>'
    '</sequenceFlow><parallelGateway id="j"/><sequenceFlow id="g" sourceRef="j" targetRef="c"/><endEvent id="c"/>'
)


# --- saving -------------------------------------------------------------------------------------------------------


def test_a_draft_begins_from_the_deployed_version_and_grows_by_revisions(office: offices.Office) -> None:
    begun = office.engine.queries.draft(ANALYST, T1)
    assert (begun.number, begun.base, begun.version) == (0, 1, 1)
    one = renamed(begun.content, "Một")
    assert office.engine.models.save_draft(ANALYST, T1, one, 0) == 1
    assert office.engine.models.save_draft(ANALYST, T1, renamed(begun.content, "Hai"), 1) == 2
    found = office.engine.queries.draft(DRAFTER, T1)
    assert (found.number, found.base, found.content) == (2, 1, renamed(begun.content, "Hai"))
    assert office.engine.queries.revision(DRAFTER, T1, 1) == one
    assert deployed(office) == begun.content


def test_the_same_bytes_again_make_no_revision(office: offices.Office) -> None:
    one = renamed(deployed(office), "Một")
    office.engine.models.save_draft(ANALYST, T1, one, 0)
    before = offices.dump(office.engine)
    assert office.engine.models.save_draft(ANALYST, T1, one, 1) == 1
    assert offices.dump(office.engine) == before


def test_who_saves_over_somebody_elses_revision_is_told_whose(office: offices.Office) -> None:
    xml = deployed(office)
    office.engine.models.save_draft(ANALYST, T1, renamed(xml, "Một"), 0)
    office.engine.models.save_draft(ANALYST, T1, renamed(xml, "Hai"), 1)
    for seen in (0, 1, 3):
        with refused(office, Conflict, "draft_changed") as found:
            office.engine.models.save_draft(SYSTEM, T1, renamed(xml, "Ba"), seen)
        told = found.value.params
        assert (told["number"], told["kind"]) == (2, "saved")
        assert told["saved_by"] == "Chuyên viên phân tích quy trình"
        assert told["saved_at"] == office.engine.queries.draft(ANALYST, T1).saved_at


def test_a_first_save_from_a_version_that_is_no_longer_the_latest_is_a_conflict(office: offices.Office) -> None:
    xml = deployed(office)
    office.engine.models.save_draft(SYSTEM, T1, renamed(xml, "Một"), 0)
    office.engine.models.deploy_draft(SYSTEM, T1, 1)
    with refused(office, Conflict, "draft_changed") as found:
        office.engine.models.save_draft(ANALYST, T1, renamed(xml, "Hai"), 0, base=1)
    assert found.value.params["kind"] == "deployed"
    assert office.engine.models.save_draft(ANALYST, T1, renamed(xml, "Hai"), 0, base=2) == 3


def test_a_faulty_model_can_be_saved_but_not_what_is_no_model_of_the_process(office: offices.Office) -> None:
    broken = deployed(office).replace(b"<bpmn:outgoing>", b"<bpmn:outgoing>x", 3)
    assert office.engine.models.save_draft(ANALYST, T1, broken, 0) == 1
    assert office.engine.models.save_draft(ANALYST, "quy_trinh_moi", DEADLOCK, 0) == 1
    for xml, code in (
        (b"no xml", "xml"),
        (b"<a/>", "not_bpmn"),
        (b"<!DOCTYPE a><a/>", "doctype"),
        (b"<!--" + b" " * 2_000_001 + b"-->", "too_large"),
        (SOUND, "process_id"),
        (model("", process_id=T1).replace(b"<process", b"<x").replace(b"</process", b"</x"), "process_id"),
    ):
        before = offices.dump(office.engine)
        with pytest.raises(DefinitionError) as found:
            office.engine.models.save_draft(ANALYST, T1, xml, 1)
        assert [p.code for p in found.value.problems] == [code]
        assert offices.dump(office.engine) == before


def test_of_two_who_save_at_once_one_is_told_of_the_other(office_at: At) -> None:
    office = office_at("phan_cong")
    xml = deployed(office)

    def saving(name: str, seen: int) -> Callable[[], Any]:
        return lambda: office.engine.models.save_draft(ANALYST, T1, renamed(xml, name), seen)

    first = at_once([saving(f"Bước {n}", 0) for n in range(4)])
    assert sorted(codes(first)) == ["draft_changed"] * 3
    second = at_once([saving(f"Việc {n}", 1) for n in range(4)])
    assert sorted(codes(second)) == ["draft_changed"] * 3
    assert sorted(r for r in [*first, *second] if isinstance(r, int)) == [1, 2]
    assert [r.number for r in office.read(sa.select(model_revisions.c.number).order_by("number"))] == [1, 2]
    # Who is told, is told the truth: what they would have overwritten is there.
    told = {error.params["number"] for error in second if isinstance(error, Conflict)}
    assert told == {2}


def test_of_two_who_deploy_at_once_one_makes_the_version(office_at: At) -> None:
    office = office_at("phan_cong")
    office.engine.models.save_draft(ANALYST, T1, renamed(deployed(office), "Một"), 0)
    results = at_once([lambda: office.engine.models.deploy_draft(ANALYST, T1, 1)] * 3)
    assert codes(results) == ["draft_changed"] * 2
    assert [r for r in results if isinstance(r, tuple)] == [(T1, 2)]


# --- rights -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", [DRAFTER, HEAD, SECRETARY, "gd.so", "pct.ubnd", "nobody"])
def test_only_analysts_change_anything(office: offices.Office, person: str) -> None:
    xml = deployed(office)
    office.engine.models.save_draft(ANALYST, T1, renamed(xml, "Một"), 0)
    commands = office.engine.models
    acts: list[Callable[[], Any]] = [
        lambda: commands.save_draft(person, T1, renamed(xml, "Hai"), 1),
        lambda: commands.save_draft(person, T1, b"no xml", 1),
        lambda: commands.import_draft(person, SOUND),
        lambda: commands.begin_draft(person, "moi", "Mới"),
        lambda: commands.drop_draft(person, T1, 1),
        lambda: commands.restore_draft(person, T1, 1, 1),
        lambda: commands.deploy_draft(person, T1, 1),
        lambda: commands.deploy_draft(person, T1, 9),
        lambda: office.engine.queries.check_model(person, T1, xml),
    ]
    for act in acts:
        with refused(office, Forbidden, "analysts_only"):
            act()


def test_everybody_may_look(office: offices.Office) -> None:
    office.engine.models.save_draft(ANALYST, T1, renamed(deployed(office), "Một"), 0)
    for person in (DRAFTER, "pct.ubnd"):
        rows = {row.id: row for row in office.engine.queries.processes(person)}
        assert rows.keys() >= {T1, "ca_internal_consultation", "ca_sign_and_issue"}
        assert (rows[T1].state, rows[T1].version, rows[T1].focus) == ("changing", 1, ("T1",))
        assert rows["ca_sign_and_issue"].state == "deployed"
        assert rows[T1].name in rows["ca_sign_and_issue"].callers
        view = office.engine.queries.process(person, T1)
        assert not view.may_edit and [v.version for v in view.versions] == [1]
        assert office.engine.queries.process_diagram(person, T1).startswith("<svg")
    assert office.engine.queries.process(ANALYST, T1).may_edit
    # An outsider who takes part in no case is told of none.
    running = {p: {r.id: r.running for r in office.engine.queries.processes(p)}[T1] for p in (DRAFTER, "pct.ubnd")}
    assert running == {DRAFTER: 1, "pct.ubnd": 0}


def test_what_is_not_there_is_not_found(office: offices.Office) -> None:
    queries = office.engine.queries
    for ask in (
        lambda: queries.process(ANALYST, "khong_co"),
        lambda: queries.draft(ANALYST, "khong_co"),
        lambda: queries.model(ANALYST, T1, 2),
        lambda: queries.model(ANALYST, T1, 0),
        lambda: queries.revision(ANALYST, T1, 1),
        lambda: queries.problems(ANALYST, T1, 0),
        lambda: office.engine.models.deploy_draft(ANALYST, T1, 0),
        lambda: office.engine.models.drop_draft(ANALYST, T1, 0),
        lambda: office.engine.models.restore_draft(ANALYST, T1, 1, 0),
    ):
        with pytest.raises(NotFound):
            ask()


# --- deploying ----------------------------------------------------------------------------------------------------


def test_a_running_case_keeps_its_version_and_a_new_one_gets_the_draft(office: offices.Office) -> None:
    old = office.case_id
    office.engine.models.save_draft(ANALYST, T1, renamed(deployed(office), "Chọn loại văn bản"), 0)
    assert office.engine.models.deploy_draft(ANALYST, T1, 1, " Tên bước rõ hơn. ") == (T1, 2)
    v = process_versions.c
    (row,) = office.read(sa.select(process_versions).where(v.process_id == T1, v.version == 2))
    assert (row.deployed_by, row.note, row.revision) == (ANALYST, "Tên bước rõ hơn.", 1)
    assert office.read(sa.select(model_drafts)) == []
    kinds = office.read(sa.select(model_revisions.c.kind).order_by(model_revisions.c.number))
    assert [r.kind for r in kinds] == ["saved", "deployed"]

    for element, person in (("phan_cong", HEAD), ("nghien_cuu", DRAFTER), ("thu_thap", DRAFTER), ("danh_gia", DRAFTER)):
        handles(element, person)(office)
    assert office.task(HEAD, "chon_hinh_thuc").name == STEP
    versions = office.engine.queries.process(ANALYST, T1).versions
    assert [(one.version, one.running, one.note) for one in versions] == [(2, 0, "Tên bước rõ hơn."), (1, 1, None)]

    handles("chon_hinh_thuc", HEAD)(office)
    handles("xay_dung_du_thao")(office)
    office.decides(HEAD, "duyet_du_thao", "khong_dong_y", offices.REASON)
    office.decides(offices.DIRECTOR, "cho_huong_xu_ly", "khong_dong_y", offices.REASON)
    office.opens(SECRETARY, "T1")
    for element, person in (("phan_cong", HEAD), ("nghien_cuu", DRAFTER), ("thu_thap", DRAFTER), ("danh_gia", DRAFTER)):
        handles(element, person)(office)
    assert office.task(HEAD, "chon_hinh_thuc").name == "Chọn loại văn bản"
    held = {r.id: r.definition for r in office.read(sa.select(cases.c.id, cases.c.definition))}
    assert held[office.case_id] == row.hash != held[old]
    assert office.faults() == []


@pytest.mark.parametrize(
    ("process_id", "xml", "rules"),
    [
        ("quy_trinh_moi", DEADLOCK, {"deadlock"}),
        ("quy_trinh_moi", SOUND.replace(b"phieu_giao_viec", b"phieu_la"), {"form_missing"}),
        ("quy_trinh_moi", SOUND.replace(b'"clerk"', b'"nobody_at_all"'), {"unknown_role"}),
        ("quy_trinh_moi", SOUND.replace(b'targetRef="c"', b'targetRef="zzz"'), {"model"}),
    ],
)
def test_a_draft_with_errors_is_refused_with_all_of_them_and_nothing_is_stored(
    office: offices.Office, process_id: str, xml: bytes, rules: set[str]
) -> None:
    office.engine.models.save_draft(ANALYST, process_id, xml, 0)
    before = offices.dump(office.engine)
    with pytest.raises(DefinitionError) as found:
        office.engine.models.deploy_draft(ANALYST, process_id, 1)
    assert offices.dump(office.engine) == before
    assert rules <= {p.code for p in found.value.problems}
    report = office.engine.queries.problems(ANALYST, process_id, 0).report
    assert [(f.rule, f.element) for f in report.errors] == [(p.code, p.element) for p in found.value.problems]


def test_a_new_process_is_drawn_checked_and_deployed_with_forms_that_are_there(office: offices.Office) -> None:
    assert office.engine.models.begin_draft(ANALYST, "quy_trinh_moi", 'Mới & "lạ" <b>') == 1
    begun = office.engine.queries.draft(ANALYST, "quy_trinh_moi")
    assert (begun.name, begun.base, begun.version) == ('Mới & "lạ" <b>', None, None)
    assert office.engine.queries.process_diagram(ANALYST, "quy_trinh_moi").startswith("<svg")
    with refused(office, Conflict, "process_exists"):
        office.engine.models.begin_draft(ANALYST, "quy_trinh_moi", "Lần nữa")
    with refused(office, Conflict, "process_exists"):
        office.engine.models.begin_draft(ANALYST, T1, "Lần nữa")
    for wrong in ("", "Quy_trinh", "quy trinh", "1a", "a" * 81, "a/b", "quy-trinh"):
        with refused(office, DefinitionError, "definition"):
            office.engine.models.begin_draft(ANALYST, wrong, "Tên")
    assert office.engine.models.save_draft(ANALYST, "quy_trinh_moi", SOUND, 1) == 2
    assert office.engine.models.deploy_draft(ANALYST, "quy_trinh_moi", 2) == ("quy_trinh_moi", 1)
    v = process_versions.c
    mine, t1 = (
        office.read(sa.select(v.files).where(v.process_id == process_id))[0].files["forms"]
        for process_id in ("quy_trinh_moi", T1)
    )
    assert mine == {"phieu_giao_viec": t1["phieu_giao_viec"]}
    assert "quy_trinh_moi" in {one["id"] for one in office.engine.queries.model_options(DRAFTER)["processes"]}


def test_a_draft_that_is_what_is_deployed_makes_no_version(office: offices.Office) -> None:
    office.engine.models.save_draft(ANALYST, T1, deployed(office), 0)
    with refused(office, Conflict, "nothing_new"):
        office.engine.models.deploy_draft(ANALYST, T1, 1)


def test_what_a_draft_leans_on_is_looked_at_again_when_it_has_changed_since_the_check(office: offices.Office) -> None:
    """The check is made before the transaction; this is the transaction when somebody else has deployed in between."""
    office.engine.models.save_draft(ANALYST, "quy_trinh_moi", SOUND, 0)
    stale = models.Deployable("0" * 64, "Quy trình mới", {"model": "x", "forms": {}})
    before = offices.dump(office.engine)
    assert office.engine.write(models.deploy_draft, ANALYST, "quy_trinh_moi", 1, "", stale) is None
    assert offices.dump(office.engine) == before
    with refused(office, Conflict, "draft_changed"):
        office.engine.write(models.deploy_draft, ANALYST, "quy_trinh_moi", 2, "", stale)


def test_the_check_tells_errors_warnings_and_the_shortest_run(office: offices.Office) -> None:
    before = offices.dump(office.engine)
    found = office.engine.queries.check_model(ANALYST, "quy_trinh_moi", DEADLOCK)
    (deadlock,) = [f for f in found.report.findings if f.rule == "deadlock"]
    assert deadlock.trace and deadlock.trace[0]["do"] == "start"
    assert found.report.complete
    t1 = office.engine.queries.check_model(ANALYST, T1, deployed(office)).report
    assert t1.errors == [] and {f.rule for f in t1.findings} == {"gate_without_deputy"}
    nothing = office.engine.queries.check_model(ANALYST, T1, b"no xml")
    assert [f.params["code"] for f in nothing.report.errors] == ["xml"] and nothing.definition is None
    other = office.engine.queries.check_model(ANALYST, T1, SOUND).report
    assert "process_id" in {f.params.get("code") for f in other.errors}
    assert offices.dump(office.engine) == before


def test_an_environment_of_before_forms_were_kept_in_it_still_serves(office: offices.Office) -> None:
    old = json.loads(
        office.read(sa.select(environments.c.content, meta).join(meta, meta.c.environment == environments.c.hash))[
            0
        ].content
    )
    assert set(old["forms"]) >= {"", T1}
    assert "y_kien" in old["forms"][""] and "phieu_giao_viec" in old["forms"][T1]
    del old["forms"]
    text = json.dumps(old, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = models.definitions.digest_of(text.encode())
    with office.engine.statements().begin() as connection:
        connection.execute(sa.insert(environments), {"tenant_id": 1, "hash": digest, "content": text})
        connection.execute(sa.update(meta).values(environment=digest))
    again = offices.Office(offices.open_engine(office.engine.settings.database_url), case_id=office.case_id)
    handles("phan_cong", HEAD)(again)
    assert again.faults() == []
    rules = {f.rule for f in again.engine.queries.problems(ANALYST, T1).report.errors}
    assert rules == {"form_missing"}
    again.engine.close()


# --- files from elsewhere, earlier revisions ----------------------------------------------------------------------


def test_an_uploaded_model_becomes_a_draft_with_a_diagram(office: offices.Office) -> None:
    assert office.engine.models.import_draft(ANALYST, SOUND) == ("quy_trinh_moi", 1)
    assert b"BPMNShape" in office.engine.queries.draft(ANALYST, "quy_trinh_moi").content
    assert office.engine.models.import_draft(ANALYST, renamed(deployed(office), "Một")) == (T1, 1)
    assert office.engine.queries.draft(ANALYST, T1).base == 1


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1258", "utf-8-sig"])
def test_an_upload_in_another_encoding_is_kept_as_browsers_read_it(office: offices.Office, encoding: str) -> None:
    drawn = office.engine.queries.model(ANALYST, T1)
    said = renamed(drawn, "Bước tư").decode().replace("UTF-8", encoding.removesuffix("-sig"))
    sent = said.encode(encoding, "xmlcharrefreplace")
    assert office.engine.models.import_draft(ANALYST, sent) == (T1, 1)
    kept = office.engine.queries.draft(ANALYST, T1).content
    assert 'name="Bước tư"' in kept.decode("utf-8-sig")
    assert kept.count(b"<dc:Bounds") == drawn.count(b"<dc:Bounds")  # drawn as it was
    assert office.engine.queries.differences(ANALYST, T1, 1, 0).changes


def test_the_same_file_again_opens_the_draft_that_it_is(office: offices.Office) -> None:
    office.engine.models.import_draft(ANALYST, SOUND)
    assert office.engine.models.import_draft(ANALYST, SOUND) == ("quy_trinh_moi", 1)
    with pytest.raises(Conflict):
        office.engine.models.import_draft(ANALYST, SOUND.replace("Soạn".encode(), b"B"))


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"", "xml"),
        (b"PK\x03\x04", "xml"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><definitions/>", "doctype"),
        (b"<html/>", "not_bpmn"),
        (SOUND.replace(b"<process", b"<x").replace(b"</process", b"</x"), "no_process_id"),
        (SOUND.replace(b'id="quy_trinh_moi" ', b""), "no_process_id"),
        (SOUND.replace(b"quy_trinh_moi", b"Process_1"), "bad_process_id"),
    ],
)
def test_an_upload_that_is_no_process_is_refused(office: offices.Office, xml: bytes, code: str) -> None:
    with refused(office, DefinitionError, "definition") as found:
        office.engine.models.import_draft(ANALYST, xml)
    assert [p.code for p in found.value.problems] == [code]


def test_a_process_id_that_a_drawing_tool_made_up_is_replaced_everywhere(office: offices.Office) -> None:
    drawn = office.engine.queries.model(ANALYST, T1).replace(b"chi_thi_khcn", b"Process_1")
    assert office.engine.models.import_draft(ANALYST, drawn, instead="mua_sam") == ("mua_sam", 1)
    kept = office.engine.queries.draft(ANALYST, "mua_sam").content
    assert b'"Process_1"' not in kept
    assert kept.count(b'"mua_sam"') == drawn.count(b'"Process_1"') >= 2
    assert kept.count(b"<dc:Bounds") == drawn.count(b"<dc:Bounds")
    with pytest.raises(DefinitionError):
        office.engine.models.import_draft(ANALYST, drawn, instead="1-2")


def test_a_good_process_id_stays_whatever_the_file_is_called(office: offices.Office) -> None:
    assert office.engine.models.import_draft(ANALYST, SOUND, instead="tep_khac") == ("quy_trinh_moi", 1)


def test_an_upload_beside_an_open_draft_replaces_nothing_and_is_not_lost(office: offices.Office) -> None:
    mine, theirs = renamed(deployed(office), "Một"), renamed(deployed(office), "Hai")
    office.engine.models.save_draft(ANALYST, T1, mine, 0)
    with pytest.raises(Conflict) as found:
        office.engine.models.import_draft(ANALYST, theirs)
    assert (found.value.code, found.value.params["number"], found.value.params["kept"]) == ("draft_exists", 1, 2)
    draft = office.engine.queries.draft(ANALYST, T1)
    assert (draft.number, draft.content) == (1, mine)
    assert office.engine.models.restore_draft(ANALYST, T1, 2, 1) == 3
    assert office.engine.queries.draft(ANALYST, T1).content == theirs
    assert office.engine.models.restore_draft(ANALYST, T1, 1, 3) == 4
    assert office.engine.queries.draft(ANALYST, T1).content == mine


def test_a_dropped_draft_can_be_taken_back(office: offices.Office) -> None:
    xml = renamed(deployed(office), "Một")
    office.engine.models.save_draft(ANALYST, T1, xml, 0)
    with refused(office, Conflict, "draft_changed"):
        office.engine.models.drop_draft(ANALYST, T1, 2)
    office.engine.models.drop_draft(ANALYST, T1, 1)
    assert office.engine.queries.draft(ANALYST, T1).number == 0
    with refused(office, Conflict, "draft_changed") as found:
        office.engine.models.save_draft(ANALYST, T1, xml, 1)
    assert found.value.params["kind"] == "dropped"
    assert office.engine.models.restore_draft(ANALYST, T1, 1, 0) == 3
    assert office.engine.queries.draft(ANALYST, T1).content == xml
    shown = office.engine.queries.process(DRAFTER, T1).revisions
    assert [(r.number, r.kind) for r in shown] == [(3, "restored"), (2, "dropped"), (1, "saved")]


def test_a_revision_takes_a_fraction_of_its_size_and_what_was_changed_in_the_store_is_found(
    office: offices.Office,
) -> None:
    xml = renamed(deployed(office), "Một")
    office.engine.models.save_draft(ANALYST, T1, xml, 0)
    (row,) = office.read(sa.select(resources).where(resources.c.kind == "draft"))
    assert len(row.content) < len(xml) / 4
    assert office.engine.queries.revision(ANALYST, T1, 1) == xml
    for other in (row.content[:-9] + b"123456789", row.content[:7] + b"<x/>", b"<x/>"):
        with office.engine.statements().begin() as connection:
            connection.execute(sa.update(resources).where(resources.c.hash == row.hash).values(content=other))
        with pytest.raises(NotFound, match="changed in the store"):
            office.engine.queries.revision(ANALYST, T1, 1)


def test_revisions_are_only_ever_added(office: offices.Office) -> None:
    xml = deployed(office)
    commands, seen = office.engine.models, 0
    before: list[Any] = []
    acts: list[Callable[[int], Any]] = [
        lambda seen: commands.save_draft(ANALYST, T1, renamed(xml, "Một"), seen),
        lambda seen: commands.save_draft(ANALYST, T1, renamed(xml, "Hai"), seen),
        lambda seen: commands.restore_draft(ANALYST, T1, 1, seen),
        lambda seen: commands.deploy_draft(ANALYST, T1, seen),
        lambda _seen: commands.restore_draft(ANALYST, T1, 2, 0),
        lambda seen: commands.drop_draft(ANALYST, T1, seen),
    ]
    for act in acts:
        act(seen)
        rows = office.read(sa.select(model_revisions).order_by(model_revisions.c.number))
        assert rows[: len(before)] == before and len(rows) == len(before) + 1
        before, seen = rows, rows[-1].number
    assert [r.kind for r in before] == ["saved", "saved", "restored", "deployed", "restored", "dropped"]
