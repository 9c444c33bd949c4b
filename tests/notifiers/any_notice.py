"""Random notices for the property tests."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from drift.model import Actor, Evidence, Outcome, Severity
from drift.notices import Change, Closure, Difference, Found, Notice, Standing

TEXT = st.one_of(
    st.text(st.characters(), max_size=40),  # half characters too: JSON may hold them
    st.builds(
        lambda unit, count: unit * count, st.text(min_size=1, max_size=5), st.integers(0, 3000)
    ),
    st.sampled_from(["", "{{DATE(2026-01-01T00:00:00Z)}}" * 300, '"\\' * 5000, "😀" * 9000]),
)

VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)

TIME = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - the strategy adds the time zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)

ACTOR = st.builds(
    Actor,
    name=TEXT,
    object_id=TEXT,
    ip=TEXT,
    app_id=TEXT,
    mfa=st.sampled_from([None, True, False]),
    sign_in_ip=TEXT,
    ip_is_sign_in=st.booleans(),
    is_guest=st.booleans(),
    is_managed_identity=st.booleans(),
)

ANY_NOTICE = st.builds(
    Notice,
    uid=TEXT,
    finding_uid=TEXT,
    incident_id=TEXT,
    sequence=st.integers(1, 10**6),
    change=st.sampled_from(Change),
    closure=st.sampled_from([None, *Closure]),
    control_id=TEXT,
    title=TEXT,
    service=TEXT,
    why=TEXT,
    hipaa=st.lists(TEXT, max_size=30).map(tuple),
    resource_id=TEXT,
    resource_type=TEXT,
    subscription_id=TEXT,
    phi=st.sampled_from([None, True, False]),
    phi_reason=TEXT,
    outcome=st.sampled_from(Outcome),
    severity=st.sampled_from([None, *Severity]),
    reason=TEXT,
    evidence=st.lists(st.builds(Evidence, TEXT, VALUE, TEXT), max_size=20).map(tuple),
    differences=st.lists(st.builds(Difference, TEXT, VALUE, VALUE), max_size=20).map(tuple),
    fix_command=st.none() | TEXT,
    fix_note=TEXT,
    changed_by=st.none() | ACTOR,
    is_cause=st.booleans(),
    context=st.lists(TEXT, max_size=20).map(tuple),
    event_id=TEXT,
    event_at=st.none() | TIME,
    read_at=TIME,
    decided_at=TIME,
    opened_at=TIME,
    cloud=TEXT,
    portal_url=TEXT.map("https://portal.azure.com/".__add__),
    console_url=TEXT,
    code_version=TEXT,
    config_hash=TEXT,
    found=st.sampled_from(Found),
    news=st.lists(TEXT, max_size=20).map(tuple),
    standing=st.sampled_from([None, *Standing]),
    others=st.lists(ACTOR, max_size=12).map(tuple),
)
