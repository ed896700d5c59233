"""What the computer is reached by."""

from __future__ import annotations

import json
import shutil
import subprocess
from ipaddress import ip_address

import pytest

from sensor_screen.certificates.addresses import (
    HostNames,
    find_host_names,
    is_own,
    list_addresses,
    local_name,
)

IP = shutil.which("ip")


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Praxis-7", "praxis-7.local"),
        ("praxis-7.local", "praxis-7.local"),
        ("laptop.clinic.example", "laptop.local"),
        ("Mara's iMac (2)", "mara-s-imac-2.local"),
        ("_", "sensor-screen.local"),
        ("", "sensor-screen.local"),
        ("a" * 80, "a" * 63 + ".local"),
    ],
)
def test_the_local_name(host: str, name: str) -> None:
    assert local_name(host) == name


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("10.0.0.1", True),
        ("172.16.0.1", True),
        ("172.32.0.1", False),
        ("192.168.1.1", True),
        ("192.169.1.1", False),
        ("100.64.0.1", True),
        ("127.0.0.1", True),
        ("8.8.8.8", False),
        ("169.254.1.1", False),
        ("::1", True),
        ("fd00::1", True),
        ("fe80::1", False),
        ("2001:4860::1", False),
    ],
)
def test_own_networks(address: str, own: bool) -> None:
    assert is_own(ip_address(address)) is own


def test_none_is_loopback_or_of_one_cable_only() -> None:
    found = list_addresses()
    assert len({*found}) == len(found)
    assert not [one for one in found if one.is_loopback or one.is_link_local]
    names = find_host_names()
    assert {*names.addresses, *names.foreign} == {*found}
    assert names.name.endswith(".local")


@pytest.mark.skipif(IP is None, reason="the ip command lists addresses to compare with")
def test_the_same_addresses_as_the_ip_command_lists() -> None:
    done = subprocess.run([str(IP), "-json", "addr"], capture_output=True, text=True, check=True)
    listed = {
        ip_address(one["local"])
        for link in json.loads(done.stdout)
        if "UP" in link["flags"]
        for one in link["addr_info"]
        if one["scope"] == "global"
    }
    assert {*list_addresses()} == listed


def test_hosts_as_they_stand_in_a_url() -> None:
    names = HostNames("a.local", (ip_address("10.0.0.1"), ip_address("fd00::1")))
    assert names.hosts == ("a.local", "10.0.0.1", "[fd00::1]")
