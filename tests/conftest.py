"""Compiled code of an older source must not be what is tested; what takes longest begins first."""

import pytest

from sensor_screen.cli.compiled_code import find_cache

_cache = find_cache()
if not _cache.warm:
    _cache.drop()

LONGEST = ("test_wheel.py", "test_readme.py", "test_validation.py", "test_accessibility.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers, a long file that comes last would be waited for alone."""
    items.sort(key=lambda item: LONGEST.index(name) if (name := item.path.name) in LONGEST else 99)
