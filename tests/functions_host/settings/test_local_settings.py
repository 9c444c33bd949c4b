"""local.settings.json: the environment wins, and nothing of it is quoted in an error."""

from pathlib import Path

import pytest

from drift.errors import BadSettings
from functions_host.settings import local_settings


def write(folder: Path, text: str) -> Path:
    (folder / "local.settings.json").write_text(text, encoding="utf-8")
    return folder


def test_values_are_added_where_the_environment_lacks_them(tmp_path: Path) -> None:
    env = {"A": "from the environment"}
    write(tmp_path, '\ufeff{"IsEncrypted": false, "Values": {"A": "1", "B": "2", "C": true}}')

    local_settings.add_values([tmp_path], env)

    assert env == {"A": "from the environment", "B": "2", "C": "true"}


def test_the_first_folder_that_has_the_file_counts(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for number, folder in enumerate((first, second)):
        folder.mkdir()
        write(folder, f'{{"Values": {{"A": "{number}"}}}}')
    env: dict[str, str] = {}

    local_settings.add_values([tmp_path / "none", first, second], env)

    assert env == {"A": "0"}


def test_a_missing_file_is_fine(tmp_path: Path) -> None:
    env: dict[str, str] = {}

    local_settings.add_values([tmp_path], env)

    assert env == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"Values": {\n"KEY": "swordfish"', "cannot be read as JSON (line 2)"),
        ("[1]", "not an object"),
        ('{"Values": ["swordfish"]}', "not an object with an object called Values"),
        ('{"IsEncrypted": true, "Values": {"KEY": "swordfish"}}', "encrypted"),
        ('{"Values": {"KEY": "swordfish\\u0000"}}', "'KEY' cannot stand in an environment"),
        ('{"Values": {"": "swordfish"}}', "'' cannot stand in an environment"),
        ('{"Values": {"KEY": "swordfish", "KEY": "b"}}', "'KEY' appears twice"),
        ('{"Values": {"KEY": "swordfish", "Key": "b"}}', "'Key' appears twice"),
        ('{"Values": {"KEY": "swordfish"}, "Values": {}}', "'Values' appears twice"),
        ("[" * 5000, "cannot be read as JSON"),
        ('{"Values": {"KEY": {"inner": "swordfish"}}}', "the value of KEY is not a text"),
    ],
)
def test_a_wrong_file_is_refused_without_its_content(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(BadSettings) as caught:
        local_settings.add_values([write(tmp_path, text)], {})

    assert problem in str(caught.value)
    assert "swordfish" not in str(caught.value)


def test_each_name_that_stands_twice_is_told_once(tmp_path: Path) -> None:
    write(tmp_path, '{"Values": {"A": "1", "A": "2", "A": "3", "B": "4", "C": "5", "C": "5"}}')

    with pytest.raises(BadSettings) as caught:
        local_settings.add_values([tmp_path], {})

    assert [each.partition(": ")[2] for each in caught.value.problems] == [
        "'A' appears twice.",
        "'C' appears twice.",
    ]
