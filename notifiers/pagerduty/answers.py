"""What the answers of PagerDuty's Events API v2 mean.

It answers 202 with ``status: success``, and 400 with ``errors``, which name the fields that are wrong.
https://developer.pagerduty.com/docs/send-an-event-events-api-v2
"""

from collections.abc import Mapping
from typing import Any, Final

from drift.untrusted_json import printable
from notifiers.http import ChannelAnswer
from notifiers.meaning import Meaning, fields

_SUCCESS: Final = "success"
_ROUTING_KEY: Final = "routing_key"
_REMEDIES: Final[Mapping[int, str]] = {
    403: "PagerDuty refuses this caller: check PAGERDUTY_EVENTS_URL and the proxy",
    404: "PAGERDUTY_EVENTS_URL is not an address of the Events API: it must be that of the account's "
    "service region, without a path",
    413: "the event is larger than 512 KB: report this with the control's name",
}
_FIELD_REMEDY: Final = "report this with the control's name and the field that PagerDuty names"
_KEY_REMEDY: Final = (
    "PAGERDUTY_ROUTING_KEY must be the integration key of an Events API v2 integration, in the "
    "service region of PAGERDUTY_EVENTS_URL"
)


def meaning(answer: ChannelAnswer) -> Meaning:
    """Return PagerDuty's own words, with the fields that it refuses, and what to do about them."""
    body = fields(answer.body)
    status, words = printable(body.get("status")), _words(body)
    remedy = _REMEDIES.get(answer.status, "")
    if answer.status == 400:
        about_field = body.get("errors") and _ROUTING_KEY not in words.lower().replace(" ", "_")
        remedy = _FIELD_REMEDY if about_field else _KEY_REMEDY
    return Meaning(status, words, remedy, proves=status == _SUCCESS)


def _words(body: Mapping[str, Any]) -> str:
    """Return the errors, which name fields; the general message where there is none."""
    errors = body.get("errors")
    named = [printable(each) for each in errors] if isinstance(errors, list) else []
    return "; ".join(filter(None, named)) or printable(body.get("message"))
