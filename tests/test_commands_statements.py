"""What a command costs: statements on SQLite, round trips on PostgreSQL, and how small the state of a case stays."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import Engine
from offices import DRAFTER, HEAD, PROVINCE, REASON, VICE_CHAIR, handles
from webui import demo

At = Callable[..., offices.Office]
# A dozen statements with BEGIN and COMMIT; on PostgreSQL what crosses the wire and is waited for.
MOST = {"sqlite": 12, "postgresql": 8}


@contextmanager
def counted(core: Engine) -> Iterator[list[str]]:
    """The statements that are executed inside, BEGIN and COMMIT among them."""
    found: list[str] = []

    def execute(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        found.append(statement)

    def begin(_c: Any) -> None:
        if core.statements().dialect.name == "postgresql":  # on SQLite it is a statement of ours
            found.append("BEGIN")

    def commit(_c: Any) -> None:
        found.append("COMMIT")

    listeners = (("before_cursor_execute", execute), ("begin", begin), ("commit", commit))
    for name, listener in listeners:
        sa.event.listen(core.statements(), name, listener)
    yield found
    for name, listener in listeners:
        sa.event.remove(core.statements(), name, listener)


def load_models(tx: Any) -> None:
    """A server that has run for a while knows its models and forms."""
    for digest in tx.environment_facts.processes.values():
        for form in tx.models.bundle(tx.conn, tx.tenant, digest).forms.values():
            tx.models.form(tx.conn, tx.tenant, form)


def cost(office: offices.Office, person: str, element: str, answers: Any) -> list[str]:
    """The statements of completing one task, as its page would."""
    office.engine.read(lambda tx: (tx.now, load_models(tx)))
    view = office.task(person, element)
    office.attaches(person, view)
    view = office.task(person, element)
    more = {"seen_documents": view.document_count} if view.gate is not None else {}
    with counted(office.engine) as statements:
        office.engine.cases.complete(view.id, person, answers, view.version, **more)
    assert statements[0].startswith("BEGIN")
    assert statements[-1] == "COMMIT"
    return statements


TYPICAL = [
    ("phan_cong", "phan_cong", HEAD, demo.ANSWERS["phan_cong"]),
    ("chuan_bi", "thu_thap", DRAFTER, demo.ANSWERS["thu_thap"]),
    ("duyet_du_thao", "duyet_du_thao", HEAD, {"outcome": "yeu_cau_chinh_sua", "reason": REASON}),
    ("duyet_du_thao", "duyet_du_thao", HEAD, {"outcome": "dong_y"}),
    ("gop_y_noi_bo", "gop_y_noi_bo", "cct.tdc", demo.AGREES),
    ("hoi_dong_gop_y", "hoi_dong_gop_y", "hd.khcn.1", demo.REMARKS),
    ("chi_dao", "chi_dao", VICE_CHAIR, {"outcome": "dong_y"}),
]


def test_completing_a_task_costs_a_handful_of_statements(office_at: At, subtests: pytest.Subtests) -> None:
    for stop, element, person, answers in TYPICAL:
        with subtests.test(element=element, outcome=answers.get("outcome")):
            office = office_at(stop)
            statements = cost(office, person, element, answers)
            limit = MOST[office.engine.statements().dialect.name]
            assert len(statements) <= limit, f"{len(statements)}:\n" + "\n".join(s[:90] for s in statements)


def test_the_drafters_tasks_with_documents_cost_no_more(office_at: At) -> None:
    office = office_at("phan_cong").hurry("xay_dung_du_thao")
    limit = MOST[office.engine.statements().dialect.name]
    assert len(cost(office, DRAFTER, "xay_dung_du_thao", demo.ANSWERS["xay_dung_du_thao"])) <= limit
    office = office_at("chi_dao").hurry("hoan_thien_ho_so")
    assert len(cost(office, DRAFTER, "hoan_thien_ho_so", demo.ANSWERS["hoan_thien_ho_so"])) <= limit
    assert len(cost(office, PROVINCE, "kiem_tra_ho_so", {"outcome": "du"})) <= limit


def test_the_cost_does_not_grow_with_what_is_behind(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    counts = []
    for _ in range(6):
        answers = {"outcome": "yeu_cau_chinh_sua", "reason": REASON}
        counts.append(len(cost(office, HEAD, "duyet_du_thao", answers)))
        handles("xay_dung_du_thao")(office)
    # From the third return on it is asked whether it is the third; that one tells the director and the unit's head.
    two, third, later = set(counts[:2]), counts[2], set(counts[3:])
    assert len(two) == len(later) == 1
    assert later == {counts[0] + 1}
    assert third <= counts[0] + 4


def test_an_answer_in_a_round_of_many_costs_what_one_of_few_costs(office_at: At) -> None:
    office = office_at("hoi_dong_gop_y")
    counts = [len(cost(office, person, "hoi_dong_gop_y", demo.AGREES)) for person in demo.COUNCIL[:6]]
    assert len(set(counts)) == 1


def test_the_state_stays_within_one_kilobyte_at_every_step(office_at: At) -> None:
    office = office_at("nhan_nhiem_vu")
    sizes = {}
    for when, name, act in offices.ON_TIME:
        office.at(when)
        act(office)
        sizes[name] = len(office.state().encode())
    assert max(sizes.values()) <= 1024, sizes


def test_the_state_does_not_grow_with_returns(office_at: At) -> None:
    office = office_at("duyet_du_thao")
    sizes = []
    for _ in range(8):
        office.decides(HEAD, "duyet_du_thao", "yeu_cau_chinh_sua", REASON)
        handles("xay_dung_du_thao")(office)
        sizes.append(len(office.state()))
    # Only the counter of ids may become a digit longer.
    assert max(sizes) - sizes[0] <= 8
    assert office.faults() == []
