"""Accounts, sessions and throttled log-in; the system clock is passed in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from engine import identity
from engine.errors import Forbidden
from engine.records import login_failures, metadata, people, sessions
from engine.settings import Settings

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
CHEAP = Settings(argon2_time=1, argon2_memory_kib=64)
IDLE, TOTAL = CHEAP.session_idle, CHEAP.session_total


@pytest.fixture
def conn() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        for person in ("cv.qlkh.1", "pct.ubnd"):
            row = {"tenant_id": 1, "id": person, "name": person, "name_en": person, "sort_key": person, "active": True}
            connection.execute(sa.insert(people), row)
            # Whatever the account under test, everybody here may have a session.
            identity.create_account(connection, 1, f"{person}.khac", person, "hash")
        yield connection
    engine.dispose()


def after(**delta: int) -> datetime:
    return NOW + timedelta(**delta)


def test_a_password_opens_its_account_whatever_way_its_letters_were_composed():
    stored = identity.hash_password("Trình ký 2022", CHEAP)
    assert "Tr" not in stored
    assert stored.startswith("$argon2id$")
    assert identity.verify(stored, "Trình ký 2022", CHEAP)
    assert identity.verify(stored, "Tri\u0300nh ky\u0301 2022", CHEAP)
    assert not identity.verify(stored, "trình ký 2022", CHEAP)
    assert identity.hash_password("Trình ký 2022", CHEAP) != stored


def test_an_unknown_login_costs_a_verification_too_and_never_opens(monkeypatch):
    identity.verify(None, "warm", CHEAP)
    verified = []
    really = PasswordHasher.verify

    def counting(hasher: PasswordHasher, stored: str, password: str) -> bool:
        verified.append(stored)
        return really(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    assert not identity.verify(None, "anything", CHEAP)
    assert len(verified) == 1
    assert "m=64,t=1" in verified[0]
    assert not identity.verify("not a hash", "anything", CHEAP)


@pytest.mark.parametrize("password", ["", "x" * 1025])
def test_an_empty_or_endless_password_is_refused(password):
    with pytest.raises(ValueError, match="1 to 1024"):
        identity.hash_password(password, CHEAP)
    assert not identity.verify(identity.hash_password("x" * 1024, CHEAP), password, CHEAP)


def test_other_parameters_ask_for_a_new_hash():
    stored = identity.hash_password("mật khẩu", CHEAP)
    assert not identity.needs_rehash(stored, CHEAP)
    dearer = Settings(argon2_time=2, argon2_memory_kib=64)
    assert identity.needs_rehash(stored, dearer)
    assert identity.verify(stored, "mật khẩu", dearer)


def test_a_login_name_is_folded(conn):
    assert identity.create_account(conn, 1, " CV.QLKH.1 ", "cv.qlkh.1", "hash")
    assert identity.credentials(conn, 1, "cv.qlkh.1 ").person_id == "cv.qlkh.1"
    assert identity.credentials(conn, 1, "cv.qlkh.2") is None
    assert identity.credentials(conn, 2, "cv.qlkh.1") is None
    assert identity.credentials_of(conn, 1, "cv.qlkh.1").login == "cv.qlkh.1"


def test_creating_an_account_again_keeps_its_password(conn):
    assert identity.create_account(conn, 1, "pct.ubnd", "pct.ubnd", "first")
    assert not identity.create_account(conn, 1, "PCT.ubnd", "pct.ubnd", "second")
    assert identity.credentials(conn, 1, "pct.ubnd").password_hash == "first"
    identity.set_hash(conn, 1, "pct.ubnd", "third")
    assert identity.credentials(conn, 1, "pct.ubnd").password_hash == "third"


def test_somebody_who_left_has_no_credentials_and_no_session(conn):
    identity.create_account(conn, 1, "pct.ubnd", "pct.ubnd", "hash")
    token = identity.open_session(conn, 1, "pct.ubnd", NOW)
    assert identity.find_session(conn, 1, token, NOW, IDLE, TOTAL).person_id == "pct.ubnd"
    conn.execute(sa.update(people).values(active=False))
    assert identity.credentials(conn, 1, "pct.ubnd") is None
    assert identity.find_session(conn, 1, token, NOW, IDLE, TOTAL) is None


def test_only_the_hash_of_a_token_is_stored(conn):
    token = identity.open_session(conn, 1, "pct.ubnd", NOW)
    stored = conn.execute(sa.select(sessions)).one()
    assert token not in str(tuple(stored))
    assert identity.find_session(conn, 1, stored.token_hash, NOW, IDLE, TOTAL) is None
    assert identity.find_session(conn, 2, token, NOW, IDLE, TOTAL) is None
    assert len({stored.csrf, token, stored.token_hash}) == 3


def test_a_session_ends_when_idle(conn):
    token = identity.open_session(conn, 1, "pct.ubnd", NOW)
    assert identity.find_session(conn, 1, token, after(seconds=IDLE - 1), IDLE, TOTAL)
    assert identity.find_session(conn, 1, token, after(seconds=IDLE), IDLE, TOTAL) is None
    identity.touch(conn, 1, token, after(hours=7))
    assert identity.find_session(conn, 1, token, after(hours=14), IDLE, TOTAL)


def test_a_session_ends_for_good_after_its_total_time(conn):
    token = identity.open_session(conn, 1, "pct.ubnd", NOW)
    for hours in range(6, 24, 6):
        identity.touch(conn, 1, token, after(hours=hours))
    assert identity.find_session(conn, 1, token, after(seconds=TOTAL - 1), IDLE, TOTAL)
    assert identity.find_session(conn, 1, token, after(seconds=TOTAL), IDLE, TOTAL) is None


def test_a_session_is_touched_at_most_once_a_minute(conn):
    token = identity.open_session(conn, 1, "pct.ubnd", NOW)
    identity.touch(conn, 1, token, after(seconds=59))
    assert conn.execute(sa.select(sessions.c.seen_at)).scalar_one() == NOW
    identity.touch(conn, 1, token, after(seconds=60))
    assert conn.execute(sa.select(sessions.c.seen_at)).scalar_one() == after(seconds=60)


def test_logging_out_closes_one_session_or_all(conn):
    first, second, other = (identity.open_session(conn, 1, p, NOW) for p in ("pct.ubnd", "pct.ubnd", "cv.qlkh.1"))
    identity.close_session(conn, 1, first)
    assert identity.find_session(conn, 1, first, NOW, IDLE, TOTAL) is None
    assert identity.find_session(conn, 1, second, NOW, IDLE, TOTAL)
    identity.close_all(conn, 1, "pct.ubnd")
    assert identity.find_session(conn, 1, second, NOW, IDLE, TOTAL) is None
    assert identity.find_session(conn, 1, other, NOW, IDLE, TOTAL)


def fail(conn: sa.Connection, subject: str, times: int, at: datetime = NOW) -> None:
    for _ in range(times):
        identity.note_failure(conn, 1, subject, at)


def check(conn: sa.Connection, at: datetime, login: str = "pct.ubnd", address: str = "10.0.0.1") -> None:
    identity.check_throttle(conn, 1, login, address, at, CHEAP)


def test_the_fifth_failure_closes_an_account_until_the_window_has_passed(conn):
    subject = identity.login_subject("pct.ubnd")
    fail(conn, subject, 4)
    check(conn, NOW)
    fail(conn, subject, 1, after(seconds=100))
    with pytest.raises(Forbidden) as refused:
        check(conn, after(seconds=200), " PCT.UBND")
    assert refused.value.code == "throttled"
    assert refused.value.params == {"retry_after": 700}
    check(conn, after(seconds=200), "cv.qlkh.1")
    check(conn, after(seconds=900))
    assert identity.failures(conn, 1, subject, after(seconds=0)) == 1


def test_a_login_that_succeeds_clears_the_account(conn):
    subject = identity.login_subject("pct.ubnd")
    fail(conn, subject, 5)
    identity.clear_failures(conn, 1, subject)
    check(conn, NOW)


def test_an_address_may_fail_ten_times_as_often(conn):
    fail(conn, identity.address_subject("10.0.0.1"), 49)
    check(conn, NOW)
    fail(conn, identity.address_subject("10.0.0.1"), 1)
    with pytest.raises(Forbidden):
        check(conn, NOW)
    check(conn, NOW, address="10.0.0.2")


def test_no_address_is_nobodys_address(conn):
    fail(conn, identity.address_subject(""), 50)
    check(conn, NOW, address="")


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", "address:10.0.0.1"),
        ("unix:" + "x" * 300, "address:unix:" + "x" * 75),
    ],
)
def test_addresses_that_one_customer_can_change_at_will_count_as_one(address, subject):
    assert identity.address_subject(address) == subject


def test_an_endless_or_odd_login_name_still_fits_its_row(conn):
    assert identity.credentials(conn, 1, "\ud800\0") is None
    assert not identity.verify(None, "\ud800", CHEAP)
    subject = identity.login_subject("x" * 5000 + "\0")
    fail(conn, subject, 1)
    assert len(subject) < 200
    assert "\0" not in identity.login_subject("a\0b")


def test_what_no_longer_counts_is_deleted(conn):
    identity.open_session(conn, 1, "pct.ubnd", NOW)
    kept = identity.open_session(conn, 1, "pct.ubnd", after(hours=7))
    fail(conn, "login:x", 1)
    fail(conn, "login:y", 1, after(hours=8))
    identity.forget_expired(conn, 1, after(hours=8), CHEAP)
    assert conn.execute(sa.select(sessions.c.token_hash)).scalars().all() == [identity.token_hash(kept)]
    assert conn.execute(sa.select(login_failures.c.subject)).scalars().all() == ["login:y"]
