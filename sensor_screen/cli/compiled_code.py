"""Where the compiled inner loops are kept between runs, and whether they are there."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

ENTRIES = (
    "filter_kernels.filter_samples",
    "smoother_kernels.smooth_blocks",
    "smoother_kernels.spread_corrections",
    "angle_kernels.read_angles",
)
"""The kernels that a screen calls; what they call is compiled into them."""


@dataclass(frozen=True, slots=True)
class CompiledCache:
    """The cache of the compiled code."""

    place: Path
    warm: bool
    """Compiled since any of the sources last changed."""

    def drop(self) -> None:
        """Forget all of it.

        The compiler notices a change in a kernel's own file, not in files of kernels that it calls.
        """
        for kept in self.place.glob("*_kernels.*.nb[ic]"):
            kept.unlink(missing_ok=True)


def find_cache() -> CompiledCache:
    """Where it is, and whether it is ready.

    Raises:
        ImportError: The compiler does not load.
        RuntimeError: There is no folder where it may write.
    """
    import sensor_screen.core

    folder = Path(sensor_screen.core.__path__[0])
    kernel = import_module("sensor_screen.core.filter_kernels").filter_samples
    place = Path(kernel.stats.cache_path)
    sources = [
        *folder.glob("*_kernels.py"),
        folder / "kernel_algebra.py",
        folder / "segment_state.py",
    ]
    return CompiledCache(place, is_newer(place, sources))


def is_newer(place: Path, sources: Sequence[Path]) -> bool:
    """Every kernel that a screen calls was compiled since the last change of any source."""
    since = max(source.stat().st_mtime for source in sources)
    return all(
        any(index.stat().st_mtime >= since for index in place.glob(f"{entry}-*.nbi"))
        for entry in ENTRIES
    )


def is_warm() -> bool:
    """True where nothing has to be compiled."""
    return find_cache().warm
