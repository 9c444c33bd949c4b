"""Small stories over ``phidrift serve``, with crashes, from an empty state to the last delivery."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from cli.demonstration.received import ReceivedMessage, received_messages, refused
from sandbox.arm.replicas import Lag
from sandbox.clinic.estate import DATA, INTAKE, NETWORK, OPERATIONS, VAULT, WORKSPACE, clinic
from sandbox.clinic.policy import policy
from sandbox.clinic.posture import posture
from sandbox.eventgrid.event_grid import PROMPT
from sandbox.world import Sandbox
from tests.crash.clock import SharedClock
from tests.crash.serving import Launcher, Serving

_LAG = Lag()
CHANNELS = ("teams", "pagerduty", "splunk")
ROUNDS = 5
"""Minutes after each step: work that a crash interrupted is continued within four ticks."""

SWEEP_ROUNDS = 12
"""Minutes after a sweep: a process that died keeps its lane, and its subscription, for five minutes."""

_ROUTES = f"{NETWORK}/providers/Microsoft.Network/routeTables/clinic"

_WHEN_SENT = frozenset({"told", "transmit_time"})
"""The field that may differ in a repeated message: when it was sent."""


@dataclass(frozen=True, slots=True)
class Story:
    """The estate, the events, and the messages that each channel gets, once and in this order.

    ``lag`` None: no replica is behind.
    """

    is_there: Callable[[str], bool]
    happens: Callable[[Sandbox, Serving, bool], None]
    verbs: tuple[str, ...]
    lag: Lag | None = _LAG


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """The result of a story: the delivered and the refused messages, and the state."""

    verbs: tuple[str, ...]
    dies_at: tuple[str, ...]
    lives: int
    passed: Sequence[str]
    told: Sequence[ReceivedMessage]
    refused: int
    health: dict[str, Any]


def _writes(sandbox: Sandbox, serving: Serving, until_dead: bool) -> None:
    """Routes are written, which nobody watches; an account's firewall is opened, and closed."""
    sandbox.write(_ROUTES, {"location": "eastus", "tags": {"reviewed": "yes"}})
    for action in ("Allow", "Deny"):
        sandbox.patch(INTAKE, {"properties": {"networkAcls": {"defaultAction": action}}})
        serving.settle()
        while until_dead and serving.is_to_die:
            serving.settle()
        serving.later(minutes=ROUNDS)


def _sweeps(sandbox: Sandbox, serving: Serving, until_dead: bool) -> None:
    """One account is swept and in order; it is opened without an event, and swept again.

    Then a container's access level is written to the log, as it was before.
    """
    serving.sweep()
    serving.later(minutes=SWEEP_ROUNDS)
    body = sandbox.read(INTAKE)
    body["properties"]["networkAcls"]["defaultAction"] = "Allow"
    sandbox.place(body)
    serving.sweep()
    sandbox.set_container_acl(INTAKE, "intake-forms", "None")
    serving.watch_logs()
    serving.later(minutes=SWEEP_ROUNDS)


def _moves(sandbox: Sandbox, serving: Serving, until_dead: bool) -> None:
    """One compliant account moves to another group; a write there is drift."""
    for each in clinic():
        if (
            each["id"].lower().startswith(f"{INTAKE.lower()}/")
            and "providers/microsoft.i" in each["id"]
        ):
            sandbox.place({**each, "id": each["id"].replace(DATA.lower(), OPERATIONS.lower())})
    sandbox.patch(INTAKE, {"tags": {"dataClassification": "phi", "owner": "records"}})
    serving.settle()
    serving.later(minutes=ROUNDS)
    sandbox.move(INTAKE, target=OPERATIONS)
    serving.settle()
    serving.later(minutes=ROUNDS)
    there = INTAKE.replace(DATA, OPERATIONS)
    sandbox.patch(there, {"properties": {"networkAcls": {"defaultAction": "Allow"}}})
    serving.settle()
    serving.later(minutes=ROUNDS)


