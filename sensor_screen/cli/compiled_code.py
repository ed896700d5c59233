"""Where the compiled inner loops are kept between runs, and whether they are there."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CompiledCache:
    """The cache of the compiled code."""

    places: frozenset[Path]
    warm: bool
    """Compiled since the sources last changed."""


def find_cache() -> CompiledCache:
    """Where it is, and whether it is ready.

    Raises:
        ImportError: The compiler does not load.
        RuntimeError: There is no folder where it may write.
    """
    import sensor_screen.core

    folder = Path(sensor_screen.core.__path__[0])
    sources = sorted(folder.glob("*_kernels.py"))
    modules = [import_module(f"sensor_screen.core.{source.stem}") for source in sources]
    places = frozenset(
        Path(kernel.stats.cache_path)
        for module in modules
        for kernel in vars(module).values()
        if hasattr(kernel, "stats") and kernel.__module__ == module.__name__
    )
    return CompiledCache(places, all(_is_warm(source, places) for source in sources))


def is_warm() -> bool:
    """True where nothing has to be compiled."""
    return find_cache().warm


def _is_warm(source: Path, places: frozenset[Path]) -> bool:
    """Whether some function of a source file was compiled since it was last changed."""
    since = source.stat().st_mtime
    return any(
        index.stat().st_mtime >= since
        for place in places
        for index in place.glob(f"{source.stem}.*.nbi")
    )
