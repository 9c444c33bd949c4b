"""``phidrift config check``: a wrong file, and exceptions that have no effect."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.__main__ import main

SUBSCRIPTION = "/subscriptions/5a4e1f9c-0d5b-4c1e-9f37-2f6f3c1b7d10"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
SERVER = f"{GROUP}/providers/Microsoft.Sql/servers/records"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"

Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> str:
        path = tmp_path / "rules.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return written


def exception(control: str, resource_id: str, expires: str = "2999-01-01") -> str:
    return (
        f'[[exceptions]]\ncontrol = "{control}"\nresource_id = "{resource_id}"\n'
        f'reason = "old fax"\napproved_by = "Ana"\nexpires = {expires}\n'
    )


def test_a_valid_file_is_said_to_be_valid(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(exception("SQL-TDE", GROUP))

    assert main(["config", "check", path]) == 0
    assert capsys.readouterr().out == f"{path}: valid; routes: 0, exceptions: 1\n"


def test_a_wrong_file_is_refused_with_its_path_and_line(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write("[phi]\ntag_nam = []\n")

    assert main(["config", "check", path]) == 2
    assert capsys.readouterr().err == (
        f"phidrift: {path}: line 2, phi.tag_nam: Unknown key; did you mean tag_names?\n"
    )


def test_a_file_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "none.toml")

    assert main(["config", "check", path]) == 2
    assert f"{path} cannot be read: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (exception("SQL-TDE", SERVER, "2020-01-31"), "it ended on 2020-01-31"),
        (
            exception("SQL-TDE", SERVER, "2020-01-31T06:30:00Z"),
            "it ended on 2020-01-31 06:30 UTC",
        ),
        (exception("SQL-TDE", VAULT), "SQL-TDE does not evaluate microsoft.keyvault/vaults"),
        (exception("MONITOR-BLIND", SUBSCRIPTION), "no exception covers what the monitor reports"),
        (
            exception("SQL-TDE", SERVER.replace("5a4e1f9c", "00000000")),
            "its subscription is not in MONITORED_SUBSCRIPTIONS",
        ),
        (
            exception("SQL-TDE", "/providers/Microsoft.Management/managementGroups/m"),
            "SQL-TDE does not evaluate microsoft.management/managementgroups",
        ),
    ],
    ids=[
        "over",
        "over at a time",
        "another type",
        "the monitor itself",
        "not monitored",
        "management group",
    ],
)
def test_an_exception_without_effect_is_named_with_the_reason(
    write: Write,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    why: str,
) -> None:
    monkeypatch.setenv("MONITORED_SUBSCRIPTIONS", SUBSCRIPTION.rpartition("/")[2])

    assert main(["config", "check", write(text)]) == 1
    named, total = capsys.readouterr().out.splitlines()
    assert ("exceptions[0]: " in named, why in named) == (True, True)
    assert total.endswith("exceptions: 1, of which 1 without effect")


def test_local_settings_say_what_is_monitored(
    write: Write,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {"MONITORED_SUBSCRIPTIONS": "99999999-2222-3333-4444-555555555555"}
    text = json.dumps({"Values": values})
    (tmp_path / "local.settings.json").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MONITORED_SUBSCRIPTIONS", raising=False)

    assert main(["config", "check", write(exception("SQL-TDE", SERVER))]) == 1
    assert "exceptions[0]: " in capsys.readouterr().out


@pytest.mark.parametrize("place", [SUBSCRIPTION, GROUP, SERVER, f"{SERVER}/databases/records"])
def test_an_exception_on_or_above_what_the_control_evaluates_may_have_an_effect(
    write: Write, place: str
) -> None:
    assert main(["config", "check", write(exception("SQL-TDE", place))]) == 0


def test_without_a_name_the_setting_names_the_file(
    write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("")
    monkeypatch.setenv("MONITOR_CONFIG", path)

    assert main(["config", "check"]) == 0
    assert capsys.readouterr().out.startswith(f"{path}: valid")


def test_without_any_file_there_is_nothing_to_check(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONITOR_CONFIG", "")

    assert main(["config", "check"]) == 2
    assert "no file to check" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named_by_its_path(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "none.toml"

    assert main(["config", "check", str(path)]) == 2
    assert (
        capsys.readouterr().err == f"phidrift: {path} cannot be read: No such file or directory.\n"
    )


def test_without_an_action_the_one_there_is_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["config"]) == 2
    assert capsys.readouterr().err == (
        "phidrift config: an action is missing; the only action is check\n"
    )
