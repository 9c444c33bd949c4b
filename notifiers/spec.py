"""What makes a channel a channel: one ``ChannelSpec`` in its package, one line in ``CHANNELS``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from drift.config.clouds import Service
from drift.config.env_values import Values
from drift.config.secret import Secret
from drift.ports import Channel
from notifiers.sessions import Sessions
from notifiers.tokens import Tokens

SettingsT = TypeVar("SettingsT")
"""What the operator set for one channel, as its package keeps it."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the channels share: connections, and tokens of the app's identity."""

    sessions: Sessions
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Role:
    """A role in Azure that the app's identity needs, and a placeholder for the id of what it is on."""

    name: str
    scope: str


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that is set, works, and is worth a warning: what it is, and what to do."""

    finding: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSpec(Generic[SettingsT]):
    """Everything that the rest of the project knows of a channel before it sends a message.

    ``title`` is its name within a sentence. ``setting_names`` begins with a setting that the channel
    cannot do without. ``read`` returns None where nothing is set and refuses what is wrong. ``address``
    is the host that a handshake tries. ``sign_in`` is the service that the app's identity gets a token
    for, None where it needs none; ``role`` is what a 403 of that service asks for. ``remedy`` says what
    to look at when the channel refuses a message and its answer does not say why.
    """

    name: str
    title: str
    setting_names: tuple[str, ...]
    read: Callable[[Values, str], SettingsT | None]
    build: Callable[[SettingsT, Tools], Channel]
    address: Callable[[SettingsT], Secret]
    remedy: str
    sign_in: Callable[[SettingsT], Service | None] = lambda _: None
    role: Role | None = None
    advice: Callable[[SettingsT], Advice | None] = lambda _: None
