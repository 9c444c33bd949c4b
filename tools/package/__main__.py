"""``python -m tools.package``: make the package and its bill of materials in ``build/``, and try it."""

import hashlib
import json
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Final

from tools.package.archive import compile_modules, write_zip
from tools.package.bill import bill_of
from tools.package.project_files import (
    COMMIT_FILE,
    CONFIG,
    TOP_LEVEL_NAMES,
    clean_commit,
    copy_project,
)
from tools.package.target import PackageError, check_interpreter
from tools.package.trial import SITE_PACKAGES, functions_of
from tools.package.wheels import download, unpack, wheels_in

ROOT: Final = Path(__file__).resolve().parents[2]


def main() -> int:
    """Make the package; return the exit code."""
    try:
        build(ROOT, ROOT / "build")
    except PackageError as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    return 0


def build(root: Path, target: Path) -> None:
    """Make the folder ``app``, the zip and the bill in the target folder; raise PackageError.

    The target folder changes only once the zip has passed its trial.
    """
    check_interpreter()
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"], project["version"]
    commit = clean_commit(root)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        app, package = scratch / "made/app", scratch / f"made/{name}-{version}.zip"
        download(root / "requirements.txt", scratch / "wheels")
        wheels = wheels_in(scratch / "wheels")
        unpack(wheels, app / SITE_PACKAGES, TOP_LEVEL_NAMES)
        copy_project(root, app)
        if commit:
            (app / COMMIT_FILE).write_text(f"{commit}\n", encoding="ascii")
        compile_modules(app)
        count = write_zip(app, package)
        functions = functions_of(package, scratch / "trial", root)
        sha256 = hashlib.sha256(package.read_bytes()).hexdigest()
        bill = bill_of(wheels, name=name, version=version, sha256=sha256)
        text = json.dumps(bill, indent=2, sort_keys=True) + "\n"
        package.with_suffix(".cdx.json").write_text(text, encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(scratch / "made", target)
    rules = f"your {CONFIG}" if (target / "app" / CONFIG).exists() else "the defaults"
    size = (target / package.name).stat().st_size / 1_000_000
    print(f"build/{package.name}: {size:.1f} MB, {count} files, {len(wheels)} packages")
    print(f"  sha256     {sha256}")
    print(f"  commit     {commit or 'not named: the checkout has local changes, or is none'}")
    print(f"  rules      {rules}")
    print(f"  functions  {', '.join(functions)}")


if __name__ == "__main__":
    sys.exit(main())
