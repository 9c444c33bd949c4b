"""How an actor is named to people: by UPN, else as an application or object id that says what it is."""

from drift.model import Actor


def shown_name(actor: Actor) -> str:
    """Return the name of an actor; an id never stands without a label.

    A person signs in through an application, whose id says nothing about the person.
    """
    if actor.app_id and actor.name == actor.app_id:
        return f"application id {actor.app_id}"
    if actor.object_id and actor.name == actor.object_id:
        return f"object id {actor.object_id}"
    if actor.app_id and "@" not in actor.name:
        return f"{actor.name} (application id {actor.app_id})"
    return actor.name
