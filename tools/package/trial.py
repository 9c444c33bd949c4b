"""The trial of a package: its zip alone is indexed by Microsoft's worker library, as in Azure.

The process gets no site-packages: its path is that of the package, then Microsoft's library, then the
folder of the app, which Azure puts last.
"""

import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Final

from tools.package.project_files import PACKAGES
from tools.package.target import PackageError

SITE_PACKAGES: Final = ".python_packages/lib/site-packages"

_LIBRARY: Final = ("azure-functions-runtime", "azurefunctions-extensions-base", "protobuf")
"""The packages of Azure's image, which the package therefore lacks."""
_HOST: Final = ("tests/worker/host.py", "tests/worker/contract.py")
_FOR_AZURITE: Final = frozenset({"adapters.queues.azure_calls", "adapters.queues.azurite"})
"""What does not import in Azure: the queues of `phidrift serve` on Azurite need a package for it."""

_PROGRAM: Final = """
import importlib, json, pathlib, sys, asyncio
library, app, packages = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3].split(",")
sys.path += [str(app / ".python_packages/lib/site-packages"), library, str(app)]
from tests.worker.host import index
functions = sorted(asyncio.run(index(str(app))))
failed = []
for path in sorted(each for name in packages for each in (app / name).rglob("*.py")):
    module = ".".join(path.relative_to(app).with_suffix("").parts).removesuffix(".__init__")
    try:
        importlib.import_module(module)
    except ImportError:
        failed.append(module)
elsewhere = sorted(
    name for name, each in sys.modules.items()
    if name.partition(".")[0] in packages and not str(each.__file__).startswith(str(app))
)
print(json.dumps({"functions": functions, "failed": failed, "elsewhere": elsewhere}))
"""


def functions_of(package: Path, scratch: Path, root: Path) -> tuple[str, ...]:
    """Return the functions that the worker library finds in a zip; raise PackageError.

    Every module of the zip is imported too, so that no lazily imported package is missing.
    """
    app, library = scratch / "app", scratch / "library"
    with zipfile.ZipFile(package) as archive:
        archive.extractall(app)
    _copy_library(library, root)
    done = subprocess.run(  # noqa: S603 - our own program and folders of the build
        [
            *(sys.executable, "-I", "-S", "-B", "-c", _PROGRAM),
            *(str(library), str(app), ",".join(PACKAGES)),
        ],
        cwd=app,
        env={},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if done.returncode:
        raise PackageError(f"The worker library does not index the package:\n{done.stderr}")
    report = json.loads(done.stdout.splitlines()[-1])
    if set(report["failed"]) - _FOR_AZURITE or report["elsewhere"]:
        raise PackageError(f"The package lacks what its modules import: {report}")
    return tuple(report["functions"])


def _copy_library(library: Path, root: Path) -> None:
    """Copy Microsoft's library, what it needs, and the host's half that the tests have."""
    for name in _LIBRARY:
        found = distribution(name)
        for source, path in _modules(found):
            _copy(source, library / path)
    for name in _HOST:
        _copy(root / name, library / name)


def _modules(found: Distribution) -> Sequence[tuple[Path, str]]:
    files = [each for each in found.files or () if ".." not in each.parts]
    return [(Path(str(each.locate())), each.as_posix()) for each in files if each.suffix != ".pyc"]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())
