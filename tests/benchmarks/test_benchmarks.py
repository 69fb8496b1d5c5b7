"""The benchmarks still run. What they measure is of no interest with so few people."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ideals.config import ROOT


def test_a_small_benchmark_gives_a_table_and_json(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    command = [sys.executable, "-m", "benchmarks", "--only", "--employees", "50", "--rounds", "1"]
    done = subprocess.run(
        [*command, "--json", file], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "| employees |" in done.stdout
    assert "times a plain COPY of the same rows" in done.stdout
    (case,) = json.loads(file.read_text())["cases"]
    assert (case["employees"], case["transfers"]) == (50, 200)
    assert case["worker_peak_bytes"] > 1_000_000
    assert "closing a month takes" in done.stdout
    (close,) = json.loads(file.read_text())["closes"]
    assert (close["employees"], close["transfers"]) == (50, 50)
    assert close["tpcb_per_second"] > 0
    assert "the shop page with 40 products costs" in done.stdout
    page = json.loads(file.read_text())["shop"]
    assert page["few"]["statements"] == page["many"]["statements"]
    assert "an order over HTTP" in done.stdout
    assert json.loads(file.read_text())["orders"]["bare_per_second"] > 0
    assert "the clock over 20,000 open steps costs" in done.stdout
    clocks = json.loads(file.read_text())["approvals"]
    assert (clocks["few"]["due"], clocks["many"]["open_steps"]) == (100, 20_000)
    first, second = clocks["inboxes"]
    assert (first["waiting"], second["waiting"]) == (10, 10_000)
    assert first["statements"] == second["statements"]
    assert "the clock over 20,000 deals costs" in done.stdout
    made = json.loads(file.read_text())["deals"]
    assert made["short"]["statements"] == made["long"]["statements"]
    assert (made["long"]["offers"], made["long"]["messages"]) == (50, 500)
    assert (made["few"]["due"], made["many"]["deals"]) == (100, 20_000)
    assert "prices with 200 rules in force cost" in done.stdout
    assert json.loads(file.read_text())["prices"]["all_over"]["rules"] == 200
    assert "a simulation takes" in done.stdout
    (simulated,) = json.loads(file.read_text())["simulations"]
    assert (simulated["employees"], simulated["orders"]) == (50, 250)
