"""Changes of related documents: children, extensions, tags above, vaults, container ACLs."""

import re

from sandbox.clinic.estate import DATA, MACHINE, access_log, diagnostic_setting, security_rule
from sandbox.core.people import PIPELINE
from tests.e2e.clinic import EVERYWHERE, TIMING, Body, Clinic, resolved

ADMIN_PORTS = "NSG-ADMIN-PORTS"
LOGGING = "STORAGE-LOGGING"
PUBLIC = "STORAGE-PUBLIC-ACCESS"
NO_PAGE = ("teams Drift", "splunk Drift")


def test_a_rule_put_and_deleted_by_itself_opens_and_closes_its_groups_incident(
    clinic: Clinic,
) -> None:
    group = clinic.security_group()
    rule = f"{group}/securityRules/ssh"
    clinic.azure.write(rule, security_rule("ssh", 150, "Internet", "22"), PIPELINE)
    clinic.wait_until_told(group, ADMIN_PORTS, *EVERYWHERE)
    clinic.azure.delete(rule, PIPELINE)
    clinic.wait_until_told(group, ADMIN_PORTS, *resolved(*EVERYWHERE))

    assert all(
        "ssh" in each.text for each in clinic.received_messages(group) if each.verb == "Drift"
    )


def test_an_access_log_deleted_and_written_again_opens_and_closes_its_accounts_incident(
    clinic: Clinic,
) -> None:
    account = clinic.account()
    log = diagnostic_setting(account)
    clinic.get_to_know(account)
    clinic.azure.delete(log["id"])
    clinic.wait_until_told(account, LOGGING, *NO_PAGE)
    clinic.azure.write(log["id"], {"properties": log["properties"]})
    clinic.wait_until_told(account, LOGGING, *resolved(*NO_PAGE))

    assert clinic.told(account) == resolved(*NO_PAGE)


def test_a_group_that_is_tagged_as_phi_makes_what_is_open_in_it_worse(clinic: Clinic) -> None:
    account = clinic.plain_account("research")
    group = account.partition("/providers/")[0]
    clinic.set(account, networkAcls={"defaultAction": "Allow"})
    clinic.wait_until_told(account, "STORAGE-FIREWALL", *NO_PAGE)
    clinic.azure.patch(group, {"tags": {"dataClassification": "phi"}})
    worse = ("teams Drift", "teams Update", "pagerduty Drift", "splunk Drift", "splunk Update")
    clinic.wait_until_told(account, "STORAGE-FIREWALL", *worse)
    clinic.quiet()

    assert clinic.told(account) == list(worse)


def test_a_vault_that_is_protected_closes_the_incidents_of_the_accounts_it_keeps_keys_for(
    clinic: Clinic,
) -> None:
    vault = clinic.vault(enablePurgeProtection=None)
    name = vault.rpartition("/")[2]
    accounts = [clinic.account(encryption=_key_in(clinic, name)) for _ in range(2)]
    for each in (vault, *accounts):
        clinic.touch(each)
    clinic.wait_until_told(vault, "KEYVAULT-PROTECTION", *NO_PAGE)
    for each in accounts:
        clinic.wait_until_told(each, "STORAGE-CMK", *NO_PAGE)
    clinic.set(vault, enablePurgeProtection=True)

    clinic.wait_until_told(vault, "KEYVAULT-PROTECTION", *resolved(*NO_PAGE))
    for each in accounts:
        clinic.wait_until_told(each, "STORAGE-CMK", *resolved(*NO_PAGE))


def test_the_log_of_the_database_master_is_a_matter_of_its_server(clinic: Clinic) -> None:
    server = clinic.sql_server()
    log = access_log(f"{server}/databases/master", "SQLSecurityAuditEvents")
    clinic.get_to_know(server)
    clinic.azure.delete(log["id"])
    clinic.wait_until_told(server, "SQL-AUDITING", *NO_PAGE)
    clinic.azure.write(log["id"], {"properties": log["properties"]})
    clinic.wait_until_told(server, "SQL-AUDITING", *resolved(*NO_PAGE))

    assert clinic.told(server) == resolved(*NO_PAGE)


