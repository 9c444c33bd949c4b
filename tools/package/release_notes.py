"""``python -m tools.package.release_notes TAG``: print what the changelog says of the version of a tag.

It fails where the tag is not that of this version, or the changelog has no section for it: a release
then has neither the wrong package nor empty notes.
"""

import re
import sys
import tomllib
from pathlib import Path
from typing import Final

from tools.package.target import PackageError

ROOT: Final = Path(__file__).resolve().parents[2]


def main() -> int:
    """Print the notes; return the exit code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    try:
        [tag] = sys.argv[1:] or [""]
        sys.stdout.write(notes_of(tag, version=project["version"], changelog=changelog))
    except (PackageError, ValueError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


def notes_of(tag: str, *, version: str, changelog: str) -> str:
    """Return the section of a version; raise PackageError where the tag or the changelog does not fit."""
    if tag != f"v{version}":
        raise PackageError(f"the tag {tag} is not v{version}, the version in pyproject.toml")
    heading = re.compile(rf"^## \[{re.escape(version)}\].*\n", re.MULTILINE)
    found = heading.search(changelog)
    if found is None:
        raise PackageError(f"CHANGELOG.md has no section ## [{version}]")
    text = re.split(r"^## ", changelog[found.end() :], maxsplit=1, flags=re.MULTILINE)[0].strip()
    if not text:
        raise PackageError(f"the section ## [{version}] of CHANGELOG.md is empty")
    return f"{text}\n"


if __name__ == "__main__":
    sys.exit(main())
