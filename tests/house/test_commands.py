"""The same parts, however they are started; the commands that the Makefile and README promise."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ideals.config import ROOT
from ideals.embedded import PARTS

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_docker_compose_runs_the_same_command_as_make_run(part: Any) -> None:
    here = part.command.replace("{bind}", "0.0.0.0:8000").replace("{var}", "/var/lib/ideals")
    assert COMPOSE["services"][part.name]["command"] == f"python -m {here}"


def test_docker_compose_has_no_other_parts_than_make_run_and_the_servers() -> None:
    beside = {"postgres", "redis", "migrate"}
    assert set(COMPOSE["services"]) == beside | {part.name for part in PARTS}


def test_docker_compose_migrates_before_anything_starts() -> None:
    for part in PARTS:
        needs = COMPOSE["services"][part.name]["depends_on"]
        assert needs["migrate"] == {"condition": "service_completed_successfully"}


def test_docker_compose_holds_no_secret_and_starts_with_none_missing() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("IDEALS_SECRET_KEY", "POSTGRES_PASSWORD"):
        values = re.findall(rf"\$\{{{name}[^}}]*\}}", text)
        assert values
        assert all(f"{name}:?" in value for value in values)


def test_every_flask_command_of_docker_compose_exists() -> None:
    from ideals.app import create_app

    commands = create_app().cli.commands
    for service in COMPOSE["services"].values():
        words = shlex.split(service.get("command", ""))
        if "flask" in words:
            assert words[words.index("flask") + 1] in commands


def test_the_makefile_calls_a_flask_command_that_exists() -> None:
    from ideals.app import create_app

    called = re.findall(r"-m flask (\w+)", MAKEFILE)
    assert called
    assert set(called) <= set(create_app().cli.commands)


def test_make_help_lists_every_target() -> None:
    shown = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert TARGETS == ["help", "run", "test", "lint", "bench", "requirements"]
    assert [line.split()[1] for line in shown.splitlines()] == TARGETS


def test_the_readme_names_only_targets_that_exist() -> None:
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"(?:^\s*|`)make ([a-z]+)", readme, re.MULTILINE))
    assert {"run", "test"} <= named <= set(TARGETS)


def test_the_continuous_integration_is_make_test() -> None:
    run = ROOT / ".ci" / "run"
    assert run.read_text() == "#!/usr/bin/env bash\nexec make test\n"
    assert os.access(run, os.X_OK)


def test_every_requirement_is_pinned_with_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        entries = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
        assert entries
        assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
        assert "index-url " not in text.split("\n", 2)[2], "where from is this machine's business"


def test_every_direct_requirement_is_in_the_compiled_file() -> None:
    for stem in ("requirements", "requirements-dev"):
        compiled = re.sub(r"\[.*\]", "", (ROOT / f"{stem}.txt").read_text())
        for line in (ROOT / f"{stem}.in").read_text().splitlines():
            wanted = re.sub(r"\[.*\]", "", line.split("#")[0]).strip()
            if wanted and not wanted.startswith("-"):
                assert re.search(rf"^{re.escape(wanted)}\b", compiled, re.MULTILINE), wanted


def test_an_old_python_is_told_what_is_needed(tmp_path: Path) -> None:
    """A machine whose only Python is too old."""
    old = tmp_path / "bin" / "python3"
    old.parent.mkdir()
    old.write_text(
        '#!/bin/sh\nif [ "$1" = --version ]; then echo "Python 3.9.2"; else exit 1; fi\n'
    )
    old.chmod(0o755)
    for tool in ("dirname", "sh", "cat"):
        (old.parent / tool).symlink_to(Path("/bin") / tool)
    checkout = tmp_path / "check out"
    (checkout / ".ci").mkdir(parents=True)
    setup = checkout / ".ci" / "setup"
    setup.write_bytes((ROOT / ".ci" / "setup").read_bytes())
    tried = subprocess.run(
        ["/bin/sh", setup, "run"],
        env={"PATH": str(old.parent), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode == 1
    assert len(tried.stderr.splitlines()) == 1
    assert "Python 3.11 or newer is needed, here is Python 3.9.2" in tried.stderr


def test_without_a_browser_make_test_says_what_to_do(tmp_path: Path) -> None:
    for tool in ("dirname", "sh", "id"):
        (tmp_path / tool).symlink_to(
            next(path for path in (Path("/bin") / tool, Path("/usr/bin") / tool) if path.exists())
        )
    environ = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    command = ["/bin/sh", str(ROOT / ".ci" / "setup"), "browser"]
    tried = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert tried.returncode == 1
    assert "chromium" in tried.stderr
    assert "BROWSER=skip" in tried.stderr
    skipped = subprocess.run(
        command, env={**environ, "BROWSER": "skip"}, capture_output=True, text=True, check=False
    )
    assert (skipped.returncode, skipped.stdout) == (0, "")
