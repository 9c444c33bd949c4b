"""Role assignments: they take effect late, and later in Resource Graph than in ARM."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.core.people import Actor
from sandbox.http.endpoint import Clock


@dataclass(frozen=True, slots=True)
class _Assignment:
    scope: str
    in_arm: datetime
    in_graph: datetime


class Roles:
    """The assignments of the role Reader; a caller without any reads everything.

    Azure caches roles: ARM for up to ten minutes, Resource Graph for hours at times. Then it does
    not refuse, and lists the resources that the caller could read before.
    https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._assigned: dict[str, list[_Assignment]] = {}
        self._lock = threading.Lock()

    def assign(
        self, actor: Actor, scope: str, *, arm_after: float = 0.0, graph_after: float = 0.0
    ) -> None:
        """Let a caller read a scope and all below it, with a delay in ARM and in Resource Graph."""
        arm, graph = (self._clock() + timedelta(seconds=each) for each in (arm_after, graph_after))
        with self._lock:
            known = self._assigned.setdefault(actor.object_id, [])
            known.append(_Assignment(scope.lower().rstrip("/"), arm, graph))

    def arm_shows(self, actor: Actor, path: str) -> bool:
        """Tell whether ARM lets a caller read a document."""
        return self._shows(path, self._effective(actor, graph=False))

    def graph_shows(self, actor: Actor, path: str) -> bool:
        """Tell whether Resource Graph has a row of a document for a caller."""
        return self._shows(path, self._effective(actor, graph=True))

    def _effective(self, actor: Actor, *, graph: bool) -> list[str] | None:
        """Return the scopes whose assignment has taken effect; None: the caller reads everything."""
        now = self._clock()
        with self._lock:
            known = self._assigned.get(actor.object_id)
            if known is None:
                return None
            return [
                each.scope for each in known if (each.in_graph if graph else each.in_arm) <= now
            ]

    def _shows(self, path: str, scopes: list[str] | None) -> bool:
        """Tell whether a document lies in a scope, or is the subscription that has one in it."""
        key = path.lower().rstrip("/")
        return scopes is None or any(
            f"{key}/".startswith(f"{scope}/") or (_is_subscription(key) and _is_in(scope, key))
            for scope in scopes
        )


def _is_subscription(key: str) -> bool:
    return key.startswith("/subscriptions/") and key.count("/") == 2


def _is_in(scope: str, key: str) -> bool:
    return scope.startswith(f"{key}/")
