"""What this computer is called on the local network: its `.local` name and its addresses."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

OWN_NETWORKS = tuple(
    ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
        *("::1/128", "fc00::/7"),
    )
)
"""Addresses that nobody owns on the internet (RFC 1918, 4193, 6598): all that the authority of a
local network may speak for."""

LOOPBACK: tuple[Address, ...] = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
FALLBACK_NAME = "sensor-screen"
_FAR_AWAY = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses of documentation. Nothing is sent there."""
_UP = 0x1


@dataclass(frozen=True, slots=True)
class HostNames:
    """What a computer is reached by."""

    name: str
    """Ends in `.local`, as multicast DNS has it."""
    addresses: tuple[Address, ...]
    """Of its own networks, without loopback; the one that leads out comes first."""
    foreign: tuple[Address, ...] = ()
    """Public addresses: the own authority does not speak for them."""

    @property
    def dns_names(self) -> tuple[str, ...]:
        """All names, the `.local` one first."""
        return (self.name, "localhost")

    @property
    def all_addresses(self) -> tuple[Address, ...]:
        """With those of loopback."""
        return (*self.addresses, *LOOPBACK)

    @property
    def hosts(self) -> tuple[str, ...]:
        """As they stand in a URL, for other computers: the name, then the addresses."""
        said = (f"[{one}]" if one.version == 6 else str(one) for one in self.addresses)
        return (self.name, *said)


def find_host_names() -> HostNames:
    """Ask the system; nothing is sent to the network."""
    addresses = list_addresses()
    own = tuple(one for one in addresses if is_own(one))
    foreign = tuple(one for one in addresses if not is_own(one))
    return HostNames(local_name(socket.gethostname()), own, foreign)


def local_name(host_name: str) -> str:
    """The `.local` name of a computer; `sensor-screen.local` where its name has no letter to use.

    Multicast DNS announces the first label of the host name.
    """
    label = re.sub(r"[^a-z0-9-]+", "-", host_name.partition(".")[0].lower())[:63].strip("-")
    return f"{label or FALLBACK_NAME}.local"


def is_own(address: Address) -> bool:
    """Whether it belongs to a network that is not part of the internet."""
    return any(address in network for network in OWN_NETWORKS)


def list_addresses() -> tuple[Address, ...]:
    """Addresses of this computer that others can use; the one that leads out comes first.

    Left out are loopback, link-local and unspecified addresses.
    """
    found: set[Address] = set(_by_name())
    if os.name == "posix":
        found |= set(_by_interface())
    first = [one for one in _leading_out() if _usable(one)]
    rest = sorted((one for one in found if _usable(one)), key=lambda one: (one.version, int(one)))
    return tuple(dict.fromkeys([*first, *rest]))


def _usable(address: Address) -> bool:
    return not (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
    )


def _leading_out() -> list[Address]:
    """The own end of a datagram socket to far away: connecting one only looks up the route."""
    found: list[Address] = []
    for family, target in _FAR_AWAY:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            found.append(_parsed(probe.getsockname()[0]))
    return found


def _by_name() -> list[Address]:
    """What the own host name leads to: every address on Windows, often only some elsewhere."""
    with suppress(OSError):
        answers = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_DGRAM)
        return [_parsed(str(answer[4][0])) for answer in answers]
    return []


def _parsed(text: str) -> Address:
    return ip_address(text.partition("%")[0])


class _Interface(ctypes.Structure):
    """`struct ifaddrs` as Linux, macOS and the BSDs begin it."""


_Interface._fields_ = [
    ("next", ctypes.POINTER(_Interface)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.c_void_p),
]


def _by_interface() -> list[Address]:
    """Of every interface that is up, from `getifaddrs`, which the standard library does not wrap.

    The address stands at the same place in the socket addresses of Linux and the BSDs.
    """
    with suppress(OSError, AttributeError):
        system = ctypes.CDLL(None, use_errno=True)
        first = ctypes.POINTER(_Interface)()
        if system.getifaddrs(ctypes.byref(first)):
            return []
        try:
            return _walk(first)
        finally:
            system.freeifaddrs(first)
    return []


def _walk(at: ctypes._Pointer[_Interface]) -> list[Address]:
    found: list[Address] = []
    while at:
        interface = at.contents
        if interface.address and interface.flags & _UP:
            family = _family(ctypes.string_at(interface.address, 2))
            if family == socket.AF_INET:
                found.append(IPv4Address(ctypes.string_at(interface.address + 4, 4)))
            elif family == socket.AF_INET6:
                found.append(IPv6Address(ctypes.string_at(interface.address + 8, 16)))
        at = interface.next
    return found


def _family(head: bytes) -> int:
    """Two bytes on Linux; a length and one byte elsewhere."""
    return int.from_bytes(head, sys.byteorder) if sys.platform == "linux" else head[1]
