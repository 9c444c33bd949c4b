"""The definition of a channel: one ``ChannelSpec`` in its package, one line in ``CHANNELS``."""

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
"""The settings of one channel, in the form of its package."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The shared parts of the channels: connections, and tokens of the app's identity."""

    sessions: Sessions
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class AzureRole:
    """A role in Azure that the app's identity needs, and a placeholder for the id of its scope."""

    name: str
    scope: str


@dataclass(frozen=True, slots=True)
class Advice:
    """A warning about a working setting: the problem, and what to do."""

    finding: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSpec(Generic[SettingsT]):
    """Everything that the rest of the project knows about a channel before it sends a message.

    ``title`` is its name within a sentence. ``setting_names`` begins with the required setting of
    the channel. ``read`` returns None if nothing is set, and refuses wrong values. ``address`` is
    the host for a handshake. ``sign_in`` is the service for which the app's identity gets a token,
    None if it needs none; ``role`` is the missing role if that service answers 403. ``remedy`` says
    what to check if the channel refuses a message and its answer does not say why.
    """

    name: str
    title: str
    setting_names: tuple[str, ...]
    read: Callable[[Values, str], SettingsT | None]
    build: Callable[[SettingsT, Tools], Channel]
    address: Callable[[SettingsT], Secret]
    remedy: str
    sign_in: Callable[[SettingsT], Service | None] = lambda _: None
    role: AzureRole | None = None
    advice: Callable[[SettingsT], Advice | None] = lambda _: None
