"""How texts name an actor: by UPN, otherwise by a labelled application or object id."""

from collections.abc import Iterable

from drift.model import Actor
from drift.notices import Standing


def shown_name(actor: Actor) -> str:
    """Return the name of an actor; an id always has a label.

    A person signs in through an application, whose id says nothing about the person.
    """
    if actor.is_managed_identity:
        label = f", application id {actor.app_id}" if actor.app_id else ""
        return f"{actor.name} (managed identity{label})"
    if actor.app_id and actor.name == actor.app_id:
        return f"application id {actor.app_id}"
    if actor.object_id and actor.name == actor.object_id:
        return f"object id {actor.object_id}"
    if actor.app_id and "@" not in actor.name:
        return f"{actor.name} (application id {actor.app_id})"
    return f"{actor.name} (guest)" if actor.is_guest else actor.name


def shown_names(actors: Iterable[Actor]) -> str:
    """Return the names of several actors, each of them once."""
    return ", ".join(dict.fromkeys(shown_name(each) for each in actors))


def claim(standing: Standing, names: str) -> str:
    """Return a sentence that says how certain these actors are."""
    return f"{_PARTS[standing]} {names}."


_PARTS = {
    Standing.PROVEN: "Changed by",
    Standing.LIKELY: "Most likely changed by",
    Standing.SEVERAL: "Changed by one of these:",
    Standing.LAST_WRITER: "Last written by",
    Standing.UNKNOWN: "The actor is unknown:",
}
