"""MicroPython in a child process of node, where both are here; codecs for the tests of packets."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.firmware.micropython_package import FIRMWARE, IN_BOTH, ROOT, packet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).parent
PACKAGE = "@micropython/micropython-webassembly-pyscript/micropython.mjs"
HEAP_BYTES = 64 << 20
PACKETS_AT_ONCE = 2_000


def why_absent() -> str:
    """A sentence; empty where MicroPython can run."""
    if shutil.which("node") is None:
        return "there is no node here: the firmware is not run under MicroPython"
    if not module().is_file():
        return (
            f"{PACKAGE.rpartition('/')[0]} is not here: the firmware is not run under MicroPython "
            "(npm install --prefix .node, or SENSOR_SCREEN_MICROPYTHON_NODE_MODULES)"
        )
    return ""


def module() -> Path:
    stated = os.environ.get("SENSOR_SCREEN_MICROPYTHON_NODE_MODULES")
    return (Path(stated) if stated else ROOT / ".node/node_modules") / PACKAGE


class Child:
    """Calls the functions of `micropython_served` inside MicroPython."""

    def __init__(self) -> None:
        node = shutil.which("node")
        assert node is not None
        folders = [str(FIRMWARE), str(IN_BOTH)]
        self._process = subprocess.Popen(
            [node, str(HERE / "micropython_child.mjs"), str(module()), str(HEAP_BYTES), *folders],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        atexit.register(self.close)

    def call(self, name: str, text: str = "") -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"call": name, "text": text}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"error": "MicroPython has ended"}
        assert "gave" in answer, answer["error"]
        return str(answer["gave"])

    def close(self) -> None:
        """End the process, which ends by itself when it is told nothing more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@functools.cache
def child() -> Child:
    return Child()


class FirmwareInPython:
    """The firmware's packets in CPython, as `tests/protocol/implementations.py` wants them."""

    name = "MicroPython firmware, in CPython"

    def decode_packet(self, value: bytes) -> Any:
        try:
            kind, first, t100us, samples = packet.parse_samples(value)
        except packet.UnknownKindError:
            return None
        except packet.PacketError as error:
            return error.fault
        return kind, first, t100us, tuple(np.frombuffer(samples, "<i2").tolist())

    def decode_byte_by_byte(self, value: bytes) -> list[Any]:
        buffer = bytearray()
        outcomes = []
        for byte in value:
            buffer.append(byte)
            outcomes.append(self.decode_packet(bytes(buffer)))
        return outcomes

    def encode_packet(self, fields: tuple[int, int, int, tuple[int, ...]]) -> bytes:
        kind, first, t100us, counts = fields
        return bytes(packet.pack_samples(kind, first, t100us, _bytes_of(counts)))

    def decode_packets(self, values: Sequence[bytes]) -> list[Any]:
        return [self.decode_packet(value) for value in values]

    def encode_packets(
        self, packets: Sequence[tuple[int, int, int, tuple[int, ...]]]
    ) -> list[bytes]:
        return [self.encode_packet(fields) for fields in packets]


class FirmwareInMicroPython:
    """The same inside MicroPython."""

    name = "MicroPython firmware, in MicroPython"

    def decode_packet(self, value: bytes) -> Any:
        return self.decode_packets([value])[0]

    def decode_byte_by_byte(self, value: bytes) -> list[Any]:
        given = child().call("byte_by_byte", value.hex()) if value else ""
        return [_outcome(line) for line in given.split("\n")] if value else []

    def encode_packet(self, fields: tuple[int, int, int, tuple[int, ...]]) -> bytes:
        return self.encode_packets([fields])[0]

    def decode_packets(self, values: Sequence[bytes]) -> list[Any]:
        return [
            _outcome(line)
            for part in _parts(values)
            for line in child().call("decode", "\n".join(v.hex() for v in part)).split("\n")
        ]

    def encode_packets(
        self, packets: Sequence[tuple[int, int, int, tuple[int, ...]]]
    ) -> list[bytes]:
        lines = [
            f"{kind} {first} {t} {_bytes_of(counts).hex()}" for kind, first, t, counts in packets
        ]
        return [
            bytes.fromhex(line)
            for part in _parts(lines)
            for line in child().call("encode", "\n".join(part)).split("\n")
        ]


def _parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(items), PACKETS_AT_ONCE):
        yield items[begin : begin + PACKETS_AT_ONCE]


def _bytes_of(counts: tuple[int, ...]) -> bytes:
    return np.array(counts, "<i2").tobytes()


def _outcome(line: str) -> Any:
    words = line.split(" ")
    if len(words) == 1:
        return None if line == "-" else line
    counts = np.frombuffer(bytes.fromhex(words[3]), "<i2")
    return int(words[0]), int(words[1]), int(words[2]), tuple(counts.tolist())
