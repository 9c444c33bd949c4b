"""The contract between the app settings and a channel: its name, its settings, and their reader."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from drift.config.env_values import Values


class ChannelContract(Protocol):
    """What the app settings need from a channel's specification."""

    @property
    def name(self) -> str:
        """Return the channel's name, as in the routes of monitor.toml."""

    @property
    def setting_names(self) -> tuple[str, ...]:
        """Return the names of its app settings; the first one is required."""

    @property
    def read(self) -> Callable[[Values, str], object | None]:
        """Return the reader of its settings, for a cloud; it returns None where none is set.

        It reports each wrong setting with ``Values.refuse``.
        """


def setting_names(channels: Iterable[ChannelContract]) -> tuple[str, ...]:
    """Return the names of all settings of these channels."""
    return tuple(name for channel in channels for name in channel.setting_names)


def unset_channels(channels: Sequence[ChannelContract], env: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the channels with no setting at all; a wrong setting counts as set."""
    values = Values(env)
    return frozenset(
        each.name for each in channels if not any(map(values.text, each.setting_names))
    )
