"""`flask policies check|load|export`."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideals import embedded
from ideals.approvals.rules import built_in_text
from ideals.approvals.states import Kind
from tests.approvals.test_policy_commands import document
from tests.shell import Shell


@pytest.fixture
def flask(own_database: str, servers: embedded.Servers) -> Shell:
    return Shell("policies", own_database, servers)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "order.yaml"
    made.write_text(document("2099-04-01"), encoding="utf-8")
    return made


def test_a_document_is_checked(flask: Shell, file: Path) -> None:
    assert flask("check", str(file)) == "order from 2099-04-01: no faults\n"
    wrong = file.read_text().replace("amount <=", "salary <=")
    file.write_text(wrong, encoding="utf-8")
    assert "line 7, cases[0].when" in flask("check", str(file), status=1)
    file.write_text("policy: nothing\n", encoding="utf-8")
    assert "policy" in flask("check", str(file), status=1)


def test_what_is_loaded_is_exported_byte_for_byte(flask: Shell, file: Path) -> None:
    assert flask("export", "order") == built_in_text(Kind.ORDER)
    for _ in range(2):
        assert flask("load", str(file)) == "order from 2099-04-01 is published\n"
    assert flask("export", "order") == file.read_text()
    assert flask("export", "order", "--from", "2099-04-01") == file.read_text()
    assert "2099-04-02" in flask("export", "order", "--from", "2099-04-02", status=1)


def test_a_day_that_has_come_takes_a_word_more(flask: Shell, file: Path) -> None:
    file.write_text(document("2025-01-01"), encoding="utf-8")
    assert "or later" in flask("load", str(file), status=1)
    assert "is published" in flask("load", str(file), "--any-day")
