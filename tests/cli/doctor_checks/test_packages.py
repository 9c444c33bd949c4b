"""Which Python packages are missing, or of another version than was tested."""

import re
import tomllib
from pathlib import Path

from cli.doctor_checks.packages import NEEDED, installed, packages, pins

ROOT = Path(__file__).parents[3]
PINS = {name: frozenset({"1.0", "2.0"}) for name in NEEDED}


def test_what_is_looked_for_is_what_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=;]", each)[0].strip() for each in project["dependencies"]}

    assert set(NEEDED) == declared


def test_here_everything_is_as_pinned() -> None:
    pinned = pins((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    lines = [each.line() for each in packages(pinned, installed)]

    assert lines == ["ok    Python packages: all 10 are installed, as requirements.txt pins them"]


def test_a_package_may_have_a_version_for_each_python() -> None:
    text = 'requests==2.0 ; python_version < "3.13" \\\n    --hash=sha256:0\nrequests==3.0 \\\n'

    assert pins(text) == {"requests": frozenset({"2.0", "3.0"})}


def test_a_missing_package_is_named_with_what_installs_it() -> None:
    lines = [
        each.line() for each in packages(PINS, lambda name: "" if name == "requests" else "1.0")
    ]

    assert lines == ["fail  Python packages: requests is missing; next: make install"]


def test_another_version_is_only_a_warning() -> None:
    lines = [
        each.line() for each in packages(PINS, lambda name: "9" if name == "requests" else "1.0")
    ]

    assert lines == [
        "warn  Python packages: requests is 9, tested with 1.0 or 2.0; next: make install"
    ]


def test_a_package_that_nobody_installed_has_no_version() -> None:
    assert installed("phidrift-no-such-package") == ""
