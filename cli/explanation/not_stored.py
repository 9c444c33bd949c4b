"""Why nothing may be stored about a resource, and what to do, by the kind of resource."""

import shlex
from collections.abc import Collection, Iterator
from typing import Final

from drift import ids
from drift.detector import Detectors, detectors_of

_SPELLING: Final = "Check the spelling, against `{}`. Upper and lower case make no difference."
_NOT_YET: Final = (
    "The monitor may not have read it yet: it reads after an event, and once a day in the sweep."
)
_EVALUATE: Final = "Evaluate it without the state: `{} | phidrift evaluate`."


def to_try(
    resource_id: str, above: str, subscriptions: Collection[str], detectors: Detectors
) -> Iterator[str]:
    """Yield the possible reasons, and what to do; ``above`` is the stored resource that contains it.

    For a type that no control evaluates nothing is ever stored: then no other advice is given.
    """
    subscription, kind = ids.subscription_of(resource_id), ids.type_of(resource_id)
    if not any(detectors_of(detectors, kind)):
        if above:
            yield f"It is evaluated as part of {above}: explain that id."
        yield from _not_evaluated(kind, above, detectors)
        return
    if subscription and subscription not in subscriptions:
        yield f"Subscription {subscription} is not in MONITORED_SUBSCRIPTIONS."
    show, query = _commands(resource_id, kind)
    yield _SPELLING.format(query)
    yield _NOT_YET
    yield _EVALUATE.format(show)


def _not_evaluated(kind: str, above: str, detectors: Detectors) -> Iterator[str]:
    readers = [each.CONTROL.id for each in detectors if kind in each.CONTROL.watches]
    if readers and not above:
        yield (
            f"The type {kind} has no controls of its own: {', '.join(readers)} read it for other "
            "resources. Explain the resource that it belongs to."
        )
    elif not above:
        yield (
            f"No control evaluates or reads the type {kind}, so the monitor stores nothing about it; "
            "`phidrift controls` lists what is evaluated."
        )


def _commands(resource_id: str, kind: str) -> tuple[str, str]:
    """Return the commands that print the body that evaluate takes, and the id in Azure's spelling."""
    if kind == ids.SUBSCRIPTION:
        url = f"{ids.key(resource_id)}?api-version=2022-12-01"
        return f"az rest --url {shlex.quote(url)}", "az account list --query [].id"
    if kind == ids.GROUP:
        name = shlex.quote(ids.name_of(resource_id))
        show = f"az group show --subscription {ids.subscription_of(resource_id)} --name {name}"
        return show, f"{show} --query id"
    show = f"az resource show --ids {shlex.quote(resource_id)}"
    return show, f"{show} --query id"
