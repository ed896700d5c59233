"""Reference firmware of the open sensor protocol, as Python runs it: `sensor`, `packet`, `info` ...

The modules are those of `firmware_protocol/micropython/open_sensor`, not changed: they lie in this
folder in an installed package, and beside the package in a checkout. They are MicroPython, without
types.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...  # noqa: ANN401 - what is not typed


_HERE = Path(__file__).parent
_PLACES = (
    _HERE / "open_sensor",
    _HERE.parents[1] / "firmware_protocol" / "micropython" / "open_sensor",
)
__path__ = [str(place) for place in _PLACES if place.is_dir()][:1]
