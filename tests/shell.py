"""A group of `flask` commands as somebody at a shell runs them: each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

from ideals import embedded
from ideals.config import ROOT


class Shell:
    """`group`: the first word of every command."""

    def __init__(self, group: str, address: str, servers: embedded.Servers) -> None:
        self.group = group
        self.environment = {"DATABASE_URL": address, "REDIS_URL": servers.redis_url}

    def __call__(self, *words: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "flask", self.group, *words],
            env=os.environ | self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr
