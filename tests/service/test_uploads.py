from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sensor_screen.errors import RecordingError, ScreenError, TooLargeError, UsageError
from sensor_screen.model import (
    GyroSampling,
    Placement,
    Recording,
    Side,
    Task,
    TaskInterval,
)
from sensor_screen.service.uploads import (
    ReadUpload,
    Upload,
    UploadFormat,
    UploadLimits,
    read_upload,
)
from sensor_screen.storage.mcap_export import write_mcap
from sensor_screen.storage.phone_files import MAX_NAMED
from sensor_screen.storage.recording_assembly import import_leg
from sensor_screen.storage.recording_file import decode_recording, encode_recording, read_recording
from sensor_screen.storage.samples import find_sample
from sensor_screen.storage.xsens_text import read_xsens_text
from tests.made_exports import HOSTILE, export
from tests.storage import made
from tests.storage.made_exports import phone_files, write_dot, write_xsens

if TYPE_CHECKING:
    from pathlib import Path

F = UploadFormat


def csv_bytes(tmp_path: Path, shift: float = 0.0) -> bytes:
    samples = made.rocking()
    samples[:, 1] += shift
    return made.write_csv(tmp_path / "made.csv", samples).read_bytes()


def zip_bytes(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return stream.getvalue()


def phone() -> bytes:
    return zip_bytes({name: text.encode() for name, text in phone_files().items()})


def assert_same_samples(one: Recording, other: Recording) -> None:
    assert replace(one, streams=()) == replace(other, streams=())
    for a, b in zip(one.streams, other.streams, strict=True):
        assert a.info == b.info
        np.testing.assert_array_equal(a.raw, b.raw)
        np.testing.assert_array_equal(a.device_time_s, b.device_time_s)


def read(upload: Upload, **limits: int) -> ReadUpload:
    """What an upload gives is what its file gives."""
    found = read_upload(upload, UploadLimits(**limits))
    assert_same_samples(decode_recording(found.content), found.recording)
    return found


# --- every format ---------------------------------------------------------------------------------


def test_a_recording_of_ours(tmp_path: Path) -> None:
    sent = made.recording()
    found = read(Upload(F.PARQUET, file=encode_recording(sent), recorded_on="2026-11-27"))
    assert_same_samples(found.recording, replace(sent, recorded_on="2026-11-27"))
    (tmp_path / "r").write_bytes(found.content)
    assert_same_samples(read_recording(tmp_path / "r"), found.recording)


def test_csv_of_both_sensors_with_labels(tmp_path: Path) -> None:
    found = read(
        Upload(
            F.CSV,
            shank=csv_bytes(tmp_path),
            foot=gzip.compress(csv_bytes(tmp_path, 0.1)),
            tasks=b"start_s,end_s,task\n1,6,pump\n",
            side=Side.LEFT,
            shared_clock=True,
            gyro_sampling=GyroSampling.INTERVAL_MEAN,
        )
    ).recording
    assert [(s.info.side, s.info.placement) for s in found.streams] == [
        (Side.LEFT, Placement.SHANK),
        (Side.LEFT, Placement.FOOT),
    ]
    assert found.tasks == (TaskInterval(1, 6, Task.PUMP),)
    assert found.source == "shank.csv, foot.csv"
    assert {s.clock and s.clock.origin for s in found.streams} == {"shared"}
    assert {s.info.gyro_sampling for s in found.streams} == {GyroSampling.INTERVAL_MEAN}


def test_movella_dot(tmp_path: Path) -> None:
    sent = write_dot(tmp_path / "a name.csv").read_bytes()
    found = read(Upload(F.MOVELLA_DOT, foot=sent, side=Side.RIGHT)).recording
    assert found.recorded_on == "2026-11-27"
    assert found.streams[0].info.placement is Placement.FOOT
    assert "a name" not in found.source


def test_xsens_is_what_the_command_makes_of_it(tmp_path: Path) -> None:
    path = write_xsens(tmp_path / "shank.txt")
    found = read(Upload(F.XSENS, shank=path.read_bytes(), side=Side.LEFT, gyro_unit="radps"))

    def reader(path: Any, *, side: Side, placement: Placement) -> Any:
        return read_xsens_text(path, side=side, placement=placement, gyro_unit="radps")

    stored = import_leg(reader, tmp_path / "r", side=Side.LEFT, shank=path)
    assert_same_samples(found.recording, stored)
    with pytest.raises(RecordingError, match="gyro_unit of an upload"):
        read_upload(Upload(F.XSENS, shank=path.read_bytes(), side=Side.LEFT))


def test_sensor_logger() -> None:
    found = read(Upload(F.SENSOR_LOGGER, shank=phone(), side=Side.LEFT)).recording
    np.testing.assert_allclose(found.streams[0].raw, made.rocking()[:, 1:], atol=2e-6)


def test_mcap() -> None:
    stream = io.BytesIO()
    write_mcap(export(), stream)
    found = read(Upload(F.MCAP, file=stream.getvalue())).recording
    np.testing.assert_array_equal(found.streams[0].raw, export().recording.streams[0].raw)


# Guided sessions rest between tasks. Ten minutes of walking without a rest are more: at 0.0006 m/s2
# a count every sample is new, and needs ten bytes.
@pytest.mark.parametrize(
    ("name", "most_bytes"), [("healthy", 1_000_000), ("kick-heavy", 1_000_000), ("walk", 1_250_000)]
)
def test_ten_minutes_of_two_sensors_are_about_a_megabyte(name: str, most_bytes: int) -> None:
    sample = read_recording(find_sample(name))
    samples = sum(len(stream.raw) for stream in sample.streams)
    size = len(encode_recording(sample)) * 120_000 / samples
    print(f"{name}: 120,000 samples in {size:,.0f} bytes")  # noqa: T201
    assert size <= most_bytes


# --- what does not belong together ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"shank": None}, "no sensor"),
        ({"side": None}, "which leg"),
        ({"side": Side.NONE}, "which leg"),
        ({"file": b"x"}, "file: it does not belong to csv"),
        ({"gyro_unit": "radps"}, "gyro_unit: it does not belong to csv"),
        ({"format": F.XSENS, "gyro_unit": "rpm"}, "gyro_unit"),
        ({"recorded_on": "yesterday"}, "not a date"),
        ({"recorded_on": "2" * 10_000}, "not a date"),
        ({"format": F.PARQUET}, "shank: it does not belong to parquet"),
        ({"format": F.SENSOR_LOGGER, "foot": b"x"}, "foot: it does not belong"),
        ({"format": F.MCAP, "shank": None, "side": None}, "there is none"),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    upload = Upload(F.CSV, shank=csv_bytes(tmp_path), side=Side.LEFT)
    with pytest.raises(UsageError, match=says) as caught:
        read_upload(replace(upload, **changes))
    assert len(str(caught.value)) < 300


def test_one_file_for_two_sensors_is_refused(tmp_path: Path) -> None:
    same = csv_bytes(tmp_path)
    with pytest.raises(RecordingError, match="same samples"):
        read_upload(Upload(F.CSV, shank=same, foot=same, side=Side.LEFT))


def test_labels_on_another_clock_are_refused(tmp_path: Path) -> None:
    tasks = b"start_s,end_s,task\n1000,1010,squat\n"
    with pytest.raises(RecordingError, match="the samples are from"):
        read_upload(Upload(F.CSV, shank=csv_bytes(tmp_path), tasks=tasks, side=Side.LEFT))


# --- foreign, damaged and hostile -----------------------------------------------------------------

FOREIGN = [
    b"",
    b"\0" * 100,
    b"PAR1",
    b"PAR1" * 20,
    b"PK\x03\x04" * 30,
    b"\x1f\x8b\x08",
    b"a,b\n1,2\n",
]
FOREIGN += [b"\x89MCAP0\r\n" + b"\1" * 90, b"{" * 5000, b"\xff\xfe" + b"x\0" * 90]


@pytest.mark.parametrize("form", F)
@pytest.mark.parametrize("content", FOREIGN)
def test_foreign_bytes_are_one_sentence(form: F, content: bytes) -> None:
    whole = form in (F.PARQUET, F.MCAP)
    part = {"file": content} if whole else {"shank": content, "side": Side.LEFT}
    with pytest.raises(ScreenError) as caught:
        read_upload(Upload(form, **part))
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 500
    assert ("recording" if whole else "shank") in said


def test_what_is_cut_or_changed_is_one_sentence(tmp_path: Path) -> None:
    source = np.random.default_rng(5)
    stream = io.BytesIO()
    write_mcap(export(), stream)
    dot, xsens = (write(tmp_path / "x").read_bytes() for write in (write_dot, write_xsens))
    whole = {F.PARQUET: encode_recording(made.recording()), F.MCAP: stream.getvalue()[:300_000]}
    legs = {
        F.CSV: csv_bytes(tmp_path),
        F.MOVELLA_DOT: dot,
        F.XSENS: xsens,
        F.SENSOR_LOGGER: phone(),
    }
    for form, content in (whole | legs).items():
        for _ in range(25):
            changed = bytearray(content)
            for place in source.integers(0, len(content), 3):
                changed[place] = source.integers(0, 256)
            sent = bytes(changed[: source.choice([len(content), source.integers(len(content))])])
            part: dict[str, Any] = (
                {"file": sent} if form in whole else {"shank": sent, "side": Side.LEFT}
            )
            said = ""
            try:
                read_upload(Upload(form, **part))
            except ScreenError as error:
                said = str(error)
            assert "\n" not in said


def test_sizes_have_limits(tmp_path: Path) -> None:
    upload = Upload(F.CSV, shank=csv_bytes(tmp_path), side=Side.LEFT)
    with pytest.raises(TooLargeError, match="larger than"):
        read_upload(upload, UploadLimits(file_bytes=1000))
    both = replace(upload, foot=csv_bytes(tmp_path, 0.1))
    with pytest.raises(TooLargeError, match="600 samples, more than 599"):
        read_upload(both, UploadLimits(rows=599))
    with pytest.raises(RecordingError, match="it has 300 rows, too many"):
        read_upload(upload, UploadLimits(rows=299))
    with pytest.raises(TooLargeError, match=r"tasks\.csv"):
        read_upload(replace(upload, tasks=b"x" * 2_000_000))
    sent = encode_recording(made.recording())
    with pytest.raises(RecordingError, match="samples"):
        read_upload(Upload(F.PARQUET, file=sent), UploadLimits(rows=99))
    stream = io.BytesIO()
    write_mcap(export(), stream)
    with pytest.raises(RecordingError, match="messages"):
        read_upload(Upload(F.MCAP, file=stream.getvalue()), UploadLimits(rows=99))


def test_bombs_stop_at_the_limit() -> None:
    bomb = made.HEADER.encode() + b"\n" + b"0,0,0,0,0,0,0\n" * 400_000
    packed = gzip.compress(bomb)
    assert len(packed) < 20_000
    with pytest.raises(RecordingError, match="more than 1 MB of text"):
        read_upload(Upload(F.CSV, shank=packed, side=Side.LEFT), UploadLimits(text_bytes=1 << 20))
    files = {name: text.encode() for name, text in phone_files().items()}
    with pytest.raises(RecordingError, match="more than 1 MB of text"):
        read_upload(
            Upload(
                F.SENSOR_LOGGER, shank=zip_bytes(files | {"Gyroscope.csv": bomb}), side=Side.LEFT
            ),
            UploadLimits(text_bytes=1 << 20),
        )


def test_a_zip_of_many_names_is_refused_before_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = zip_bytes({f"{number}": b"" for number in range(MAX_NAMED + 1)})
    monkeypatch.delattr(zipfile.ZipFile, "namelist")
    monkeypatch.delattr(zipfile.ZipFile, "_RealGetContents")
    with pytest.raises(RecordingError, match=f"it names {MAX_NAMED + 1} files"):
        read_upload(Upload(F.SENSOR_LOGGER, shank=sent, side=Side.LEFT))


def test_hostile_texts_are_made_plain() -> None:
    bare = made.recording()
    info = replace(bare.streams[0].info, serial=HOSTILE, model=HOSTILE)
    sent = replace(
        bare,
        streams=(replace(bare.streams[0], info=info),),
        source=HOSTILE,
        notes={HOSTILE: HOSTILE},
    )
    found = read(Upload(F.PARQUET, file=encode_recording(sent))).recording
    texts = [found.source, *found.notes, *found.notes.values()]
    texts += [found.streams[0].info.serial, found.streams[0].info.model]
    assert all(text.isprintable() and 0 < len(text) <= 200 for text in texts)
    for text in texts:
        text.encode()
    np.testing.assert_array_equal(found.streams[0].raw, bare.streams[0].raw)


def test_a_recording_without_samples_is_refused() -> None:
    with pytest.raises(RecordingError, match="no sample"):
        read_upload(Upload(F.PARQUET, file=encode_recording(Recording(()))))
