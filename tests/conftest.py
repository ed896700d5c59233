"""Compiled code of an older source must not be what is tested."""

from sensor_screen.cli.compiled_code import find_cache

_cache = find_cache()
if not _cache.warm:
    _cache.drop()
