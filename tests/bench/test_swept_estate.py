"""The estate that the sweep benchmark uses."""

from bench.swept_estate import ATTACHED_IN, OPEN_IN, swept_estate

GROUP = "Microsoft.Network/networkSecurityGroups"


def test_some_groups_stand_before_interfaces_and_some_of_these_are_open() -> None:
    bodies = swept_estate(1000)
    groups = [each for each in bodies if each["type"] == GROUP]
    rules = [{rule["name"] for rule in each["properties"]["securityRules"]} for each in groups]
    before = [user["id"] for each in groups for user in each["properties"]["networkInterfaces"]]

    assert len(groups) == 1000
    assert sum("AllowSsh" in each for each in rules) == 1000 // OPEN_IN
    assert len(before) == 1000 // ATTACHED_IN
    assert sorted(before) == sorted(each["id"] for each in bodies if each["type"] != GROUP)


def test_the_documents_are_shuffled_the_same_way_each_time() -> None:
    names = [each["name"] for each in swept_estate(100)]

    assert names != sorted(names)
    assert names == [each["name"] for each in swept_estate(100)]
