"""The package: only wheels of the deployed platform, no name of ours taken, the same bytes each time."""

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tools.package.archive import compile_modules, write_zip
from tools.package.bill import bill_of
from tools.package.project_files import (
    RUNBOOKS,
    TOP_LEVEL_NAMES,
    clean_commit,
    copy_project,
    project_files,
)
from tools.package.target import PackageError, check_extension, check_wheel
from tools.package.wheels import Wheel, unpack, wheels_in

ROOT = Path(__file__).parents[2]
METADATA = """Metadata-Version: 2.4
Name: Some.Thing
Version: 1.2
License-Expression: MIT
Requires-Dist: other>=1
Requires-Dist: for-windows; sys_platform == "win32"
Requires-Dist: for-tests; extra == "tests"
"""


def wheel(folder: Path, files: Mapping[str, str], name: str = "some_thing") -> tuple[Wheel, ...]:
    """Put a wheel of these files into the folder; return all wheels there."""
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-1.2-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}-1.2.dist-info/METADATA", METADATA)
        for path, text in files.items():
            archive.writestr(path, text)
    return wheels_in(folder)


@pytest.mark.parametrize(
    "name",
    [
        "a-1-py3-none-any.whl",
        "a-1-py2.py3-none-any.whl",
        "a-1-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "a-1-cp39-abi3-manylinux_2_28_x86_64.whl",
        "a-1-cp313-cp313-manylinux1_x86_64.manylinux_2_28_x86_64.whl",
    ],
)
def test_a_wheel_of_the_deployed_platform_fits(name: str) -> None:
    check_wheel(name)


@pytest.mark.parametrize(
    "name",
    [
        "a-1-cp312-cp312-manylinux_2_28_x86_64.whl",
        "a-1-cp313-cp313t-manylinux_2_28_x86_64.whl",
        "a-1-cp314-abi3-manylinux_2_28_x86_64.whl",
        "a-1-cp313-cp313-manylinux_2_34_x86_64.whl",
        "a-1-cp313-cp313-manylinux_2_28_aarch64.whl",
        "a-1-cp313-cp313-musllinux_1_2_x86_64.whl",
        "a-1-cp313-cp313-win_amd64.whl",
        "a-1-cp313-cp313-macosx_11_0_arm64.whl",
        "a-1-py2-none-any.whl",
    ],
)
def test_a_wheel_of_another_platform_is_refused(name: str) -> None:
    with pytest.raises(PackageError, match="another Python or platform"):
        check_wheel(name)


@pytest.mark.parametrize("name", ["x.abi3.so", "x.cpython-313-x86_64-linux-gnu.so", "so.py"])
def test_a_module_of_the_deployed_platform_fits(name: str) -> None:
    check_extension(f"folder/{name}")


@pytest.mark.parametrize(
    "name", ["x.cpython-312-x86_64-linux-gnu.so", "x.so", "x.pyd", "libx.so.1", "x.dylib"]
)
def test_a_compiled_module_of_another_platform_is_refused(name: str) -> None:
    with pytest.raises(PackageError, match="another Python or platform"):
        check_extension(f"folder/{name}")


@pytest.mark.parametrize(
    "path", ["drift/__init__.py", "bootstrap.py", "x-1.data/purelib/notifiers/a.py"]
)
def test_a_package_that_would_hide_a_module_of_the_app_is_refused(
    path: str, tmp_path: Path
) -> None:
    wheels = wheel(tmp_path / "wheels", {path: ""})

    with pytest.raises(PackageError, match="would hide the project's own"):
        unpack(wheels, tmp_path / "site", TOP_LEVEL_NAMES)


def test_the_modules_of_a_wheel_are_unpacked_and_its_scripts_are_not(tmp_path: Path) -> None:
    files = {
        "thing/__init__.py": "",
        "some_thing-1.2.data/platlib/thing/a.py": "",
        "some_thing-1.2.data/scripts/thing": "#!python",
        "../outside.py": "",
    }

    unpack(wheel(tmp_path / "wheels", files), tmp_path / "site", TOP_LEVEL_NAMES)

    site = tmp_path / "site"
    found = {each.relative_to(site).as_posix() for each in site.rglob("*") if each.is_file()}
    assert found == {"thing/__init__.py", "thing/a.py", "some_thing-1.2.dist-info/METADATA"}
    assert not (tmp_path / "outside.py").exists()


