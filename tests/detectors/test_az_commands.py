"""Every az command that people are shown is one that azure-cli takes: its options, its values."""

import json
import re
import shlex
from pathlib import Path
from typing import Any, Final

from drift import ids
from drift.detector import Detector
from drift.fixes import Fix
from drift.remediation.az_commands import command
from tests.detectors.judging import each_control, failures_of, verdict_of

TABLE: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("az_commands.json").read_text(encoding="utf-8")
)["commands"]
SHARED: Final = {"--subscription"}
"""What every command takes."""

FLAGS: Final = {"--is-full-object"}
"""What takes no value."""

PLACED: Final = {"--ids", "--id"}
"""A whole id, which stands for the name and the place that are demanded otherwise."""


def fixes_of(detector: Detector) -> dict[str, Fix]:
    """Return the fix of each example of a control that fails."""
    return {
        str(each): fix
        for each in failures_of(detector)
        if (fix := verdict_of(each, each.resource, each.estate()).fix) is not None
    }


def parted(words: list[str]) -> tuple[str, dict[str, list[str]]]:
    """Part an az command into its name and the values of each option."""
    start = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    options: dict[str, list[str]] = {}
    for word in words[start:]:
        if word.startswith("--"):
            values = options.setdefault(word, [])
        else:
            values.append(word)
    return " ".join(words[1:start]), options


def refused(words: list[str]) -> list[str]:
    """Return what azure-cli would refuse in a command, nothing if it accepts it."""
    name, given = parted(words)
    if words[0] != "az" or name not in TABLE:
        return [f"no command {name}"]
    known = TABLE[name]["options"]
    wrong = [f"no option {each}" for each in given.keys() - known.keys() - SHARED]
    wrong += [
        f"no value for {each}" for each, values in given.items() if not values and each not in FLAGS
    ]
    wrong += [
        f"{each} {value}"
        for each, values in given.items()
        for value in values
        if known.get(each) and value not in known[each]
    ]
    if given.keys() & PLACED:
        return wrong + [
            f"no such id {each}" for each in given.get("--ids", ()) if not _fits(name, each)
        ]
    return wrong + [
        f"no {one[-1]}" for one in TABLE[name]["required"] if not given.keys() & set(one)
    ]


def _fits(name: str, resource_id: str) -> bool:
    """Tell whether a command finds all names it wants in an id; 0: it takes any."""
    return TABLE[name]["names_in_id"] in {0, ids.type_of(resource_id).count("/")}


def commands(text: str) -> list[list[str]]:
    """Return the commands of a line, each as words."""
    found: list[list[str]] = [[]]
    for word in shlex.split(text):
        if word == "&&":
            found.append([])
        else:
            found[-1].append(word)
    return found


@each_control
def test_the_command_of_a_fix_is_one_that_azure_cli_takes(detector: Detector) -> None:
    texts = {name: command(fix) for name, fix in fixes_of(detector).items()}
    wrong = {
        name: [found for each in commands(text) if (found := refused(each))]
        for name, text in texts.items()
        if text
    }

    assert {name: each for name, each in wrong.items() if each} == {}


@each_control
def test_no_setting_is_made_with_a_null_which_azure_cli_refuses(detector: Detector) -> None:
    for name, fix in fixes_of(detector).items():
        for words in commands(command(fix) or "az"):
            _, given = parted(words)
            for each in (*given.get("--logs", ()), *given.get("--metrics", ())):
                assert "null" not in each, name


@each_control
def test_a_note_names_commands_that_azure_cli_has(detector: Detector) -> None:
    unknown = {name: _unknown(fix.note) for name, fix in fixes_of(detector).items()}

    assert {name: each for name, each in unknown.items() if each} == {}


@each_control
def test_a_control_names_commands_that_azure_cli_has(detector: Detector) -> None:
    text = detector.CONTROL.fix

    assert text.startswith("az ")
    assert _unknown(text) == []


def _unknown(text: str) -> list[str]:
    """Return the commands in prose that the table lacks, and the options that they lack."""
    wrong = []
    for words in re.findall(r"\baz ([a-z][^(),.;&]*)", text):
        names = [each for each in TABLE if words == each or words.startswith(f"{each} ")]
        name = max(names, key=len, default="")
        known = TABLE[name]["options"].keys() | SHARED if name else ()
        wrong += [] if name else [words]
        wrong += [each for each in re.findall(r"--[a-z-]+", words) if name and each not in known]
    return wrong
