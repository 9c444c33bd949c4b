"""What the answers of the Logs Ingestion API mean: 204 is success, a refusal is ``{"error": …}``.

https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview
"""

from collections.abc import Mapping
from typing import Final

from notifiers.http import ChannelAnswer
from notifiers.meaning import Meaning, azure_error

_REMEDIES: Final[Mapping[int, str]] = {
    400: "the stream does not accept the row: SENTINEL_STREAM must have the columns of docs/formats.md, "
    "and SENTINEL_ENDPOINT must be in the region of the rule",
    401: "the token is refused: AZURE_CLOUD must be the cloud of the rule, and the identity must be in "
    "the tenant of the rule",
    403: "the identity lacks the role Monitoring Metrics Publisher on the data collection rule; a new "
    "role takes up to 30 minutes; or the endpoint's network rules refuse this app",
    404: "there is no such data collection rule or stream: correct SENTINEL_RULE_ID (the immutable id) "
    "and SENTINEL_STREAM",
    413: "the row is larger than 1 MB: report this with the control's name",
}


def meaning(answer: ChannelAnswer) -> Meaning:
    """Return the service's own code and words, and what to do about them."""
    code, words = azure_error(answer.body)
    return Meaning(code, words, _REMEDIES.get(answer.status, ""))
