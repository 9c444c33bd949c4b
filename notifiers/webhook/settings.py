"""The app settings of the signed webhook: the address for findings, and the key that signs them."""

import base64
from dataclasses import dataclass
from typing import Final

from drift.config.env_values import Values
from drift.config.secret import Secret

URL: Final = "FINDINGS_WEBHOOK_URL"
SECRET: Final = "FINDINGS_WEBHOOK_SECRET"  # noqa: S105 - the setting's name

NAMES: Final = (URL, SECRET)

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how Standard Webhooks marks a secret, not one itself


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver of Standard Webhooks; its address may carry a key of its own."""

    url: Secret
    secret: Secret


def read(values: Values, _cloud: str) -> Webhook | None:
    """Read the two settings of the webhook; None where none is set."""
    url, secret = values.https(URL), values.token(SECRET)
    if secret.startswith(SECRET_PREFIX) and not signing_key(Secret(secret)):
        values.refuse(SECRET, f"has no base64 after {SECRET_PREFIX}")
    if not values.all_or_none(*NAMES):
        return None
    return Webhook(Secret(url), Secret(secret))


def signing_key(secret: Secret) -> bytes:
    """Return the bytes that sign: the decoded base64 after ``whsec_``, else the bytes of the text.

    b"" if there is no base64.
    """
    value = secret.reveal()
    if not value.startswith(SECRET_PREFIX):
        return value.encode(errors="surrogatepass")
    text = value.removeprefix(SECRET_PREFIX)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""
