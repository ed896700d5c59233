"""Pairing as the protocol asks for it: Just Works, LE Secure Connections, bonded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bumble.pairing import PairingConfig, PairingDelegate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class _Delegate(PairingDelegate):
    def __init__(self, allowed: Callable[[], Awaitable[bool]]) -> None:
        keys = PairingDelegate.KeyDistribution.DISTRIBUTE_ENCRYPTION_KEY
        super().__init__(
            local_initiator_key_distribution=keys, local_responder_key_distribution=keys
        )
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

    Only the encryption key is given away. With an identity key, bumble 0.0.236 would look for the
    other side by scanning before each connection, without an end, and would store the bond under
    the public form of a random address, where it does not find it again.

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
