"""How often somebody may guess: passwords by login, everything that is secret by address.

An attacker must not guess on, and must not keep a good user out by guessing wrong for them. So:

- Nothing is ever locked. A login takes ten tries in a minute and then says when the next is free;
  a minute after the last guess everything is as before. Refused tries are not counted and cost no
  hash, so hammering does not make the wait longer.
- That alone would let somebody who guesses without pause take every free try of a login. Therefore
  a place from which the login has signed in before has tries of its own: who guesses from elsewhere
  takes none of them. Kept out is only who comes from a new address in the very minutes of an attack
  on their own login, and only until it pauses; tokens that they have go on.
- Ten a minute are 14,400 a day against a password of twelve characters that only a hash of 64 MiB
  can check: guessing does not get anywhere, and every refusal stands in the audit log.
- An address takes 160 tries of all logins and codes in a minute, as much as a clinic behind one
  address needs in the morning. An IPv6 address counts by its /64, which is what one line has.

Counted in memory, for each worker by itself; addresses are kept nowhere else.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from sensor_screen.errors import BusyError

PER_LOGIN = 10
"""Tries a minute."""
PER_ADDRESS = 160
"""Tries a minute."""
PLACES = 10_000
"""Known places of all logins; the least recent is forgotten."""


class SignInThrottle:
    """Counts tries.

    Args:
        per_login: In a minute.
        per_address: In a minute.
    """

    def __init__(self, per_login: int = PER_LOGIN, per_address: int = PER_ADDRESS) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._login = RateLimitItemPerMinute(per_login, namespace="login")
        self._address = RateLimitItemPerMinute(per_address, namespace="address")
        self._places: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = Lock()

    def try_secret(self, address: str) -> None:
        """Count a try of anything secret.

        Raises:
            BusyError: There were too many from that address.
        """
        self._spend(self._address, line_of(address))

    def try_login(self, login: str, address: str) -> None:
        """Count a try of a login; call `succeeded` if it was right.

        Raises:
            BusyError: There were too many, of the address or of the login.
        """
        self.try_secret(address)
        self._spend(self._login, *self._bucket(login, address))

    def succeeded(self, login: str, address: str) -> None:
        """The try was right: the place is known, and its tries begin anew."""
        place = (login, line_of(address))
        with self._lock:
            self._places[place] = None
            self._places.move_to_end(place)
            while len(self._places) > PLACES:
                self._places.popitem(last=False)
        self._limiter.clear(self._login, *place)

    def _bucket(self, login: str, address: str) -> tuple[str, str]:
        place = (login, line_of(address))
        with self._lock:
            return place if place in self._places else (login, "")

    def _spend(self, limit: RateLimitItem, *who: str) -> None:
        if not self._limiter.hit(limit, *who):
            free_at_s = self._limiter.get_window_stats(limit, *who).reset_time
            raise BusyError(
                "signing in",
                f"there were {limit.amount} tries in a minute",
                "wait a little, then try again",
                max(1.0, free_at_s - time.time()),
            )


def line_of(address: str) -> str:
    """What counts as one address: of IPv6 the /64."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network((found, 64), strict=False))
    return str(found)
