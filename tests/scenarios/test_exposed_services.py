"""Who used a vault, a SQL server or a snapshot while it was open: reported once, without names of objects."""

import pytest

from drift.notices import Access, Change
from tests.scenarios.openings import NAME, OPENINGS, told


@pytest.mark.parametrize("name", ["vault", "sql"])
def test_a_use_from_outside_is_told_once_and_names_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = OPENINGS[name]
    with opening.watched(monkeypatch) as clinic:
        opening.open(clinic)
        clinic.rig.later(minutes=1)
        opening.use(clinic)
        clinic.rig.later(minutes=35)

        exposure = opening.exposure(clinic)
        assert (exposure.access, exposure.callers) == (Access.CONFIRMED, 1)
        assert told(clinic) == [(Change.OPENED, None), (Change.UPDATED, Access.CONFIRMED)]
        assert NAME not in clinic.stored()


def test_a_link_to_download_a_snapshot_makes_access_presumed_from_alert_to_repair(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opening = OPENINGS["disk"]
    with opening.watched(monkeypatch) as clinic:
        opening.open(clinic)
        clinic.rig.later(minutes=1)
        opening.use(clinic)
        clinic.rig.later(minutes=15)
        during = opening.exposure(clinic)
        clinic.azure.act(opening.resource, "endGetAccess")
        closed = {"networkAccessPolicy": "DenyAll", "publicNetworkAccess": "Disabled"}
        clinic.azure.patch(opening.resource, {"properties": closed})
        clinic.rig.write(opening.resource)
        clinic.rig.later(minutes=35)
        after = opening.exposure(clinic)

        assert (during.access, during.callers, during.reads) == (Access.PRESUMED, 1, 1)
        assert during.summary.startswith("At least 1 caller asked for 1 link to download it (")
        assert (after.access, after.reads, after.is_final) == (Access.PRESUMED, 1, False)
        assert after.until
        changes = [each for each, _ in told(clinic)]
        assert changes.count(Change.RESOLVED) == 1
        assert told(clinic)[-1] == (Change.RESOLVED, Access.PRESUMED)
        assert (Change.UPDATED, Access.PRESUMED) in told(clinic)


IDENTITIES = {
    "applications with PHI": "1 account signed in 1 time to applications with PHI without MFA",
    "administrators": "1 account signed in 1 time as administrators without MFA",
    "privileged role": "1 identity did 1 operation in Azure, 1 of them to get keys, tokens or links",
}


@pytest.mark.parametrize(("name", "expected"), IDENTITIES.items(), ids=IDENTITIES)
def test_what_an_identity_did_is_told_once_in_numbers_and_names_nobody(
    name: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = OPENINGS[name]
    with opening.watched(monkeypatch) as clinic:
        opening.open(clinic)
        clinic.rig.later(minutes=1)
        opening.use(clinic)
        clinic.rig.later(minutes=35)

        exposure = opening.exposure(clinic)
        assert (exposure.access, exposure.flows) == (Access.POSSIBLE, 1)
        assert exposure.summary.startswith(expected)
        assert told(clinic) == [(Change.OPENED, None), (Change.UPDATED, Access.POSSIBLE)]
        assert NAME not in clinic.stored()
