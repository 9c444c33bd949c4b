"""What the answers of a flow in Power Automate mean.

A flow that starts with an HTTP request answers 202 as soon as it has started: this does not prove
that it posts a card. https://learn.microsoft.com/azure/logic-apps/logic-apps-http-endpoint
"""

from collections.abc import Mapping
from typing import Final

from notifiers.http import ChannelAnswer
from notifiers.meaning import Meaning, azure_error

_REMEDIES: Final[Mapping[int, str]] = {
    400: "the flow does not accept the message or its address: copy the whole address again; the trigger "
    "must be 'When a Teams webhook request is received' without a custom schema",
    401: "the signature in TEAMS_WEBHOOK_URL is not valid: copy the flow's present address, and let "
    "anyone trigger the flow",
    403: "the flow refuses this caller: let anyone trigger it, and check the flow's allowed "
    "addresses and the tenant's data policies",
    404: "the flow is deleted or turned off, or its owner left: turn it on, or make a new one and set "
    "TEAMS_WEBHOOK_URL to its address",
    413: "the card is larger than the flow accepts (Teams takes 28 KB): report this with the control's "
    "name",
}


def meaning(answer: ChannelAnswer) -> Meaning:
    """Return the flow's own code and words, and what to do about them."""
    code, words = azure_error(answer.body)
    return Meaning(code, words, _REMEDIES.get(answer.status, ""))
