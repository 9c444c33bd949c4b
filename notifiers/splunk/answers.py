"""What the answers of Splunk's HTTP Event Collector mean.

It answers ``{"text", "code"}``; code 0 alone is success. The codes are in
https://help.splunk.com/en/splunk-enterprise/get-data-in/collect-http-event-data/troubleshoot-http-event-collector
and the channel of code 10 in its page "About HTTP Event Collector Indexer Acknowledgment".
"""

from collections.abc import Mapping
from typing import Final

from drift.untrusted_json import printable
from notifiers.http import ChannelAnswer
from notifiers.meaning import Meaning, fields

_SUCCESS: Final = 0
_REMEDIES: Final[Mapping[int, str]] = {
    1: "the token of SPLUNK_HEC_TOKEN is disabled: enable it in Splunk, or set another",
    2: "Splunk saw no token: a proxy may remove the header Authorization",
    3: "Splunk does not understand the header Authorization: SPLUNK_HEC_TOKEN must be the token alone",
    4: "Splunk does not know this token: set SPLUNK_HEC_TOKEN to a token of this collector",
    5: "Splunk saw an empty message: check SPLUNK_HEC_URL and the proxy",
    6: "SPLUNK_HEC_URL must be the collector's event endpoint, …/services/collector/event",
    7: "the token may not write to the index: correct the token's default index and its allowed indexes",
    10: "the token requires indexer acknowledgement, which is not supported: turn it off for "
    "this token, or set another token",
    11: "the token requires indexer acknowledgement, which is not supported: turn it off",
}


def meaning(answer: ChannelAnswer) -> Meaning:
    """Return the collector's own code and text, and what to do about them."""
    body = fields(answer.body)
    code = body.get("code")
    if not isinstance(code, int) or isinstance(code, bool):
        return Meaning(proves=False)
    words = printable(body.get("text"))
    return Meaning(f"code {code}", words, _REMEDIES.get(code, ""), proves=code == _SUCCESS)
