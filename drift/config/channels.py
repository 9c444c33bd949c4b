"""The contract between the app settings and a channel: its name, its settings, and who reads them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from drift.config.env_values import Values


class ChannelContract(Protocol):
    """What the domain knows of a channel that may be set; its package has the rest."""

    @property
    def name(self) -> str:
        """Return the channel's name, as routes in monitor.toml have it."""

    @property
    def setting_names(self) -> tuple[str, ...]:
        """Return the names of its app settings; the first is one that it cannot do without."""

    @property
    def read(self) -> Callable[[Values, str], object | None]:
        """Return what reads its settings in an Azure cloud: None where the channel is off.

        What is wrong with them it refuses by ``Values.refuse``.
        """


def setting_names(channels: Iterable[ChannelContract]) -> tuple[str, ...]:
    """Return the name of every setting of these channels."""
    return tuple(name for channel in channels for name in channel.setting_names)


def silent_channels(channels: Sequence[ChannelContract], env: Mapping[str, str]) -> frozenset[str]:
    """Return the channels of which nothing is set; what is set wrongly is another matter."""
    values = Values(env)
    return frozenset(
        each.name for each in channels if not any(map(values.text, each.setting_names))
    )
