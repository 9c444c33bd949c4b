"""local.settings.json, which stands for the app settings on a laptop; the environment wins over it.

https://learn.microsoft.com/azure/azure-functions/functions-develop-local#local-settings-file
"""

import json
from collections import Counter
from collections.abc import Iterable, MutableMapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from drift.errors import BadSettings
from drift.untrusted_json import load as load_json

FILE: Final = "local.settings.json"


def add_values(folders: Iterable[Path], env: MutableMapping[str, str]) -> None:
    """Add the Values of the first file found to ``env``, where it lacks them; raise BadSettings."""
    path = next((each / FILE for each in folders if (each / FILE).is_file()), None)
    if path is None:
        return
    twice: list[str] = []
    try:
        content = load_json(path.read_text(encoding="utf-8-sig"), partial(_object, twice))
    except (OSError, ValueError) as error:
        # Of a decoding error only the place is shown: its text may quote a line with a secret.
        place = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise BadSettings((f"{path} cannot be read as JSON{place}",)) from None
    if twice:
        raise BadSettings(tuple(f"{path}: {name!r} appears twice" for name in twice))
    for name, value in _values(path, content).items():
        env.setdefault(name, value)


def _object(twice: list[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object, and note the names that appear twice; Azure ignores their case."""
    counts = Counter(name.lower() for name, _ in pairs)
    again = {name.lower(): name for name, _ in pairs if counts[name.lower()] > 1}
    twice.extend(again.values())
    return dict(pairs)


def _values(path: Path, content: object) -> dict[str, str]:
    values = content.get("Values", {}) if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(values, dict):
        raise BadSettings((f"{path} is not an object with an object called Values",))
    if content.get("IsEncrypted") is True:
        raise BadSettings((f"{path} is encrypted; `func settings decrypt` makes it readable",))
    not_texts = [name for name, value in values.items() if isinstance(value, dict | list)]
    if not_texts:
        raise BadSettings(tuple(f"{path}: the value of {name} is not a text" for name in not_texts))
    texts = {name: _text(value) for name, value in values.items() if value is not None}
    unfit = [name for name, text in texts.items() if not name or "=" in name or "\0" in name + text]
    if unfit:
        raise BadSettings(
            tuple(f"{path}: {name!r} cannot stand in an environment" for name in unfit)
        )
    return texts


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
