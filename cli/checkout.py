"""The version that ``--version`` prints, with the commit where the project is a git checkout."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from drift.version import __version__

ROOT: Final = Path(__file__).resolve().parent.parent

_GIT_SECONDS: Final = 5.0


def version_line(root: Path) -> str:
    """Return the version, with the commit and whether files differ from it where git can tell."""
    commit = _commit(root)
    return f"{__version__} (commit {commit})" if commit else __version__


def _commit(root: Path) -> str:
    """Return the short commit of a checkout whose top folder is ``root``, "" where there is none."""
    answer = _git(root, "rev-parse", "--show-prefix", "--short=12", "HEAD")
    prefix, _, commit = answer.partition("\n")
    if prefix or not commit.strip():  # a prefix: the checkout around us is another project's
        return ""
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return f"{commit.strip()}, with local changes" if changed.strip() else commit.strip()


def _git(root: Path, *arguments: str) -> str:
    """Return what git prints, "" where it is missing, refuses or takes too long."""
    git = shutil.which("git")
    if git is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, and git as PATH finds it
            [git, "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return done.stdout if done.returncode == 0 else ""
