"""Running an app under the worker library in a process of its own: the library holds one app."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Report:
    """The worker's answers: why it refused the app, its functions' bindings, and each call.

    ``imported`` are the modules that indexing the app has brought in.
    """

    refused: str
    imported: Sequence[str]
    functions: Mapping[str, Sequence[Mapping[str, Any]]]
    calls: Sequence[Mapping[str, Any]]


def worker(
    folder: Path,
    *calls: tuple[str, Any],
    env: Mapping[str, str] | None = None,
    before: Path | None = None,
) -> Report:
    """Index the app in a folder and call its functions; ``before`` comes first on the path."""
    paths = [str(each) for each in (before, ROOT) if each]
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "tests.worker.host", str(folder)],
        input=json.dumps([{"function": name, "payload": payload} for name, payload in calls]),
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(paths),
            **(env or {}),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stderr
    return Report(**json.loads(ended.stdout.splitlines()[-1]))
