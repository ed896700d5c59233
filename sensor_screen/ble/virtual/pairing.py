"""Pairing as the protocol asks for it: Just Works, LE Secure Connections, bonded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bumble.pairing import PairingConfig, PairingDelegate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class _Delegate(PairingDelegate):
    def __init__(self, allowed: Callable[[], Awaitable[bool]]) -> None:
        super().__init__()
        self._allowed = allowed

    async def accept(self) -> bool:
        """Whether it may begin."""
        return await self._allowed()


async def _always() -> bool:
    return True


def pairing_rules(
    allowed: Callable[[], Awaitable[bool]] = _always,
) -> Callable[[object], PairingConfig]:
    """For `Device.pairing_config_factory`.

    Keys are stored under the random address: under the public form, which is what bumble 0.0.236
    does by itself, the bond would not be found again.

    Args:
        allowed: Asked whenever the other side wants to pair.
    """

    def rules(_connection: object) -> PairingConfig:
        return PairingConfig(
            sc=True,
            mitm=False,
            bonding=True,
            identity_address_type=PairingConfig.AddressType.RANDOM,
            delegate=_Delegate(allowed),
        )

    return rules
