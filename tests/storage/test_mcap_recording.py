from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sensor_screen.errors import RecordingError
from sensor_screen.model import ClockMap, Origin, Placement, Recording, Side, Task, TaskInterval
from sensor_screen.storage import mcap_recording
from sensor_screen.storage.mcap_export import write_mcap as export_mcap
from sensor_screen.storage.mcap_recording import read_mcap
from tests.made_exports import export
from tests.storage.made import recording, stream
from tests.storage.made_exports import samples_of, write_mcap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def whole() -> Recording:
    """All that a description can hold, and samples that are not finite."""
    foot = stream(placement=Placement.FOOT, counts=False)
    foot.raw[3, 2] = np.nan
    clock = ClockMap(0.5, 1e-5, 1e-3, "movement")
    return Recording(
        (replace(stream(), clock=clock), foot, stream(Side.LEFT)),
        (TaskInterval(0.0, 0.5, Task.STAND),),
        origin=Origin.SIMULATED,
        source="made",
        notes={"a": "b"},
        recorded_on="2026-11-27",
    )


def assert_same(found: Recording, expected: Recording) -> None:
    for one, other in zip(found.streams, expected.streams, strict=True):
        assert one.info == other.info
        assert one.clock == other.clock
        assert one.raw.dtype == other.raw.dtype
        np.testing.assert_array_equal(one.raw, other.raw)
        np.testing.assert_array_equal(one.device_time_s, other.device_time_s)
        assert (one.sequence is None) == (other.sequence is None)
        if other.sequence is not None:
            np.testing.assert_array_equal(one.sequence, other.sequence)
        assert (one.acc_scale_mps2, one.gyr_scale_radps) == (
            other.acc_scale_mps2,
            other.gyr_scale_radps,
        )
    assert replace(found, streams=()) == replace(expected, streams=())


def refuse(path: Path) -> str:
    with pytest.raises(RecordingError) as caught:
        read_mcap(path)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


def test_a_recording_comes_back_to_the_bit(tmp_path: Path) -> None:
    assert_same(read_mcap(write_mcap(tmp_path / "a.mcap", whole())), whole())


def test_what_is_exported_comes_back(tmp_path: Path) -> None:
    measured = export()
    path = tmp_path / "a.mcap"
    with path.open("wb") as file:
        export_mcap(measured, file)
    assert_same(read_mcap(path), measured.recording)


def test_files_of_other_programs_are_refused(tmp_path: Path) -> None:
    path = write_mcap(tmp_path / "a.mcap", recording(), described=False)
    assert "no description of a recording" in refuse(path)
    path = write_mcap(tmp_path / "a.mcap", recording(), encoding="cbor")
    assert "is in 'cbor', not in json" in refuse(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t["/right/shank/imu"].pop(), "claims 50 samples and has 49"),
        (lambda t: t.pop("/right/foot/imu"), "claims 50 samples and has 0"),
        (lambda t: t.update({"/left/foot/imu": t["/right/foot/imu"]}), "lacks the sensor"),
        (lambda t: t["/right/shank/imu"][4].pop("acc"), "message 5 of /right/shank is no sample"),
        (lambda t: t["/right/shank/imu"][4]["acc"].pop(), "message 5 of /right/shank"),
        (lambda t: t["/right/shank/imu"][4].update(acc="123"), "message 5 of /right/shank"),
        (lambda t: t["/right/shank/imu"][4].update(acc=[10**400] * 3), "message 5"),
        (lambda t: t["/right/shank/imu"][4].update(acc=[0.5] * 3), "no count of a sensor"),
        (lambda t: t["/right/shank/imu"][4].update(gyr=[40000] * 3), "no count of a sensor"),
        (lambda t: t["/right/shank/imu"][4].update(acc=[None] * 3), "no count of a sensor"),
        (lambda t: t["/right/shank/imu"][4].update(sequence=None), "49 of 50 samples numbered"),
        (lambda t: t["/right/foot/imu"][4].update(sequence=1), "1 of 50 samples numbered"),
        (lambda t: t["/right/shank/imu"][4].update(sequence=2**70), "message 5"),
        (lambda t: t["/right/shank/imu"][4].update(device_time_s="1"), "message 5"),
    ],
)
def test_what_does_not_fit_its_description_is_refused(
    tmp_path: Path, change: Callable[[dict[str, list[dict[str, Any]]]], object], words: str
) -> None:
    topics: dict[str, list[dict[str, Any]]] = samples_of(recording())
    change(topics)
    assert words in refuse(write_mcap(tmp_path / "a.mcap", recording(), topics))


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    path = write_mcap(tmp_path / "a.mcap", recording())
    content = path.read_bytes()
    for end in range(0, len(content), 37):
        path.write_bytes(content[:end])
        refuse(path)


def test_damage_is_noticed_or_harmless(tmp_path: Path) -> None:
    path = write_mcap(tmp_path / "a.mcap", recording())
    content = path.read_bytes()
    noticed = 0
    for place in range(10, len(content), 41):
        damaged = bytearray(content)
        damaged[place] ^= 0x55
        path.write_bytes(damaged)
        try:
            found = read_mcap(path)
        except RecordingError:
            noticed += 1
        else:  # in the index at the end, which is not read
            assert_same(found, recording())
    assert noticed > 10


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_mcap(tmp_path / "a.mcap", recording())
    monkeypatch.setattr(mcap_recording, "MAX_MESSAGES", 60)
    assert "more than 60 messages" in refuse(path)
    monkeypatch.setattr(mcap_recording, "MAX_RECORD_BYTES", 8_000)
    assert "unpacks to more than" in refuse(path)


def test_no_file_is_one_sentence(tmp_path: Path) -> None:
    assert "cannot be opened" in refuse(tmp_path / "none.mcap")
    (tmp_path / "a.mcap").write_bytes(b"\x89MCAP0\r\n" + b"\xff" * 100)
    refuse(tmp_path / "a.mcap")
