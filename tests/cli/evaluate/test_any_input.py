"""``phidrift evaluate``: no input makes it fail with an error of its own."""

import contextlib
import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cli import evaluate
from detectors import DETECTORS
from drift.config.model import Config
from tests.support.evaluate_input import (
    ACCOUNT,
    CONTAINERS,
    GROUP,
    NOW,
    account,
)

WORDS = st.sampled_from([
    "id", "case", "resource", "related", "status", "value", "name", "type", "tags", "properties",
    "publicAccess", "allowBlobPublicAccess", "networkAcls", "defaultAction", "encryption", "keySource",
    "deleteRetentionPolicy", "enabled", "days", "logs", "ipRules", "virtualNetworkRules", "bypass",
])  # fmt: skip


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-1, 600)
    | st.text(max_size=5)
    | st.sampled_from([ACCOUNT, CONTAINERS, f"{CONTAINERS}/c", GROUP, "Deny", "TLS1_0", 1e300])
)


JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(), inner, max_size=6)
    ),
    max_leaves=15,
)


@given(JSON, st.dictionaries(WORDS, JSON, max_size=6), st.booleans())
def test_no_input_is_ever_an_error(
    anything: object, properties: dict[str, Any], complete: bool
) -> None:
    case = {"resource": account(**properties), "related": [anything]}
    out, complaints = io.StringIO(), io.StringIO()

    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(complaints):
        code = evaluate.report(
            json.dumps([anything, case, account(**properties)]),
            DETECTORS,
            Config(),
            complete=complete,
            now=NOW,
        )

    assert code in (0, 1, 2)
    assert all(json.loads(each) for each in out.getvalue().splitlines())


@given(st.text())
def test_no_text_is_ever_an_error(text: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = evaluate.report(text, DETECTORS, Config(), complete=False, now=NOW)

    assert code in (0, 2)
