"""The house itself: pins, names, the direction of imports, and what is deployed."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from adapters.queues.protocol import NAMES
from drift.schedule.turns import AT_ONCE
from drift.version import __version__

ROOT = Path(__file__).parents[1]
OURS = {
    *(path.name for path in ROOT.iterdir() if any(path.glob("*.py"))),
    *(path.stem for path in ROOT.glob("*.py")),
}
REQUIREMENTS = tuple(sorted(ROOT.glob("requirements*.txt")))
DEPLOYED = {
    *("adapters", "bootstrap.py", "detectors", "drift", "function_app.py", "host.json"),
    *("monitor.toml", "notifiers", "requirements.txt"),
}


def host() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    return read


def pins(path: Path) -> list[Requirement]:
    """Return the entries of a requirements file; an entry continues over lines that end in a backslash."""
    text = re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    entries = text.replace("\\\n", " ").splitlines()
    return [Requirement(entry.partition(" --hash")[0]) for entry in entries]


def imports(path: Path) -> set[str]:
    """Return the modules that a file names in its imports, at any place."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def imports_at_import(path: Path) -> set[str]:
    """Return the modules that are imported when a file is, not later inside a function."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    plain = {each.name for node in body if isinstance(node, ast.Import) for each in node.names}
    return plain | {node.module for node in body if isinstance(node, ast.ImportFrom) if node.module}


def is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def test_no_installed_package_owns_one_of_our_names() -> None:
    """On Azure the app's folder comes last on sys.path: such a package would hide ours."""
    assert {"adapters", "bootstrap", "cli", "detectors", "drift", "function_app"} <= OURS
    assert OURS & packages_distributions().keys() == set()


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_a_requirements_file_names_no_registry(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert "://" not in text
    assert re.findall(r"^\s*-(?!-hash)", text, re.MULTILINE) == []


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_every_requirement_is_pinned_with_hashes(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    entries = [line for line in text.splitlines() if not line.startswith("#")]

    assert entries
    assert all(re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", each) for each in entries)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_each_python_gets_one_version_of_each_package(path: Path, version: str) -> None:
    python = {"python_version": version, "python_full_version": f"{version}.0"}
    names = [
        each.name for each in pins(path) if each.marker is None or each.marker.evaluate(python)
    ]

    assert len(names) == len(set(names))


def test_the_requirements_files_agree_on_what_they_share() -> None:
    both = {
        (each.name, str(each.specifier), str(each.marker))
        for path in REQUIREMENTS
        for each in pins(path)
        if each.name != "azure-functions"  # two versions on purpose, by Python
    }

    assert len({name for name, _, _ in both}) == len(both)


def test_the_node_lock_names_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: each for name, each in lock["packages"].items() if name}

    assert all("resolved" not in each and each["integrity"] for each in packages.values())


def test_the_version_is_that_of_the_project_and_of_the_newest_release_in_the_changelog() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d\S*)\]", changelog, re.MULTILINE)

    assert [project["version"], released[0]] == [__version__] * 2


def test_the_threads_suffice_for_what_the_host_hands_out_at_once() -> None:
    queues = host()["extensions"]["queues"]
    sample = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))
    threads = int(sample["Values"]["PYTHON_THREADPOOL_THREAD_COUNT"])

    assert queues["batchSize"] <= 32
    assert len(NAMES) * (queues["batchSize"] + queues["newBatchThreshold"]) <= threads


def test_one_subscription_occupies_half_of_what_the_host_hands_out_of_a_queue() -> None:
    queues = host()["extensions"]["queues"]

    assert queues["batchSize"] + queues["newBatchThreshold"] == 2 * AT_ONCE


def test_the_host_polls_often_and_retries_late() -> None:
    queues = host()["extensions"]["queues"]

    assert host()["extensionBundle"]["version"] == "[4.*, 5.0.0)"
    assert queues["maxPollingInterval"] == "00:00:00.500"
    assert queues["visibilityTimeout"] == "00:00:30"


def test_the_triggers_import_no_sdk_but_azure_functions() -> None:
    named = {each for each in imports(ROOT / "function_app.py") if not is_standard(each)}

    assert {each for each in named if each.startswith("azure")} == {"azure.functions"}
    assert {each.partition(".")[0] for each in named} <= {"azure", "bootstrap", "drift"}


def test_the_composition_root_imports_no_adapter_until_it_is_used() -> None:
    named = {each for each in imports_at_import(ROOT / "bootstrap.py") if not is_standard(each)}

    assert {each.partition(".")[0] for each in named} <= {"detectors", "drift"}


def test_the_composition_root_knows_neither_triggers_nor_tools() -> None:
    named = {each.partition(".")[0] for each in imports(ROOT / "bootstrap.py")}

    assert named & {"azure", "bench", "cli", "function_app", "sandbox"} == set()


@pytest.mark.parametrize("package", ["detectors", "drift"])
def test_the_domain_and_the_controls_need_the_standard_library_alone(package: str) -> None:
    named = {each for path in (ROOT / package).rglob("*.py") for each in imports(path)}

    assert {each.partition(".")[0] for each in named if not is_standard(each)} <= {
        *("detectors", "drift")
    }


def test_only_what_runs_in_azure_is_deployed() -> None:
    left_out = (ROOT / ".funcignore").read_text(encoding="utf-8").splitlines()
    folders = {each.rstrip("/") for each in left_out}

    assert folders & DEPLOYED == set()
    assert OURS - {name.removesuffix(".py") for name in DEPLOYED} <= folders


def test_the_command_runs_from_a_folder_with_names_like_ours(tmp_path: Path) -> None:
    (tmp_path / "drift").mkdir()
    (tmp_path / "drift/__init__.py").write_text("raise RuntimeError", encoding="utf-8")
    (tmp_path / "cli.py").write_text("raise RuntimeError", encoding="utf-8")
    command = Path(sys.executable).with_name("phidrift")

    told = subprocess.check_output([command, "controls", "--json"], cwd=tmp_path)

    assert json.loads(told)


def test_without_chromium_it_is_said_at_once_how_to_get_it() -> None:
    ended = subprocess.run(
        [ROOT / "tools/install", "--need-chromium"],
        env={"CHROMIUM": "/nowhere/chromium", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "apt-get install chromium fonts-dejavu-core" in ended.stderr


def test_every_target_of_the_makefile_says_what_it_does() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")

    targets = re.findall(r"^\.PHONY: ([\w-]+)$", text, re.MULTILINE)
    assert {"install", "demo", "test", "test-browser", "check", "bench", "lock"} <= set(targets)
    assert re.findall(r"^([\w-]+):.* ## \S.*\.$", text, re.MULTILINE) == targets
