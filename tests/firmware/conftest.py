"""The firmware in C, built once a run with what the machine has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.firmware.driver import Driver

HERE = Path(__file__).parent
SOURCES = HERE.parents[1] / "firmware_protocol/c"
FLAGS = (
    "-std=c99",
    "-pedantic",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wsign-conversion",
    "-Werror",
)


@pytest.fixture(scope="session")
def compiler() -> str:
    found = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
    if found is None:
        pytest.skip("there is no C compiler here: the firmware in C is not tested")
    return found


@pytest.fixture(scope="session")
def build_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("firmware")


@pytest.fixture(scope="session")
def library(compiler: str, build_folder: Path) -> Path:
    """The four sources as a shared library, with every warning an error."""
    out = build_folder / "open_sensor.so"
    files = [str(HERE / "batch.c"), *(str(file) for file in sorted(SOURCES.glob("*.c")))]
    flags = (*FLAGS, "-ffreestanding", "-O2", "-shared", "-fPIC", f"-I{SOURCES}")
    subprocess.run([compiler, *flags, *files, "-o", str(out)], check=True)
    return out


@pytest.fixture(scope="session")
def sanitized(compiler: str, build_folder: Path) -> Path:
    """The driver, with address and undefined-behaviour sanitizers where the compiler has them."""
    out = build_folder / "driver"
    files = [str(HERE / "driver.c"), *(str(file) for file in sorted(SOURCES.glob("*.c")))]
    plain = [compiler, *FLAGS[:4], "-g", "-O1", f"-I{SOURCES}", *files, "-o", str(out)]
    checks = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    if subprocess.run([*plain, *checks], check=False, capture_output=True).returncode != 0:
        pytest.skip("the C compiler has no sanitizers here: the driver is not tested")
    return out


@pytest.fixture
def driver(sanitized: Path) -> Driver:
    return Driver(sanitized)
