"""Whose requests count as one caller's, where wrong ones are counted."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

IPV6_PREFIX = 64


def neighbourhood(address: str) -> str:
    """The address, or of an IPv6 address the /64 around it: who has one usually has all of them.

    What is no address comes back as it is.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped or ip_network(f"{found}/{IPV6_PREFIX}", strict=False))
