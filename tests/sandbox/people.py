"""Credentials of the sandbox's actors."""

from typing import Any

from azure.core.credentials import AccessToken

from sandbox.core.people import Actor
from sandbox.world import Sandbox


class Person:
    """A credential of one actor."""

    def __init__(self, azure: Sandbox, actor: Actor) -> None:
        self._azure = azure
        self._actor = actor

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        token = self._azure.token(self._actor, scopes[0].removesuffix("/.default"))
        return AccessToken(token, 4_000_000_000)