def test_two_packages_with_one_file_of_different_content_are_refused(tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", {"shared/a.py": "1"}, name="one")
    wheels = wheel(tmp_path / "wheels", {"shared/a.py": "2"}, name="two")

    with pytest.raises(PackageError, match="two overwrites a"):
        unpack(wheels, tmp_path / "site", TOP_LEVEL_NAMES)


def test_only_what_runs_in_azure_is_in_the_package_and_the_runbooks_that_it_serves() -> None:
    paths = [each.relative_to(ROOT) for each in project_files(ROOT)]
    at_root = {str(each) for each in paths if len(each.parts) == 1}
    in_folders = [each for each in paths if len(each.parts) > 1]
    pages = [each for each in in_folders if each.is_relative_to(RUNBOOKS)]
    code = [each for each in in_folders if each not in pages]

    assert at_root - {"monitor.toml"} == {"bootstrap.py", "function_app.py", "host.json"}
    assert {each.parts[0] for each in code} | {"bootstrap", "function_app"} == TOP_LEVEL_NAMES
    assert {each.suffix for each in code} == {".py", ".kql"}
    assert {each.suffix for each in pages} == {".md"}


def test_a_file_of_unknown_use_stops_the_package(tmp_path: Path) -> None:
    copy_project(ROOT, tmp_path / "app")
    (tmp_path / "app/drift/notes.txt").write_text("", encoding="utf-8")

    with pytest.raises(PackageError, match="does it run in Azure"):
        list(project_files(tmp_path / "app"))


def test_azd_keeps_the_bytecode_because_the_package_has_an_ignore_file(tmp_path: Path) -> None:
    copy_project(ROOT, tmp_path)

    lines = (tmp_path / ".funcignore").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all(each.startswith("#") for each in lines)


def test_the_same_files_give_the_same_bytes_at_another_place_and_time(tmp_path: Path) -> None:
    for number, name in enumerate(("one", "two")):
        source = tmp_path / name / "package/a.py"
        source.parent.mkdir(parents=True)
        source.write_text('"""A."""\nX = frozenset({"b", "a"})\n', encoding="utf-8")
        source.chmod(0o755 if number else 0o600)
        compile_modules(tmp_path / name)
        os.utime(source, (number, number))
        write_zip(tmp_path / name, tmp_path / f"{name}.zip")
    one, two = ((tmp_path / f"{name}.zip").read_bytes() for name in ("one", "two"))

    assert one == two


def test_bytecode_is_never_checked_against_its_source(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("", encoding="utf-8")
    compile_modules(tmp_path)
    [made] = (tmp_path / "__pycache__").iterdir()

    assert int.from_bytes(made.read_bytes()[4:8], "little") == 0b01


def test_a_module_that_does_not_compile_stops_the_package(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def", encoding="utf-8")

    with pytest.raises(PackageError, match="does not compile"):
        compile_modules(tmp_path)


def test_the_bill_names_each_wheel_its_hash_and_what_it_needs_where_it_runs(tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", {}, name="other")
    wheels = wheel(tmp_path / "wheels", {})
    content = (tmp_path / "wheels/some_thing-1.2-py3-none-any.whl").read_bytes()

    bill = bill_of(wheels, name="app", version="3", sha256="0" * 64)

    assert json.loads(json.dumps(bill)) == bill
    assert [each["purl"] for each in bill["components"]] == [
        "pkg:pypi/other@1.2",
        "pkg:pypi/some-thing@1.2",
    ]
    assert bill["components"][1]["hashes"][0]["content"] == hashlib.sha256(content).hexdigest()
    assert bill["components"][1]["licenses"] == [{"expression": "MIT"}]
    assert bill["dependencies"][2] == {
        "ref": "pkg:pypi/some-thing@1.2",
        "dependsOn": ["pkg:pypi/other@1.2"],
    }


def test_a_folder_that_is_no_checkout_has_no_commit(tmp_path: Path) -> None:
    assert clean_commit(tmp_path) == ""
