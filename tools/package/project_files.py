"""The project's own files that run in Azure, and no other."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.package.target import PackageError

MODULES: Final = ("bootstrap", "function_app")
PACKAGES: Final = ("adapters", "detectors", "drift", "notifiers")
TOP_LEVEL_NAMES: Final = frozenset((*MODULES, *PACKAGES))
"""The names that no installed package may own: in Azure the app's folder is last on sys.path."""

RUNBOOKS: Final = "docs/runbooks"
"""Alerts link to these pages, and the app serves them."""

COMMIT_FILE: Final = "commit.txt"
CONFIG: Final = "monitor.toml"
IGNORE_FILE: Final = ".funcignore"

_RUNS: Final = frozenset({".py", ".kql"})
_EXAMPLES: Final = ".examples.json"
_IGNORE_TEXT: Final = (
    "# `make package` selects the files. Without this file azd would leave out __pycache__.\n"
)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


def copy_project(root: Path, app: Path) -> None:
    """Copy the files that run in Azure into the folder of the app."""
    for source in project_files(root):
        target = app / source.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    (app / IGNORE_FILE).write_text(_IGNORE_TEXT, encoding="utf-8")


def project_files(root: Path) -> Iterator[Path]:
    """Yield the files that run in Azure, the runbooks that they serve, and the operator's monitor.toml.

    Raise PackageError where a needed file is missing.
    """
    for name in ("host.json", *(f"{each}.py" for each in MODULES)):
        if not (root / name).is_file():
            raise PackageError(f"{name} is missing")
        yield root / name
    for package in PACKAGES:
        if not (root / package).is_dir():
            raise PackageError(f"{package}/ is missing")
        yield from _files_of(root / package)
    yield from _runbooks(root / RUNBOOKS)
    if (root / CONFIG).is_file():
        yield root / CONFIG


def _runbooks(folder: Path) -> list[Path]:
    """Return the pages that the app serves; raise PackageError where there is none."""
    pages = sorted(folder.glob("*.md"))
    if not pages:
        raise PackageError(f"{RUNBOOKS}/ has no page, and alerts link to them")
    return pages


def _files_of(package: Path) -> Iterator[Path]:
    """Yield the modules and queries of a package; raise PackageError on a file of unknown use."""
    for each in sorted(package.rglob("*")):
        if each.is_dir() or each.parent.name == "__pycache__" or each.name.endswith(_EXAMPLES):
            continue
        if each.suffix not in _RUNS:
            raise PackageError(f"{each} is neither a module nor a query: does it run in Azure?")
        yield each


def clean_commit(root: Path) -> str:
    """Return the commit of a checkout without local changes, "" where it cannot be named."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return ""
    commit = _printed(git, root, "rev-parse", "HEAD").strip()
    changed = _printed(git, root, "status", "--porcelain", "--untracked-files=normal")
    return commit if _COMMIT.fullmatch(commit) and not changed.strip() else ""


def _printed(git: str, root: Path, *words: str) -> str:
    """Return what git prints; raise PackageError where it fails, since the commit is then unknown."""
    done = subprocess.run(  # noqa: S603 - fixed words, and git as PATH finds it
        [git, "-C", str(root), *words], capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode:
        raise PackageError(f"git {words[0]} failed: {done.stderr.strip()}")
    return done.stdout
