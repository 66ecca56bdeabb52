"""A network namespace of the suite's own, joined to the machine by a veth pair: the test host of the webhook.

EndpointSlices refuse loopback addresses, so a Service can lead to a process of this machine only through an address
that is none. The range is a private one that no address or route of the machine touches, and goes with the namespace.
"""
import ipaddress
import json
import os
import random
import subprocess

PRIVATE = ipaddress.ip_network("10.0.0.0/8")
PREFIX = 29  # the machine's end and up to five servers
SERVERS = 3


def ip(*arguments):
    return subprocess.run(["ip", *arguments], capture_output=True, text=True, check=True).stdout


def networks_in_use():
    used = []
    for route in json.loads(ip("-4", "-json", "route", "show", "table", "all") or "[]"):
        if route["dst"] != "default":
            used.append(ipaddress.ip_network(route["dst"], strict=False))
    for link in json.loads(ip("-4", "-json", "address", "show") or "[]"):
        for address in link.get("addr_info", []):
            used.append(ipaddress.ip_network(f"{address['local']}/{address['prefixlen']}", strict=False))
    return used


def free_network(used):
    while True:
        offset = random.randrange(1 << (PREFIX - PRIVATE.prefixlen)) << (32 - PREFIX)
        network = ipaddress.ip_network((int(PRIVATE.network_address) + offset, PREFIX))
        if not any(network.overlaps(each) for each in used):
            return network


class NetworkNamespace:
    def __init__(self, reaper):
        self._reaper = reaper
        tag = f"{os.getpid() % 0xFFFFF:05x}{random.randrange(256):02x}"
        self.name = f"warmgate-e2e-{tag}"
        self._links = (f"wge{tag}h", f"wge{tag}s")  # at most 15 characters
        hosts = list(free_network(networks_in_use()).hosts())
        self.host_address = str(hosts[0])
        self.addresses = [str(address) for address in hosts[1 : 1 + SERVERS]]

    def create(self):
        outer, inner = self._links
        # Known to the reaper before they exist: being killed in between leaves nothing.
        self._reaper.add("link", outer)
        self._reaper.add("namespace", self.name)
        try:
            ip("netns", "add", self.name)
            ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", self.name)
            ip("address", "add", f"{self.host_address}/{PREFIX}", "dev", outer)
            ip("link", "set", outer, "up")
            ip("-n", self.name, "link", "set", "lo", "up")
            for address in self.addresses:
                ip("-n", self.name, "address", "add", f"{address}/{PREFIX}", "dev", inner)
            ip("-n", self.name, "link", "set", inner, "up")
        except (OSError, subprocess.CalledProcessError):
            self.delete()
            raise

    def delete(self):
        """Needs every process inside to have ended. The veth pair goes with the namespace."""
        for command in (("link", "del", self._links[0]), ("netns", "del", self.name)):
            subprocess.run(["ip", *command], capture_output=True, check=False)
        self._reaper.done("namespace", self.name)
        self._reaper.done("link", self._links[0])


def why_impossible():
    """Why no namespace can be made here; nothing when one can."""
    if os.geteuid() != 0:
        return "making a network namespace needs root"
    try:
        ip("netns", "list")
    except (OSError, subprocess.CalledProcessError) as error:
        return f"iproute2 does not work here: {getattr(error, 'stderr', '') or error}"
    return None
