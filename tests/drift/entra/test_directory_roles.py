"""The directory roles are known by the ids of their templates."""

from uuid import UUID

from drift.entra.directory_roles import (
    GLOBAL_ADMINISTRATOR,
    MINIMUM,
    NAMES,
    PRIVILEGED,
    REVIEWED,
    SYNCHRONIZATION,
    role_name,
)


def test_each_role_has_an_id_in_lower_case_and_a_name_of_its_own() -> None:
    assert [str(UUID(each)) for each in NAMES] == list(NAMES)
    assert len(set(NAMES.values())) == len(NAMES) == len(MINIMUM) + len(PRIVILEGED)


def test_the_roles_whose_members_are_reviewed_must_also_have_mfa() -> None:
    assert set(REVIEWED) < set(MINIMUM)


def test_the_role_of_the_synchronization_account_is_no_role_of_a_person() -> None:
    assert not SYNCHRONIZATION & set(NAMES)


def test_a_role_is_named_and_an_unknown_one_keeps_its_id() -> None:
    assert role_name(GLOBAL_ADMINISTRATOR) == "Global Administrator"
    assert (
        role_name("00000000-0000-4000-8000-000000000001") == "00000000-0000-4000-8000-000000000001"
    )
