"""The version of the running code, with its commit if that is known."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drift.version import __version__

COMMIT_FILE: Final = "commit.txt"
"""A package has no git: this file beside function_app.py contains the commit of the package."""

_COMMIT: Final = re.compile(r"[0-9a-f]{7,40}")
_CHANGED: Final = "+changed"
_GIT_SECONDS: Final = 5.0
_DESCRIBE: Final = ("describe", "--always", "--abbrev=12", "--exclude=*", f"--dirty={_CHANGED}")


@dataclass(frozen=True, slots=True)
class CodeVersion:
    """The version of the code; ``commit`` is "" where it is not known, ``is_changed``: files differ."""

    commit: str = ""
    is_changed: bool = False

    @property
    def sentence(self) -> str:
        """Return the version for people: ``0.2.0 (commit 848273b4c1d2, with local changes)``."""
        if not self.commit:
            return __version__
        changed = ", with local changes" if self.is_changed else ""
        return f"{__version__} (commit {self.commit}{changed})"

    @property
    def word(self) -> str:
        """Return the version as one word, in the form of semver.org: ``0.2.0+848273b4c1d2.changed``."""
        if not self.commit:
            return __version__
        return f"{__version__}+{self.commit}{'.changed' if self.is_changed else ''}"


def code_version(root: Path) -> CodeVersion:
    """Return the version of the code in a folder: by its commit file, or by git in a checkout."""
    commit = _packaged(root / COMMIT_FILE)
    if commit:
        return CodeVersion(commit)
    if not (root / ".git").exists():  # a checkout around the folder is another project's
        return CodeVersion()
    described = _described(root)
    commit = described.removesuffix(_CHANGED)
    if not _COMMIT.fullmatch(commit):
        return CodeVersion()
    return CodeVersion(commit, is_changed=commit != described)


def _packaged(path: Path) -> str:
    """Return the commit in a commit file, "" where there is none."""
    try:
        text = path.read_text(encoding="ascii").strip().lower()
    except (OSError, UnicodeDecodeError):
        return ""
    return text[:12] if _COMMIT.fullmatch(text) else ""


def _described(root: Path) -> str:
    """Return what git prints, "" where it is missing, refuses or takes too long."""
    git = shutil.which("git")
    if git is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, and git as PATH finds it
            [git, "-C", str(root), *_DESCRIBE],
            capture_output=True,
            text=True,
            check=False,
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
