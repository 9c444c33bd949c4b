"""The composition root: what the operator chose is read whole, and refused whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap
from drift.errors import BadSettings

GOOD = {
    "MONITORED_SUBSCRIPTIONS": "00000000-0000-0000-0000-00000000000a",
    "TEAMS_WEBHOOK_URL": "https://teams.example/w?s=1",
}


SIEMS = {
    "SENTINEL_ENDPOINT": "https://rule.ingest.example",
    "SENTINEL_RULE_ID": "dcr-000a00a000a00000a000000aa000a0aa",
    "SENTINEL_STREAM": "Custom-PhiDriftFindings_CL",
    "FINDINGS_TOPIC_ENDPOINT": "https://topic.example",
    "FINDINGS_WEBHOOK_URL": "https://hooks.example",
    "FINDINGS_WEBHOOK_SECRET": "whsec_c3dvcmRmaXNo",
}
EVERY_CHANNEL = {
    **GOOD,
    **SIEMS,
    "PAGERDUTY_ROUTING_KEY": "key",
    "SPLUNK_HEC_URL": "https://splunk.example",
    "SPLUNK_HEC_TOKEN": "token",
}


def written(folder: Path, content: bytes) -> str:
    path = folder / "monitor.toml"
    path.write_bytes(content)
    return str(path)


def test_a_file_that_an_editor_on_windows_saved_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbf[timing]\r\nsettle_seconds = 7\r\n")

    _, config = bootstrap.chosen(GOOD | {"MONITOR_CONFIG": f" {path} "})

    assert config.timing.settle_seconds == 7


def test_what_is_wrong_with_the_settings_and_the_file_is_one_error(tmp_path: Path) -> None:
    path = written(tmp_path, b"[timing]\nsettle_seconds = -1\n")

    with pytest.raises(BadSettings) as refused:
        bootstrap.chosen({"MONITOR_CONFIG": path, "ARM_ENDPOINT": "swordfish"})

    told = "\n".join(refused.value.problems)
    assert "ARM_ENDPOINT is not an https address" in told
    assert "MONITORED_SUBSCRIPTIONS is not set" in told
    assert "monitor.toml: line 2, timing.settle_seconds" in told
    assert "swordfish" not in told


@pytest.mark.parametrize("name", bootstrap.CHANNELS[1:])
def test_a_route_to_a_channel_without_settings_is_refused(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, f'[[routes]]\nchannels = ["teams", "{name}"]\n'.encode())

    with pytest.raises(BadSettings, match=f"a route names {name}, whose settings are absent"):
        bootstrap.chosen(GOOD | {"MONITOR_CONFIG": path})


def test_every_channel_is_there_by_its_name_and_in_its_place() -> None:
    settings, _ = bootstrap.chosen(EVERY_CHANNEL)
    channels, close = bootstrap.channels(settings)
    close()

    assert tuple(each.name for each in channels) == bootstrap.CHANNELS
    assert tuple(settings.channels) == bootstrap.CHANNELS


@pytest.mark.parametrize("content", [b"\xff\xfe", None], ids=["no UTF-8", "no file"])
def test_a_file_that_cannot_be_read_is_refused_by_its_setting(
    tmp_path: Path, content: bytes | None
) -> None:
    path = written(tmp_path, content) if content else str(tmp_path / "none.toml")

    with pytest.raises(BadSettings, match="MONITOR_CONFIG names a file that cannot be read"):
        bootstrap.chosen(GOOD | {"MONITOR_CONFIG": path})


@pytest.mark.parametrize("settings", [GOOD, EVERY_CHANNEL], ids=["one channel", "every channel"])
def test_an_event_is_taken_in_without_an_sdk(tmp_path: Path, settings: dict[str, str]) -> None:
    script = (
        "import sys, bootstrap; bootstrap.monitor().intake('{}');"
        "print({each.partition('.')[0] for each in sys.modules} & {'azure', 'msal'})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"], "STATE_STORE": f"sqlite:{tmp_path}/state.db", **settings},
        cwd=Path(bootstrap.__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (0, "set()\n"), ended.stderr
