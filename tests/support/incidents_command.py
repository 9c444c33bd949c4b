"""``phidrift incidents`` beside a monitor that uses the same state."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.__main__ import main
from tests.support.rig import SUBSCRIPTION

Printed = tuple[int, str, str]
"""The exit code, and what stands on standard output and standard error."""

Incidents = Callable[..., Printed]


@pytest.fixture
def incidents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Incidents:
    """Return what runs the command beside the monitor."""

    def run(*arguments: str, rules: str = "") -> Printed:
        config = tmp_path / "monitor.toml"
        config.write_text(rules, encoding="utf-8")
        monkeypatch.setenv("MONITORED_SUBSCRIPTIONS", SUBSCRIPTION)
        monkeypatch.setenv("STATE_STORE", f"sqlite:{tmp_path / 'state.db'}")
        monkeypatch.setenv("MONITOR_CONFIG", str(config))
        monkeypatch.chdir(tmp_path)
        code = main(["incidents", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run
