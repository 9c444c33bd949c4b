"""What the answers of an Event Grid topic mean: 200 is success, a refusal is ``{"error": …}``.

https://learn.microsoft.com/azure/event-grid/post-to-custom-topic
"""

from collections.abc import Mapping
from typing import Final

from notifiers.http import ChannelAnswer
from notifiers.meaning import Meaning, azure_error

_REMEDIES: Final[Mapping[int, str]] = {
    400: "the topic does not accept the event: its input schema must be CloudEvents v1.0",
    401: "the key or token is refused: set FINDINGS_TOPIC_KEY to a current key of the topic, or unset it",
    403: "the identity lacks the role EventGrid Data Sender on the topic, or the topic's firewall refuses "
    "this app",
    404: "there is no such topic: correct FINDINGS_TOPIC_ENDPOINT",
    413: "the event is larger than 1 MB: report this with the control's name",
}


def meaning(answer: ChannelAnswer) -> Meaning:
    """Return the topic's own code and words, and what to do about them."""
    code, words = azure_error(answer.body)
    return Meaning(code, words, _REMEDIES.get(answer.status, ""))
