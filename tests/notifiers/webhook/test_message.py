"""The signature, verified as a receiver does."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drift.config.secret import Secret
from notifiers.ocsf import finding
from notifiers.webhook.message import build_body, signed_headers
from notifiers.webhook.settings import signing_key
from tests.notifiers.notices import AT, OPENED

TOLD = AT + timedelta(seconds=2)


def test_the_published_vector_of_the_specification_is_met() -> None:
    key = signing_key(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        key=key,
        sent_at=datetime.fromtimestamp(1614265330.9, UTC),
    )

    assert headers == {
        "Content-Type": "application/json",
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_body_is_the_finding_in_ascii() -> None:
    body = build_body(replace(OPENED, reason="übel"), sent_at=TOLD)

    assert body.isascii()
    assert json.loads(body) == finding(replace(OPENED, reason="übel"), sent_at=TOLD)


@pytest.mark.parametrize("changed", ["id", "time", "body", "key"])
def test_whatever_is_changed_changes_the_signature(changed: str) -> None:
    def signature(part: str) -> str:
        return signed_headers(
            "b" if part == "id" else "a",
            b"[]" if part == "body" else b"{}",
            key=b"other" if part == "key" else b"key",
            sent_at=TOLD + timedelta(seconds=part == "time"),
        )["webhook-signature"]

    assert signature(changed) != signature("") == signature("")
