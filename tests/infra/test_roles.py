"""The roles that the templates assign: each one is named here, with its scope."""

from tests.infra.predicted import GROUP, SUBSCRIPTION, of_type, scope_of
from tests.infra.role_facts import NAMES, ROLES


def assigned(part: str) -> set[tuple[str, str]]:
    """Return the name of each assigned role with the kind of its scope."""
    return {
        (
            NAMES[each["properties"]["roleDefinitionId"].rpartition("/")[2]],
            kind_of(scope_of(each)),
        )
        for each in of_type(part, "Microsoft.Authorization/roleAssignments")
    }


def kind_of(scope: str) -> str:
    """Return the type of a resource without its provider, ``subscriptions`` for a subscription."""
    return scope.rpartition("/providers/")[2].split("/")[1]


def test_the_app_has_exactly_these_roles() -> None:
    assert assigned("app") == {
        ("Reader", "subscriptions"),
        ("Log Analytics Data Reader", "workspaces"),
        ("Storage Blob Data Owner", "storageAccounts"),
        ("Storage Queue Data Contributor", "storageAccounts"),
        ("Storage Table Data Contributor", "storageAccounts"),
        ("Key Vault Secrets User", "vaults"),
        ("Key Vault Crypto User", "vaults"),
        ("Key Vault Crypto Service Encryption User", "vaults"),
        ("Monitoring Metrics Publisher", "components"),
    }


def test_no_role_of_the_app_writes_outside_of_its_own_group() -> None:
    outside = [
        NAMES[each["properties"]["roleDefinitionId"].rpartition("/")[2]]
        for each in of_type("app", "Microsoft.Authorization/roleAssignments")
        if not scope_of(each).startswith(f"{GROUP}/")
    ]

    assert all(ROLES[each].only_reads for each in outside)
    assert len(outside) == 2  # Reader on each of the two watched subscriptions


def test_the_app_signs_with_one_key_of_its_vault_alone() -> None:
    signs = [
        scope_of(each)
        for each in of_type("app", "Microsoft.Authorization/roleAssignments")
        if NAMES[each["properties"]["roleDefinitionId"].rpartition("/")[2]]
        == "Key Vault Crypto User"
    ]

    assert [each.split("/")[-2:] for each in signs] == [["keys", "evidence"]]


def test_a_topic_writes_nothing_but_dead_letters() -> None:
    assignments = of_type("events", "Microsoft.Authorization/roleAssignments")

    assert {scope_of(each).rpartition("/")[2] for each in assignments} == {"dead-letters"}
    assert all(scope_of(each).startswith(SUBSCRIPTION) for each in assignments)
    assert assigned("events") == {("Storage Blob Data Contributor", "storageAccounts")}
