"""``phidrift demo`` plays its story and counts only requests that the channels received."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cli.demonstration.scenario import STORY

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ("1", "2")

ROW = re.compile(r"^  ([A-Z-]+) +(teams|pagerduty|splunk) +(\d+) +(\d+) *$", re.MULTILINE)
SECRETS = re.compile(r"sig=|Bearer|Splunk [0-9a-f]{8}-")


def test_each_step_is_told_and_ended_exactly_once_whatever_the_seed() -> None:
    with ThreadPoolExecutor() as pool:
        demos = list(pool.map(demo, SEEDS))

    for ended in demos:
        assert ended.returncode == 0, ended.stdout
        assert ROW.findall(ended.stdout) == [
            (step.control, channel, "1", "1") for step in STORY for channel in step.channels
        ]
        messages = 2 * sum(len(step.channels) for step in STORY)
        assert f"✓ {messages} messages, 0 unexpected, 0 refused" in ended.stdout
        assert ended.stdout.count("fix: az ") == len(STORY)
        assert SECRETS.findall(ended.stdout) == []
        assert ended.stderr == ""


def demo(seed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", "demo", "--seed", seed],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "COLUMNS": "110", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
        timeout=220,
    )
