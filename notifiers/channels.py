"""All channels. A new channel is its package and one line here."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from drift.ports import Channel
from notifiers.eventgrid_topic.spec import SPEC as EVENTGRID_TOPIC
from notifiers.pagerduty.spec import SPEC as PAGERDUTY
from notifiers.sentinel.spec import SPEC as SENTINEL
from notifiers.spec import ChannelSpec, Tools
from notifiers.splunk.spec import SPEC as SPLUNK
from notifiers.teams.spec import SPEC as TEAMS
from notifiers.webhook.spec import SPEC as WEBHOOK

Channels = tuple[ChannelSpec[Any], ...]
"""Specifications of channels; each knows the type of its own settings."""

CHANNELS: Final[Channels] = (TEAMS, PAGERDUTY, SPLUNK, SENTINEL, EVENTGRID_TOPIC, WEBHOOK)
"""In their order of importance for people."""


def built(
    specs: Iterable[ChannelSpec[Any]], settings: Mapping[str, object], tools: Tools
) -> tuple[Channel, ...]:
    """Return the channels that are set, in the order of their specifications."""
    return tuple(each.build(settings[each.name], tools) for each in specs if each.name in settings)


def titles(specs: Iterable[ChannelSpec[Any]]) -> dict[str, str]:
    """Return the title of each channel by its name."""
    return {each.name: each.title for each in specs}
