"""The ARM resource types that several modules name, in lower case."""

from typing import Final

MACHINE: Final = "microsoft.compute/virtualmachines"
SCALE_SET: Final = "microsoft.compute/virtualmachinescalesets"
DISK: Final = "microsoft.compute/disks"
SNAPSHOT: Final = "microsoft.compute/snapshots"
IMAGE: Final = "microsoft.compute/images"
INTERFACE: Final = "microsoft.network/networkinterfaces"
SECURITY_GROUP: Final = "microsoft.network/networksecuritygroups"
NETWORK: Final = "microsoft.network/virtualnetworks"
SUBNET: Final = f"{NETWORK}/subnets"
BASTION: Final = "microsoft.network/bastionhosts"
BALANCER: Final = "microsoft.network/loadbalancers"
WATCHER: Final = "microsoft.network/networkwatchers"
FLOW_LOG: Final = f"{WATCHER}/flowlogs"