def _is_of_the_account(resource_id: str) -> bool:
    """Tell whether a document is the account, what its verdicts rest on, or a group above it."""
    rests_on = (INTAKE.lower(), VAULT.lower(), WORKSPACE.lower())
    return "/providers/" not in resource_id or resource_id.lower().startswith(rests_on)


_POSTURE = {str(each["id"]) for each in (*posture(), *policy())}

WRITTEN = Story(bool, _writes, ("Drift", "Update", "Resolved"))
"""The update contains the other writes of the actor."""


def _is_swept(resource_id: str) -> bool:
    """Tell whether a document is of the account, or of the subscription, which a sweep compares too."""
    return _is_of_the_account(resource_id) or resource_id in _POSTURE


SWEPT = Story(_is_swept, _sweeps, ("Drift",))

MOVED = Story(_is_of_the_account, _moves, ("Drift", "Update"), lag=None)
"""The first report about a moved account depends on the documents below it that a replica shows."""


def live(
    launcher: Launcher,
    folder: Path,
    *dies_at: str,
    story: Story = WRITTEN,
    ticks: bool = False,
    state: str = "",
) -> Lived:
    """Run the story; each process but the last dies, at the point of this name.

    ``ticks``: the timer runs by itself each second, and the story waits for what dies of it.
    ``state`` is the STATE_STORE, where it is no file.
    """
    folder.mkdir(exist_ok=True)
    clock = SharedClock(folder / "clock")
    with Sandbox(
        lag=story.lag, limits=None, behaviour=PROMPT, log_delay=(0.0, 0.0), clock=clock
    ) as sandbox:
        sandbox.place(*(each for each in clinic() if story.is_there(str(each["id"]))))
        serving = Serving(launcher, sandbox, clock, folder)
        serving.dies_at = dies_at
        serving.settings = {
            **({"TICK_SCHEDULE": "* * * * * *"} if ticks else {}),
            **({"STATE_STORE": state, "PSEUDONYM_KEY": "any"} if state else {}),
        }
        serving.start()
        try:
            sandbox.events.subscribe(serving.receive)
            story.happens(sandbox, serving, ticks)
            health = serving.health()
        finally:
            serving.stop()
        return Lived(
            verbs=story.verbs,
            dies_at=dies_at,
            lives=serving.lives,
            passed=serving.passed,
            told=received_messages(sandbox),
            refused=refused(sandbox),
            health=health,
        )


def wrongs(lived: Lived) -> Iterator[str]:
    """Yield what should not be so after a story, whatever died in it."""
    if lived.lives != len(lived.dies_at) + 1:
        yield "it did not come to the point at which it was to die"
    for channel in CHANNELS:
        yield from _wrongs_of(channel, lived)
    if lived.refused:
        yield f"{lived.refused} messages were refused"
    if lived.health["status"] != "ok" or lived.health["due"]:
        yield f"it does not stand well: {lived.health}"


def _wrongs_of(channel: str, lived: Lived) -> Iterator[str]:
    """Look at one channel: a repeat follows at once and says the same, after an unknowable send.

    Such a one is a send that came back, and then its process died; or one that had arrived and did
    not come back, since another thread died meanwhile and took it along.
    """
    told = [(each.verb, _said(each)) for each in lived.told if each.channel == channel]
    runs = [list(same) for _, same in groupby(told)]
    verbs = tuple(each.verb for each in lived.told if each.channel == channel)
    if tuple(run[0][0] for run in runs) != lived.verbs:
        yield f"{channel} heard {verbs}"
    came_back, died = (
        sum(f"Channel[{channel}].send #" in each for each in points)
        for points in (lived.passed, lived.dies_at)
    )
    unknowable = died + max(0, len(told) - came_back)
    if len(told) - len(runs) > unknowable:
        yield f"{channel} heard a repeat: {verbs}"


def _said(heard_: ReceivedMessage) -> str:
    """Return the messages without their times."""
    return json.dumps(_timeless(json.loads(heard_.text)), sort_keys=True)


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _timeless(each) for name, each in value.items() if name not in _WHEN_SENT}
    return [_timeless(each) for each in value] if isinstance(value, list) else value
