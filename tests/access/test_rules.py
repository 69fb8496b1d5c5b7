from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ideals.access import rules
from ideals.access.errors import EmailUnreadable, PasswordWeak, SignInNotFresh
from ideals.access.rules import Counted, delay_after
from ideals.kernel.actor import Actor


@pytest.mark.parametrize(
    "password",
    ["four unrelated words here", "Tr0ub4dor&3-and-more", "  spaces count too  ",
     "".join(map(chr, range(33, 289))), "日本語のパスワードは長い方が良い",
     "ride the 1948 tram daily"],
)  # fmt: skip
def test_a_long_password_of_any_signs_will_do(password: str) -> None:
    rules.check_password(password, email="anna@example.org")


@pytest.mark.parametrize("password", ["", "short", "elevensigns", "x7#kQ" * 60])
def test_a_password_has_12_to_256_signs(password: str) -> None:
    with pytest.raises(PasswordWeak) as refused:
        rules.check_password(password, email="anna@example.org")
    assert refused.value.data["reason"] == "length"
    assert "12" in refused.value.message
    assert not password or password not in refused.value.message


@pytest.mark.parametrize(
    "password",
    ["Password1234", "p@ssw0rd!!!!", "Welkom012026!", "qwertyuiop12", "123456789012",
     "aaaaaaaaaaaa", "abcabcabcabc", "correcthorsebatterystaple", "iloveyou2026!", "annabella123",
     "wachtwoord2026", "exampleexample", "Amsterdam2026", "abcdefghijkl", "010101010101"],
)  # fmt: skip
def test_what_everybody_tries_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordWeak) as refused:
        rules.check_password(password, email="annabella@example.org")
    assert refused.value.data["reason"] == "common"


def test_attempts_slow_down_and_never_lock() -> None:
    waits = [delay_after(Counted.ACCOUNT, failures).total_seconds() for failures in range(14)]
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert delay_after(Counted.ADDRESS, 49) == timedelta(0)
    assert delay_after(Counted.ADDRESS, 10**6) == timedelta(minutes=1)


def test_a_known_browser_is_counted_by_itself() -> None:
    keys = rules.attempt_keys("anna@example.org", "192.0.2.1", None)
    assert [counted for counted, _ in keys] == [Counted.ACCOUNT, Counted.ADDRESS]
    assert "anna" not in str(keys), "addresses of people are not kept in the clear"
    assert rules.attempt_keys("anna@example.org", "192.0.2.1", "m") == (
        (Counted.DEVICE, "device:m"),
    )


def test_an_ipv6_household_is_one_address() -> None:
    assert rules.network_of("2001:db8:1:2:3::4") == rules.network_of("2001:db8:1:2::9")
    assert rules.network_of("2001:db8:1:2::1") != rules.network_of("2001:db8:1:3::1")
    assert rules.network_of("192.0.2.1") != rules.network_of("192.0.2.2")
    assert rules.network_of("no address") == "unknown"


def test_the_hash_is_argon2id_with_at_least_19_mib() -> None:
    stored = rules.hash_password("four unrelated words here")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert rules.password_matches(stored, "four unrelated words here")
    assert not rules.password_matches(stored, "four unrelated words")
    assert not rules.password_matches(None, "the password of nobody")
    assert not rules.password_matches("damaged", "x")
    assert not rules.needs_rehash(stored)


def test_a_browser_is_named_as_people_call_it() -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    assert rules.browser_name(agent) == "Firefox, Windows"
    agent = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140"
    assert rules.browser_name(agent) == "Edge, Android"
    assert rules.browser_name("something else") == "something else"
    assert rules.browser_name("") == ""


def test_an_address_is_compared_folded() -> None:
    assert rules.folded_email("  Anna@Example.ORG ") == "anna@example.org"


@pytest.mark.parametrize("email", ["", "anna", "anna@", "@example.org", "a b@example.org", "a@b"])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(EmailUnreadable):
        rules.folded_email(email)


def test_a_proof_is_fresh_for_a_quarter_of_an_hour() -> None:
    now = datetime(2026, 3, 15, 12, tzinfo=UTC)
    rules.check_fresh(Actor("anna", proved_at=now - timedelta(minutes=15)), now)
    for proved_at in (None, now - timedelta(minutes=15, seconds=1)):
        with pytest.raises(SignInNotFresh, match="within 15 minutes"):
            rules.check_fresh(Actor("anna", proved_at=proved_at), now)
