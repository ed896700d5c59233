"""The third-party families that can be read, and which of them advertises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.protocol.metamotion import METAMOTION
from sensor_screen.protocol.movella_dot import MOVELLA_DOT
from sensor_screen.protocol.witmotion import WITMOTION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.protocol.vendors import VendorIdentity

VENDORS: tuple[VendorIdentity, ...] = (MOVELLA_DOT, WITMOTION, METAMOTION)


def recognise(
    name: str, services: Iterable[str] = (), company_id: int | None = None
) -> VendorIdentity | None:
    """The family that an advertisement is likely to be of.

    Services say most, then the company, then how the name begins; names can be changed, and two
    letters ("WT") are little, so the sensor's services must be looked at after connecting.

    Args:
        name: The advertised name, or nothing.
        services: Advertised services, in either case.
        company_id: Bluetooth company number of the maker's data.

    Returns:
        None if it is none of them.
    """
    offered = {service.lower() for service in services}
    for vendor in VENDORS:
        if offered & set(vendor.service_uuids):
            return vendor
    for vendor in VENDORS:
        if company_id is not None and company_id == vendor.company_id:
            return vendor
    return next((vendor for vendor in VENDORS if name.startswith(vendor.name_prefixes)), None)
