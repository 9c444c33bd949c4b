"""Move resources to another group: new ids, also in every document that refers to them.

https://learn.microsoft.com/azure/azure-resource-manager/management/move-resource-group-and-subscription
Diagnostic settings stay behind, under the old id:
https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings
"""

import json
import re
from collections.abc import Iterator, Sequence

from sandbox.arm.lookup import find
from sandbox.core.documents import Body, View
from sandbox.core.paths import DIAGNOSTICS, parse


def moved(view: View, resources: Sequence[str], target: str) -> Iterator[tuple[str, Body | None]]:
    """Yield each document that changes, with its new body; None for an old id."""
    find(view, parse(target))
    names = {each: f"{target}/providers/{_below(each)}" for each in resources}
    for each in names:
        find(view, parse(each))
    for key, body in view.below("/subscriptions/"):
        if parse(key).type_key == DIAGNOSTICS:
            continue
        after = _renamed(body, names)
        if after != body:
            yield str(body["id"]), None if after["id"] != body["id"] else after
        if after["id"] != body["id"]:
            yield after["id"], after


def _below(resource: str) -> str:
    return re.split("/providers/", resource, maxsplit=1, flags=re.IGNORECASE)[1]


def _renamed(body: Body, names: dict[str, str]) -> Body:
    text = json.dumps(body)
    for old, new in names.items():
        whole = rf"{re.escape(old)}(?=[/\"])"
        text = re.sub(whole, new.replace("\\", r"\\"), text, flags=re.IGNORECASE)
    renamed: Body = json.loads(text)
    return renamed
