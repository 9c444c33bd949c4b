"""The notes of a release are the section of its version, and a tag of another version is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from drift.version import __version__
from tools.package.release_notes import notes_of
from tools.package.target import PackageError

ROOT = Path(__file__).parents[2]
CHANGELOG = """# Changelog

## Unreleased
- later

## [1.2.0] - 2026-12-01

### Added
- a thing

## [1.1.0]
- older
"""


def test_the_notes_are_the_section_of_the_version_alone() -> None:
    assert notes_of("v1.2.0", version="1.2.0", changelog=CHANGELOG) == "### Added\n- a thing\n"
    assert notes_of("v1.1.0", version="1.1.0", changelog=CHANGELOG) == "- older\n"


@pytest.mark.parametrize(
    ("tag", "version", "message"),
    [
        ("v1.2.1", "1.2.0", "is not v1.2.0"),
        ("1.2.0", "1.2.0", "is not v1.2.0"),
        ("v1.20", "1.20", "no section"),
        ("v2.0.0", "2.0.0", "no section"),
    ],
)
def test_a_tag_that_does_not_fit_is_refused(tag: str, version: str, message: str) -> None:
    with pytest.raises(PackageError, match=message):
        notes_of(tag, version=version, changelog=CHANGELOG)


def test_an_empty_section_is_refused() -> None:
    with pytest.raises(PackageError, match="is empty"):
        notes_of("v1.0.0", version="1.0.0", changelog="## [1.0.0]\n\n## [0.9.0]\n- a\n")


@pytest.mark.parametrize(("tag", "code"), [(f"v{__version__}", 0), ("v0.0.1", 1)])
def test_the_command_prints_the_notes_of_this_project(tag: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.package.release_notes", tag],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code
    assert ("### " in done.stdout) == (code == 0)
