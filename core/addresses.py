"""Which addresses a person may let this server call.

Whoever administers a project may name an address, but is not the operator of the network this server
stands in: without a check, a project's endpoint could be the cloud's metadata service or a neighbour
that trusts this machine. So what a project names must be public, unless the operator says otherwise in
ALLOWED_PRIVATE_ADDRESSES. A name may change what it stands for between the check and the call; callers
therefore connect to the addresses that `checked_addresses` returned and to no other.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from core.errors import AddressNotAllowed
from core.settings import Settings

Lookup = Callable[[str, int], list[str]]
"""The addresses that a host has at this moment. Raises OSError where it has none."""
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_LENGTH = 500
NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)
"""The last part of a host that resolvers read as an address, however it is written."""
NOT_OURS = tuple(map(IPv4Network, ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")))
"""Carrier-grade NAT, protocol assignments (a cloud's metadata among them), 6to4 relays, and the one public
address at which a cloud serves its machines their settings: global to the standard library."""
GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that is handed out of IPv6 so far."""
TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64: the last 32 bits are the IPv4 address that is meant."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator opened: host names, in lower case, and networks."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def host(self, host: str) -> bool:
        return host.lower().rstrip(".") in self.hosts

    def address(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def allowed_by(settings: Settings) -> Allowed:
    """What ALLOWED_PRIVATE_ADDRESSES opens; its entries are names, addresses or networks."""
    hosts: set[str] = set()
    networks: list[Network] = []
    for entry in (settings.allowed_private_addresses or "").split(","):
        entry = entry.strip().strip("[]").lower().rstrip(".")
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError:
            hosts.add(entry)
    return Allowed(frozenset(hosts - {""}), tuple(networks))


def addresses_of(host: str, port: int) -> list[str]:
    """What the machine's resolver says. Raises OSError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("the name is none") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def check_public(url: str, settings: Settings, lookup: Lookup = addresses_of) -> str:
    """The url, trimmed, when it is http(s), plainly written and leads to public addresses alone.

    Raises AddressNotAllowed with what is wrong with it.
    """
    url = url.strip()
    parts = _parts(url)
    assert parts.hostname is not None  # _parts saw to it
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        checked_addresses(allowed_by(settings), parts.hostname, port, lookup)
    except OSError:
        raise AddressNotAllowed(
            f"The host {parts.hostname[:100]} cannot be found: check how the address is written."
        ) from None
    return url


def checked_addresses(allowed: Allowed, host: str, port: int, lookup: Lookup = addresses_of) -> list[str]:
    """The addresses a connection to the host may be made to.

    Raises AddressNotAllowed when any of them is not public, and OSError where there are none.
    """
    if not allowed.host(host):
        _refuse_disguised(host)
    found = lookup(host, port)
    if not allowed.host(host):
        for address in map(ip_address, found):
            if not is_public(address) and not allowed.address(meant(address)):
                raise AddressNotAllowed(_inside(host, meant(address)))
    return found


def checker(settings: Settings, lookup: Lookup = addresses_of) -> Lookup:
    """A lookup that raises AddressNotAllowed rather than return an address that is not public."""
    return partial(checked_addresses, allowed_by(settings), lookup=lookup)


def is_public(address: Address) -> bool:
    """Whether an address, or the one it stands for, is one of the public internet's."""
    address = meant(address)
    if isinstance(address, IPv6Address):
        return address.is_global and address in GLOBAL_UNICAST
    known = any(address in network for network in NOT_OURS)
    return address.is_global and not (known or address.is_multicast or address.is_reserved)


def meant(address: Address) -> Address:
    """The IPv4 address inside an IPv6 address that only wraps one, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    return next((inner for inner in _wrapped(address) if inner is not None), address)


def _wrapped(address: IPv6Address) -> Iterator[IPv4Address | None]:
    yield address.ipv4_mapped
    yield address.sixtofour
    yield address.teredo[1] if address.teredo else None
    yield IPv4Address(int(address) & 0xFFFFFFFF) if address in TRANSLATED else None


def _parts(url: str) -> SplitResult:
    """The parts of a plainly written address: those that two readers could understand differently are
    refused, because the one who checks and the one who connects might be two."""
    odd = (
        not url.isascii() or "\\" in url or any(character <= " " or character == "\x7f" for character in url)
    )
    if odd or len(url) > MAX_LENGTH:
        raise AddressNotAllowed(
            f"An address has at most {MAX_LENGTH} plain characters, and no space or backslash among them."
        )
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise AddressNotAllowed("That is not an address such as https://api.example.com/v1.")
    if "@" in parts.netloc:
        raise AddressNotAllowed("Leave the user and the password out of the address.")
    return parts


def _refuse_disguised(host: str) -> None:
    """127.1, 0x7f000001 and 2130706433 are addresses to a resolver, and to a reader hardly."""
    last = host.rstrip(".").rpartition(".")[2]
    if not NUMBER.fullmatch(last):
        return
    try:
        ip_address(host)
    except ValueError:
        raise AddressNotAllowed(
            f"Write the address {host[:60]} as four numbers between dots, or as a name."
        ) from None


def _inside(host: str, address: Address) -> str:
    where = host if host == str(address) else f"{host} ({address})"
    return (
        f"{where} is not an address of the public internet; "
        "an operator can allow it with ALLOWED_PRIVATE_ADDRESSES."
    )
