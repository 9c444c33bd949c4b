"""The log of ``phidrift serve``."""

import json
from pathlib import Path

import requests

from functions_host.subprocess import served
from tests.functions_host.hosting import eventually

SETTINGS = {
    "MONITORED_SUBSCRIPTIONS": "00000000-0000-0000-0000-00000000000a",
    "TEAMS_WEBHOOK_URL": "https://127.0.0.1:9/w?sig=swordfish",
}
OTHER = "/subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/g"
EVENT = {
    "id": "event-1",
    "eventType": "Microsoft.Resources.ResourceWriteSuccess",
    "subject": f"{OTHER}/providers/Microsoft.Storage/storageAccounts/scans",
    "eventTime": "2026-11-20T03:00:00Z",
    "data": {"operationName": "Microsoft.Storage/storageAccounts/write"},
}


def test_an_event_that_is_left_out_is_printed_with_its_reason(tmp_path: Path) -> None:
    with served(tmp_path, SETTINGS, "") as app:
        status = requests.post(
            app.webhook,
            data=json.dumps([EVENT]),
            headers={"aeg-event-type": "Notification"},
            timeout=60,
        ).status_code
        is_printed = eventually(lambda: "event-left-out" in app.log.read_text())
        log = app.log.read_text()

    assert (status, is_printed) == (202, True)
    (line,) = (each for each in log.splitlines() if "event-left-out" in each)
    assert " INFO event-left-out event=event-1 " in line
    assert 'reason="The subscription is not monitored."' in line
    assert "swordfish" not in log
