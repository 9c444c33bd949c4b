"""``bicep build --stdout FILE | python -m tools.infra.embedded``: the template as another one holds it.

It has no stamp of the compiler, so that it is the same with the next version.
"""

import json
import sys
from typing import Any


def main() -> None:
    """Read a compiled template and write it without stamps."""
    sys.stdout.write(json.dumps(unstamped(json.load(sys.stdin)), indent=2) + "\n")


def unstamped(value: Any) -> Any:
    """Return a template without what names its compiler, nested templates too."""
    if isinstance(value, dict):
        return {
            name: unstamped(each)
            for name, each in value.items()
            if not (name == "metadata" and "_generator" in each)
        }
    if isinstance(value, list):
        return [unstamped(each) for each in value]
    return value


if __name__ == "__main__":
    main()
