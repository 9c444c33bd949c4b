"""The roles that the templates assign: each one is named here, with its scope."""

from tests.infra.predicted import GROUP, SUBSCRIPTION, of_type, scope_of

NAMES = {
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "3b03c2da-16b3-4a49-8834-0f8130efdd3b": "Log Analytics Data Reader",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "e147488a-f6f5-4113-8e2d-b22465e65bf6": "Key Vault Crypto Service Encryption User",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
}
READS_ONLY = {"Reader", "Log Analytics Data Reader"}


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
        ("Key Vault Crypto Service Encryption User", "vaults"),
        ("Monitoring Metrics Publisher", "components"),
    }


def test_no_role_of_the_app_writes_outside_of_its_own_group() -> None:
    outside = [
        NAMES[each["properties"]["roleDefinitionId"].rpartition("/")[2]]
        for each in of_type("app", "Microsoft.Authorization/roleAssignments")
        if not scope_of(each).startswith(f"{GROUP}/")
    ]

    assert set(outside) <= READS_ONLY
    assert len(outside) == 2  # Reader on each of the two watched subscriptions


def test_a_topic_writes_nothing_but_dead_letters() -> None:
    assignments = of_type("events", "Microsoft.Authorization/roleAssignments")

    assert {scope_of(each).rpartition("/")[2] for each in assignments} == {"dead-letters"}
    assert all(scope_of(each).startswith(SUBSCRIPTION) for each in assignments)
    assert assigned("events") == {("Storage Blob Data Contributor", "storageAccounts")}
