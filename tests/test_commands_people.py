"""Logging in, staying logged in, and being thrown out: at the door, on system time."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

import offices
from engine import Conflict, Engine, FixedClock, Forbidden, Invalid
from engine.records import accounts, login_failures, people, sessions
from webui import demo

ADDRESS = "192.0.2.7"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def core(demo_url: str) -> Iterator[Engine]:
    core = offices.open_engine(demo_url)
    yield core
    core.close()


@pytest.fixture
def later(core: Engine) -> Callable[[timedelta], None]:
    """Lets system time pass."""
    assert isinstance(core.clock, FixedClock)
    return core.clock.advance


def log_in(core: Engine, login: str = "gd.so", password: str = demo.PASSWORD, address: str = ADDRESS) -> str:
    return str(core.people.log_in(login, password, address))


def refused(core: Engine, code: str, **who: str) -> Forbidden:
    with pytest.raises(Forbidden) as found:
        log_in(core, **who)
    assert found.value.code == code
    return found.value


def test_a_session_says_who_one_is(core: Engine) -> None:
    view = core.queries.session(log_in(core))
    assert (view.person, view.name, view.unit) == ("gd.so", "Giám đốc Sở", "lanh_dao_so")
    assert "giam_doc" in view.roles
    assert {"dept_director", "dept_leader", "gd.so"} <= view.keys


def test_names_are_taken_as_people_type_them(core: Engine) -> None:
    assert core.queries.session(log_in(core, login="  GD.So ")).person == "gd.so"


def test_an_unknown_name_and_a_wrong_password_look_the_same(core: Engine) -> None:
    wrong = refused(core, "bad_credentials", password="khong-dung")
    unknown = refused(core, "bad_credentials", login="nobody")
    assert (wrong.message, wrong.params) == (unknown.message, unknown.params)


def test_after_five_failures_an_account_waits(core: Engine, later: Callable[[timedelta], None]) -> None:
    for _ in range(5):
        refused(core, "bad_credentials", password="khong-dung")
        later(MINUTE)
    # The first failure was five minutes ago and counts for fifteen.
    assert refused(core, "throttled").params == {"retry_after": 600}
    assert core.queries.session(log_in(core, login="tp.qlkh")).person == "tp.qlkh"
    later(timedelta(seconds=599))
    assert refused(core, "throttled").params == {"retry_after": 1}
    later(timedelta(seconds=1))
    log_in(core)
    # What succeeded is forgotten: four more failures do not lock.
    for _ in range(4):
        refused(core, "bad_credentials", password="khong-dung")
    log_in(core)


def test_one_address_cannot_try_many_accounts(core: Engine) -> None:
    for number in range(50):
        refused(core, "bad_credentials", login=f"nobody.{number}")
    refused(core, "throttled", login="gd.so")
    log_in(core, address="192.0.2.8")


def at_once(attempts: list[Callable[[], Any]]) -> Counter[str]:
    """All attempts start together; how they ended, by code."""
    start = Barrier(len(attempts))

    def one(attempt: Callable[[], Any]) -> str:
        start.wait(30)
        try:
            attempt()
        except (Forbidden, Conflict) as error:
            return error.code
        return "opened"

    with ThreadPoolExecutor(len(attempts)) as pool:
        return Counter(pool.map(one, attempts))


def test_of_many_guesses_at_once_no_more_are_checked_than_one_after_the_other(core: Engine) -> None:
    ends = at_once([lambda n=n: log_in(core, password=f"doan-{n}", address=f"192.0.2.{n}") for n in range(16)])
    assert ends == {"bad_credentials": 5, "throttled": 11}


def test_of_many_guesses_at_a_signature_no_more_are_checked(core: Engine) -> None:
    missing = "00000000-0000-7000-8000-000000000000"
    ends = at_once([lambda n=n: core.signing.sign(missing, "gd.so", {}, 1, f"doan-{n}") for n in range(16)])
    assert ends == {"wrong_password": 5, "throttled": 11}


def test_a_right_password_is_not_counted_for_the_name_nor_for_the_address(core: Engine) -> None:
    for _ in range(60):
        log_in(core)
    with core.statements().connect() as connection:
        assert connection.execute(sa.select(login_failures.c.subject)).all() == []


def test_a_refused_log_in_is_remembered(core: Engine) -> None:
    refused(core, "bad_credentials", password="khong-dung")
    with core.statements().connect() as connection:
        subjects = set(connection.execute(sa.select(login_failures.c.subject)).scalars())
    assert subjects == {"login:gd.so", f"address:{ADDRESS}"}


def test_a_session_ends_after_eight_idle_hours(core: Engine, later: Callable[[timedelta], None]) -> None:
    token = log_in(core)
    later(8 * HOUR - MINUTE)
    assert core.queries.session(token) is not None
    core.people.touch(token)
    later(8 * HOUR - MINUTE)
    assert core.queries.session(token) is not None
    later(MINUTE)
    assert core.queries.session(token) is None


def test_a_session_ends_after_a_day_however_busy(core: Engine, later: Callable[[timedelta], None]) -> None:
    token = log_in(core)
    for _ in range(23):
        later(HOUR)
        core.people.touch(token)
        assert core.queries.session(token) is not None
    later(HOUR)
    core.people.touch(token)
    assert core.queries.session(token) is None


def test_moved_business_time_ends_no_session(core: Engine) -> None:
    token = log_in(core)
    offices.wind(core, demo.STARTS)
    core.operations.advance(demo.STARTS + timedelta(days=60))
    assert core.queries.session(token) is not None


def test_logging_out_ends_one_session(core: Engine) -> None:
    here, there = log_in(core), log_in(core)
    core.people.log_out(here)
    core.people.log_out("no such token")
    assert core.queries.session(here) is None
    assert core.queries.session(there) is not None


@pytest.mark.parametrize(("table", "column"), [(people, people.c.id), (accounts, accounts.c.person_id)])
def test_who_was_switched_off_is_out_at_once(core: Engine, table: sa.Table, column: sa.Column[str]) -> None:
    token = log_in(core)
    with core.statements().begin() as connection:
        connection.execute(sa.update(table).where(column == "gd.so").values(active=False))
    assert core.queries.session(token) is None
    refused(core, "bad_credentials")


def test_the_store_knows_no_token_and_no_password(core: Engine) -> None:
    token = log_in(core)
    with core.statements().connect() as connection:
        stored = connection.execute(sa.select(sessions.c.token_hash)).scalars().all()
        hashes = set(connection.execute(sa.select(accounts.c.password_hash)).scalars())
    assert token not in stored
    assert all(text.startswith("$argon2id$") for text in hashes)


def test_ended_sessions_and_old_failures_are_swept_out(core: Engine, later: Callable[[timedelta], None]) -> None:
    log_in(core)
    refused(core, "bad_credentials", password="khong-dung")
    later(25 * HOUR)
    kept = log_in(core)
    core.operations.tick()
    with core.statements().connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(sessions)).scalar_one() == 1
        assert connection.execute(sa.select(sa.func.count()).select_from(login_failures)).scalar_one() == 0
    assert core.queries.session(kept) is not None


def test_the_language_of_the_pages_is_chosen_once(core: Engine) -> None:
    core.people.set_language("gd.so", "en")
    assert core.queries.session(log_in(core)).lang == "en"
    with pytest.raises(Invalid):
        core.people.set_language("gd.so", "xx")


def test_notices_count_until_they_are_read(core: Engine) -> None:
    offices.wind(core, demo.STARTS)
    office = offices.Office(core)
    office.opens(offices.SECRETARY, "T1")
    offices.handles("phan_cong", offices.HEAD)(office)
    view = office.task(offices.DRAFTER, "thu_thap")
    core.cases.assign(offices.HEAD, view.id, "cv.qlkh.3", offices.REASON)
    assert core.queries.chrome("cv.qlkh.3").unread == 1
    core.people.read_notices("cv.qlkh.3")
    assert core.queries.chrome("cv.qlkh.3").unread == 0
    assert [notice.unread for notice in core.queries.notices("cv.qlkh.3")] == [False]
