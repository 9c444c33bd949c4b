"""Deploy the package as it is: no build in Azure.

    python3 -m infra.scripts.deploy_package --group rg-clinic --app func-clinic --package FILE.zip

`az functionapp deployment source config-zip` has Azure build each Python package anew on Flex Consumption,
whatever --build-remote says: other bytes would run than those that were tested and attested. This script
sends the zip with RemoteBuild=false, as azd does, and waits until Azure has taken it. It asks before it
sends; with --yes it does not ask. It needs a person or workflow that is signed in to az, with Website
Contributor on the app.
"""

import argparse
import hashlib
import http.client
import io
import json
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.scripts.console import Az, Console, Failed, exit_with, read, run_az, terminal

Http = Callable[[str, str, str, bytes | None], tuple[int, bytes]]
"""Sends method, host, path and body with a token to the deployment site; raises Failed."""

PUBLISH: Final = "/api/publish?RemoteBuild=false&Deployer=phidrift"
LATEST: Final = "/api/deployments/latest"
_NEEDED: Final = frozenset({"function_app.py", "host.json"})
_SITE: Final = (
    "(hostNameSslStates || properties.hostNameSslStates)[?hostType=='Repository'].name | [0]"
)
_PAUSE: Final = 3
_TIMEOUT: Final = 300
_SUCCESS: Final = 4
_ENDED: Final = {
    -1: "was cancelled",
    3: "failed",
    5: "was cancelled by another deployment",
    6: "succeeded in part only",
}
"""The states of a deployment; https://github.com/Azure/azure-cli (enable_zip_deploy_flex)."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the script needs of the world: az, the deployment site, and the time in seconds."""

    az: Az
    connect: Callable[[str], Http]
    clock: Callable[[], float]
    sleep: Callable[[float], None]


def main() -> int:
    """Do what the command line asks, at the terminal."""
    chosen = parsed(sys.argv[1:])
    console = terminal(dry_run=chosen.dry_run)
    return run(chosen, console, Tools(run_az, site_with, time.monotonic, time.sleep))


def run(chosen: argparse.Namespace, console: Console, tools: Tools) -> int:
    """Send the package with consent and wait for it; 0 once Azure has taken it."""
    package = _package(Path(chosen.package))
    place = ("--resource-group", chosen.group, "--name", chosen.app)
    host = read(tools.az, "functionapp", "show", *place, "--query", _SITE)
    if not isinstance(host, str) or not host:
        raise Failed(f"{chosen.app} has no deployment site")
    digest = hashlib.sha256(package).hexdigest()
    change = f"deploy {Path(chosen.package).name} (sha256 {digest}) to {chosen.app}"
    if chosen.yes and not console.dry_run:
        console.say(f"Now: {change}.")
    elif not console.agrees(change):
        return 0 if console.dry_run else 1
    token = str(read(tools.az, "account", "get-access-token", "--query", "accessToken"))
    http_ = tools.connect(token)
    status, text = http_("POST", host, PUBLISH, package)
    if status not in (200, 202):
        raise Failed(f"{host} answered {status}: {text[:300].decode('utf-8', 'replace').strip()}")
    _wait(host, http_, tools, chosen.wait)
    console.say("Deployed.")
    return 0


def _package(path: Path) -> bytes:
    """Return the bytes of a package; raise Failed where it is not one that the host can run."""
    try:
        package = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(package)) as opened:
            damaged, missing = opened.testzip(), _NEEDED.difference(opened.namelist())
    except OSError as error:
        raise Failed(f"{path} cannot be read: {error.strerror}") from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise Failed(f"{path} is not a zip that can be read: {error}") from error
    if damaged:
        raise Failed(f"{path}: {damaged} in it is damaged")
    if missing:
        raise Failed(
            f"{path} is no package of the app: it has no {' and no '.join(sorted(missing))}"
        )
    return package


def _wait(host: str, http_: Http, tools: Tools, seconds: int) -> None:
    """Return once the deployment has succeeded; raise Failed where it has not, or that is not known."""
    until = tools.clock() + seconds
    while tools.clock() < until:
        tools.sleep(_PAUSE)
        state = _state(*http_("GET", host, LATEST, None))
        if state == _SUCCESS:
            return
        if state in _ENDED:
            raise Failed(f"the deployment {_ENDED[state]}: see https://{host}{LATEST}")
    raise Failed(
        f"it is not known whether the deployment has succeeded after {seconds} seconds: "
        f"see https://{host}{LATEST}"
    )


def _state(status: int, text: bytes) -> int | None:
    """Return the state of the latest deployment, None where the answer does not say it."""
    if status not in (200, 202):
        return None
    try:
        found: Any = json.loads(text)
    except ValueError:
        return None
    state = found.get("status") if isinstance(found, dict) else None
    return state if isinstance(state, int) else None


def site_with(token: str) -> Http:
    """Return calls of a deployment site with a token."""

    def call(method: str, host: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection(host, timeout=_TIMEOUT)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/zip"}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError as error:
            raise Failed(f"{host} did not answer: {error}") from error
        finally:
            connection.close()

    return call


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what a command line asks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--group", required=True, help="resource group of the app")
    parser.add_argument("--app", required=True, help="name of the function app")
    parser.add_argument("--package", required=True, help="the zip of `make package`")
    parser.add_argument("--wait", type=int, default=900, help="seconds to wait for Azure")
    parser.add_argument("--yes", action="store_true", help="do not ask, for a workflow")
    parser.add_argument("--dry-run", action="store_true", help="say what would change")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    exit_with(main)