def test_a_firewall_rule_for_the_internet_opens_and_closes_its_servers_incident(
    clinic: Clinic,
) -> None:
    server = clinic.sql_server()
    rule = f"{server}/firewallRules/everyone"
    everyone = {"startIpAddress": "0.0.0.0", "endIpAddress": "255.255.255.255"}
    clinic.azure.write(rule, {"properties": everyone}, PIPELINE)
    clinic.wait_until_told(server, "SQL-PUBLIC-ACCESS", *EVERYWHERE)
    clinic.azure.delete(rule, PIPELINE)
    clinic.wait_until_told(server, "SQL-PUBLIC-ACCESS", *resolved(*EVERYWHERE))

    assert clinic.told(server) == resolved(*EVERYWHERE)


def test_a_container_opened_on_the_data_plane_is_found_by_the_poll(own_clinic: Clinic) -> None:
    clinic = own_clinic
    with clinic.served(f"{TIMING}poll_minutes = 0.05\n"):
        clinic.subscribe()
        account = clinic.account()
        clinic.set(account, allowBlobPublicAccess=True, networkAcls={"defaultAction": "Allow"})
        clinic.wait(lambda: "splunk Drift" in clinic.told(account, PUBLIC))
        before = clinic.told(account, PUBLIC)
        events = len(clinic.azure.events.published)
        clinic.azure.set_container_acl(account, "intake-forms", "Container")
        clinic.wait(lambda: clinic.told(account, PUBLIC) != before)
        clinic.wait(lambda: "pagerduty Drift" in clinic.told(account, PUBLIC))
        clinic.quiet()

        assert len(clinic.azure.events.published) == events
        last = [
            each for each in clinic.received_messages(account, PUBLIC) if each.channel == "splunk"
        ][-1]
        assert last.verb == "Update"
        assert "intake-forms" in last.text


def test_a_container_opened_on_the_data_plane_is_found_in_the_log(own_clinic: Clinic) -> None:
    clinic = own_clinic
    with clinic.served(TIMING):
        clinic.subscribe()
        account = clinic.account()
        clinic.set(account, allowBlobPublicAccess=True, networkAcls={"defaultAction": "Allow"})
        clinic.wait(lambda: "splunk Drift" in clinic.told(account, PUBLIC))
        clinic.azure.set_container_acl(account, "intake-forms", "Container")
        clinic.watch_logs()
        clinic.wait(lambda: "pagerduty Drift" in clinic.told(account, PUBLIC))
        clinic.quiet()

        last = clinic.received_messages(account, PUBLIC)[-1]
        assert "intake-forms" in last.text
        assert "a holder of the account key" in last.text


def test_a_network_written_without_the_group_of_a_subnet_is_drift_of_the_subnet(
    clinic: Clinic,
) -> None:
    group, network = (
        clinic.security_group(),
        f"{DATA}/providers/Microsoft.Network/virtualNetworks/lab",
    )
    subnet, interface = (
        f"{network}/subnets/bench",
        network.replace("virtualNetworks", "networkInterfaces"),
    )
    guarded = {"name": "bench", "properties": {"networkSecurityGroup": {"id": group}}}
    clinic.azure.write(network, {"properties": {"subnets": [guarded]}})
    address = {"name": "one", "properties": {"subnet": {"id": subnet}}}
    used = {"virtualMachine": {"id": MACHINE}, "ipConfigurations": [address]}
    clinic.azure.write(interface, {"properties": used})
    clinic.azure.write(subnet, guarded)
    clinic.wait(lambda: clinic.reads(subnet) > 0)
    clinic.azure.write(network, {"properties": {"subnets": [{"name": "bench", "properties": {}}]}})
    clinic.wait_until_told(subnet, "NSG-COVERAGE", *NO_PAGE)
    clinic.azure.write(network, {"properties": {"subnets": [guarded]}})
    clinic.wait_until_told(subnet, "NSG-COVERAGE", *resolved(*NO_PAGE))


