"""Links into the portal of each cloud."""

import pytest

from drift.arm.portal import portal_link

NSG = "/subscriptions/s/resourceGroups/rg (old)/providers/Microsoft.Network/networkSecurityGroups/n"


@pytest.mark.parametrize(
    ("cloud", "host"),
    [
        ("AzurePublic", "portal.azure.com"),
        ("AzureUSGovernment", "portal.azure.us"),
        ("AzureChina", "portal.azure.cn"),
    ],
)
def test_a_link_leads_to_the_portal_of_the_cloud(cloud: str, host: str) -> None:
    assert portal_link("/subscriptions/s", cloud) == f"https://{host}/#resource/subscriptions/s"


def test_a_link_names_the_tenant_where_it_is_known() -> None:
    url = portal_link("/subscriptions/s", "AzurePublic", "clinic.example")

    assert url == "https://portal.azure.com/#@clinic.example/resource/subscriptions/s"


def test_a_link_is_quoted_so_that_no_name_can_leave_it() -> None:
    url = portal_link(f"{NSG})]\n#?<", "AzurePublic", "a/b")

    assert url == (
        "https://portal.azure.com/#@a%2Fb/resource/subscriptions/s/resourceGroups/rg%20%28old%29"
        "/providers/Microsoft.Network/networkSecurityGroups/n%29%5D%0A%23%3F%3C"
    )


def test_there_is_no_link_in_a_cloud_that_we_do_not_know() -> None:
    assert not portal_link(NSG, "AzureStack")