def test_a_machine_put_behind_an_opening_with_a_public_address_makes_it_worse(
    prompt_clinic: Clinic,
) -> None:
    clinic = prompt_clinic
    group = clinic.security_group()
    network = f"{DATA}/providers/Microsoft.Network/virtualNetworks/ward"
    guarded = {"addressPrefix": "10.9.1.0/24", "networkSecurityGroup": {"id": group}}

    def put(name: str, address: str, **more: Body) -> None:
        properties = {"privateIPAddress": address, "subnet": {"id": f"{network}/subnets/beds"}}
        one = {"name": "one", "properties": properties | more}
        body = {"virtualMachine": {"id": MACHINE}, "ipConfigurations": [one]}
        where = f"{DATA}/providers/Microsoft.Network/networkInterfaces/{name}"
        clinic.azure.write(where, {"properties": body})

    clinic.azure.write(
        network, {"properties": {"subnets": [{"name": "beds", "properties": guarded}]}}
    )
    put("first", "10.9.1.4")
    rule = f"{group}/securityRules/ssh"
    clinic.azure.write(rule, security_rule("ssh", 150, "Internet", "22"), PIPELINE)
    clinic.wait_until_told(group, ADMIN_PORTS, *NO_PAGE)
    put("second", "10.9.1.5", publicIPAddress={"id": f"{network}-ip"})
    worse = ["teams Drift", "teams Update", "pagerduty Drift", "splunk Drift", "splunk Update"]
    # A read between the write and its event tells it too, and then who did it is an update of all.
    clinic.wait(lambda: set(worse) <= set(clinic.told(group, ADMIN_PORTS)))


def test_the_end_of_a_bastion_is_drift_of_the_network_it_served_until_there_is_another(
    clinic: Clinic,
) -> None:
    network = f"{DATA}/providers/Microsoft.Network/virtualNetworks/clinic-north"
    host, interface = (
        network.replace("virtualNetworks", kind) for kind in ("bastionHosts", "networkInterfaces")
    )
    front, own = (
        {"subnet": {"id": f"{network}/subnets/{each}"}} for each in ("front", "AzureBastionSubnet")
    )
    subnets: list[Body] = [
        {"name": each, "properties": {}} for each in ("front", "AzureBastionSubnet")
    ]
    used = {
        "virtualMachine": {"id": MACHINE},
        "ipConfigurations": [{"name": "one", "properties": front}],
    }
    stands = {
        "provisioningState": "Succeeded",
        "ipConfigurations": [{"name": "one", "properties": own}],
    }
    clinic.azure.write(host, {"sku": {"name": "Basic"}, "properties": stands})
    clinic.azure.write(network, {"properties": {"subnets": subnets}})
    clinic.azure.write(interface, {"properties": used})
    clinic.get_to_know(network)
    clinic.azure.delete(host)
    clinic.wait_until_told(network, "BASTION", *NO_PAGE)
    clinic.azure.write(f"{host}-2", {"sku": {"name": "Basic"}, "properties": stands})
    clinic.wait_until_told(network, "BASTION", *resolved(*NO_PAGE))


def _key_in(clinic: Clinic, vault: str) -> dict[str, object]:
    """Return the encryption of a clinic's account, with its key in another vault."""
    account = clinic.account()
    encryption = clinic.azure.read(account)["properties"]["encryption"]
    key = encryption["keyvaultproperties"]
    moved = {
        name: re.sub("lakeside-keys", vault, value) if isinstance(value, str) else value
        for name, value in key.items()
    }
    return {**encryption, "keyvaultproperties": moved}
