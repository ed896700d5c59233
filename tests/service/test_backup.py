from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from sqlalchemy import MetaData, Table, insert, update

from sensor_screen.errors import ScreenError, StorageError, UsageError
from sensor_screen.service import backup as backup_module
from sensor_screen.service.backup import BackupProgress, BackupSummary, create_backup, verify_backup
from sensor_screen.service.restore import read_table, restore_backup
from sensor_screen.storage.backup_file import END_BYTES, FRAME, BackupLimits, write_backup
from sensor_screen.storage.objects import open_objects
from tests.service.small_database import SmallDatabase, clinic, content_of, kept, metadata, odd
from tests.small_disk import small_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OTHER = "clinics/a/recordings/2.parquet"


class Place:
    """A database and its objects."""

    def __init__(self, folder: Path, url: str = "") -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.database = SmallDatabase(url or f"sqlite:///{folder / 'db.sqlite'}").make()
        self.objects = open_objects(folder / "objects")

    def back_up(self, path: Path, **options: Any) -> BackupSummary:
        return create_backup(
            self.database,
            metadata,
            self.objects,
            path,
            schema_revision="0003",
            made_at_us=123,
            **options,
        )

    def restore(self, path: Path, revision: str = "0003", **options: Any) -> BackupSummary:
        return restore_backup(
            path, self.database, metadata, self.objects, schema_revision=revision, **options
        )

    def assert_empty(self) -> None:
        assert not any(self.database.content().values())
        assert content_of(self.objects) == {}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "first")
    made.database.fill(made.objects)
    yield made
    made.database.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "second")
    yield made
    made.database.close()


@pytest.fixture
def good(place: Place, tmp_path: Path) -> Path:
    place.back_up(tmp_path / "good.tar.zst")
    return tmp_path / "good.tar.zst"


# --- there and back ------------------------------------------------------------------------------


def test_everything_comes_back(place: Place, empty: Place, tmp_path: Path) -> None:
    path = tmp_path / "b.tar.zst"
    made = place.back_up(path)
    assert made == verify_backup(path) == empty.restore(path)
    assert empty.database.content() == place.database.content()
    assert content_of(empty.objects) == content_of(place.objects)
    assert made.rows == {"clinic": 2, "kept": 2, "a_frame": 10}
    assert (made.objects, made.objects_bytes, made.missing) == (3, 76_805, ())
    assert (made.made_at_us, made.schema_revision) == (123, "0003")
    assert made.file_bytes == path.stat().st_size
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_backup_of_what_was_restored_is_the_same(good: Path, empty: Place) -> None:
    empty.restore(good)
    empty.back_up(good.with_name("again"))
    assert good.read_bytes() == good.with_name("again").read_bytes()


def test_one_table_can_be_read_without_restoring(place: Place, good: Path) -> None:
    (row, other) = read_table(good, kept)
    assert (row["number"], other["object_key"]) == (3, "clinics/a/recordings/1.parquet")
    assert len(read_table(good, odd)) == 10
    with pytest.raises(StorageError, match="it has no table elsewhere"):
        read_table(good, Table("elsewhere", MetaData()))
    assert place


def test_nothing_is_a_backup_too(empty: Place, tmp_path: Path) -> None:
    made = empty.back_up(tmp_path / "b")
    assert made.rows == {"clinic": 0, "kept": 0, "a_frame": 0}
    assert empty.restore(tmp_path / "b") == made


def test_rows_go_into_parts(
    place: Place, empty: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_module, "PART_BYTES", 3000)
    told: list[BackupProgress] = []
    place.back_up(tmp_path / "b")
    empty.restore(tmp_path / "b", tell=told.append)
    assert empty.database.content() == place.database.content()
    parts = [p.name for p in told if p.doing == "checking"]
    assert [name for name in parts if "a_frame" in name][:2] == [
        "tables/a_frame/000000.jsonl",
        "tables/a_frame/000001.jsonl",
    ]


def test_others_write_meanwhile_and_the_backup_is_of_one_moment(
    place: Place, empty: Place, tmp_path: Path
) -> None:
    before = place.database.content()

    def write(progress: BackupProgress) -> None:
        if progress.doing == "tables" and progress.done == 1:
            with place.database.write() as connection:
                connection.execute(insert(clinic), {"id": "later"})
                connection.execute(
                    insert(odd), {"clinic_id": "later", "sequence": 1, "value": b"x"}
                )

    place.back_up(tmp_path / "b", tell=write)
    empty.restore(tmp_path / "b")
    assert empty.database.content() == before
    assert len(place.database.content()["clinic"]) == 3


def test_progress_says_what_and_how_far(place: Place, empty: Place, tmp_path: Path) -> None:
    told: list[BackupProgress] = []
    place.back_up(tmp_path / "b", tell=told.append)
    assert [(p.doing, p.done, p.total) for p in told] == [
        *(("tables", number, 3) for number in (1, 2, 3)),
        *(("objects", number, 3) for number in (1, 2, 3)),
    ]
    told.clear()
    empty.restore(tmp_path / "b", tell=told.append)
    assert [p.done for p in told if p.doing == "restoring objects"] == [1, 2, 3]
    assert [p.name for p in told if p.doing == "restoring tables"] == ["clinic", "a_frame", "kept"]


def test_any_program_can_open_it(good: Path, tmp_path: Path) -> None:
    with zstandard.open(good, "rb") as unpacked, tarfile.open(fileobj=unpacked, mode="r|") as tar:
        tar.extractall(tmp_path / "out", filter="data")
    assert (tmp_path / "out/objects/clinics/a/reports/1/report.json").read_bytes() == b"{}"
    rows = (tmp_path / "out/tables/clinic/000000.jsonl").read_text().splitlines()
    assert rows == ['["a",null]', '["b","one"]']
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    for name, size, sha256 in manifest["parts"]:
        value = (tmp_path / "out" / name).read_bytes()
        assert (len(value), hashlib.sha256(value).hexdigest()) == (size, sha256)


def test_tar_itself_can_open_it(good: Path) -> None:
    try:
        done = subprocess.run(
            ["tar", "--zstd", "-tf", good], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("there is no tar here")
    if "zstd" in done.stderr and "exec" in done.stderr:
        pytest.skip("tar finds no zstd here")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "manifest.json"


# --- objects that are gone or damaged -------------------------------------------------------------


def test_an_erased_object_is_named_and_the_rest_is_kept(
    place: Place, empty: Place, tmp_path: Path
) -> None:
    def erase(progress: BackupProgress) -> None:
        if progress.doing == "tables" and progress.name == "kept":
            with place.database.write() as connection:
                connection.execute(update(kept).where(kept.c.number == 3).values(faces=None))
            place.objects.delete("clinics/a/reports/1/report.html")

    made = place.back_up(tmp_path / "b", tell=erase)
    assert made.missing == ("clinics/a/reports/1/report.html",)
    assert empty.restore(tmp_path / "b").missing == made.missing
    assert content_of(empty.objects) == content_of(place.objects)


def test_damaged_objects_end_it_with_all_their_names(place: Place, tmp_path: Path) -> None:
    for name in ("recordings/1.parquet", "reports/1/report.json"):
        (place.folder / "objects/clinics/a" / name).write_bytes(b"other")
    place.objects.delete("clinics/a/reports/1/report.html")  # and its row is still there
    said = r"recordings/1\.parquet, .*report\.html, .*report\.json: they are lost, or not what"
    with pytest.raises(StorageError, match=said) as caught:
        place.back_up(tmp_path / "b")
    assert caught.value.fault == "damaged"
    assert not (tmp_path / "b").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["first"]
    made = place.back_up(tmp_path / "b", leave_damaged=True)
    assert made == verify_backup(tmp_path / "b")
    assert made.objects == 0
    assert [key.rpartition("/")[2] for key in made.damaged] == [
        "1.parquet",
        "report.html",
        "report.json",
    ]


def test_an_older_backup_stays_when_a_new_one_fails(place: Place, good: Path) -> None:
    before = good.read_bytes()
    (place.folder / "objects/clinics/a/recordings/1.parquet").write_bytes(b"other")
    with pytest.raises(StorageError):
        place.back_up(good)
    assert good.read_bytes() == before


# --- restoring ------------------------------------------------------------------------------------


def test_nothing_is_replaced(place: Place, empty: Place, good: Path) -> None:
    with pytest.raises(UsageError, match="not empty"):
        place.restore(good)
    empty.objects.put_new("other", b"x")
    with pytest.raises(UsageError, match="not empty"):
        empty.restore(good)
    empty.objects.delete("other")
    with empty.database.write() as connection:
        connection.execute(insert(clinic), {"id": "x"})
    with pytest.raises(UsageError, match="table clinic: the database is not empty"):
        empty.restore(good)
    assert content_of(empty.objects) == {}


def test_another_revision_is_refused(empty: Place, good: Path) -> None:
    with pytest.raises(UsageError, match="of revision '0003', and the database of '0004'"):
        empty.restore(good, revision="0004")
    empty.assert_empty()


def test_a_database_without_tables_is_said(good: Path, tmp_path: Path) -> None:
    bare = SmallDatabase(f"sqlite:///{tmp_path / 'bare'}")
    with pytest.raises(StorageError, match="table clinic: it is not there"):
        restore_backup(good, bare, metadata, open_objects(tmp_path / "o"), schema_revision="0003")
    bare.close()


@pytest.mark.parametrize("at", range(1, 10))
def test_an_error_at_any_step_leaves_nothing(empty: Place, good: Path, at: int) -> None:
    steps = 0

    def fail(progress: BackupProgress) -> None:
        nonlocal steps
        steps += progress.doing.startswith("restoring")
        if steps == at:
            raise KeyboardInterrupt

    if at > 6:  # three tables and three objects
        empty.restore(good, tell=fail)
        return
    with pytest.raises(KeyboardInterrupt):
        empty.restore(good, tell=fail)
    empty.assert_empty()
    empty.restore(good)


def test_what_the_database_refuses_leaves_nothing(empty: Place, tmp_path: Path) -> None:
    path = write_archive(
        tmp_path, {"tables/kept/000000.jsonl": b'[1,"nobody",null,null,null]\n'}, rows={"kept": 1}
    )
    with pytest.raises(StorageError, match="rows of kept: the database does not take them"):
        empty.restore(path)
    empty.assert_empty()


def test_a_full_disk_ends_a_backup_and_leaves_the_older_one(place: Place, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "100K") as disk:
        place.back_up(disk / "b.tar.zst")
        before = (disk / "b.tar.zst").read_bytes()
        place.objects.put_new(OTHER, os.urandom(200_000))
        with place.database.write() as connection:
            row = {"number": 9, "clinic_id": "a", "sha256": content_of(place.objects)[OTHER]}
            connection.execute(insert(kept), {**row, "object_key": OTHER})
        with pytest.raises(UsageError, match="No space left"):
            place.back_up(disk / "b.tar.zst")
        assert [path.name for path in disk.iterdir()] == ["b.tar.zst"]
        assert (disk / "b.tar.zst").read_bytes() == before
        verify_backup(disk / "b.tar.zst")


def test_a_full_disk_ends_a_restore_and_leaves_nothing(good: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64K") as disk:
        second = Place(tmp_path / "second")
        second.objects = open_objects(disk / "objects")
        with pytest.raises(StorageError, match="there is no room") as caught:
            second.restore(good)
        assert caught.value.fault == "full"
        second.assert_empty()
        second.database.close()


# --- damaged files --------------------------------------------------------------------------------


def test_every_changed_byte_is_noticed(good: Path) -> None:
    content = good.read_bytes()
    random_bits = random.Random(3)  # noqa: S311
    # The whole file has some thousands; every one of its ends, where formats hide spare bits.
    places = [*range(200), *range(len(content) - 200, len(content))]
    places += random_bits.sample(range(200, len(content) - 200), 600)
    other = good.with_name("other")
    for position in places:
        changed = bytearray(content)
        changed[position] ^= 1 << random_bits.randrange(8)
        other.write_bytes(changed)
        with pytest.raises(StorageError) as caught:
            verify_backup(other)
        assert caught.value.fault == "damaged"


def test_a_file_that_is_cut_or_longer_is_noticed(good: Path) -> None:
    content = good.read_bytes()
    other = good.with_name("other")
    cuts = [*range(0, len(content), 97), *range(len(content) - 50, len(content))]
    for value in [*(content[:cut] for cut in cuts), content + b"\0", content + content]:
        other.write_bytes(value)
        with pytest.raises(StorageError):
            verify_backup(other)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        verify_backup(tmp_path / "none")


# --- hostile files --------------------------------------------------------------------------------


def seal(path: Path, tar: bytes, **options: Any) -> Path:
    """Any bytes as a file whose end is right."""
    packed = zstandard.ZstdCompressor(**options).compress(tar)
    path.write_bytes(packed + FRAME + hashlib.sha256(packed).digest())
    return path


def write_archive(
    folder: Path,
    parts: dict[str, bytes],
    rows: dict[str, int] | None = None,
    change: Callable[[dict[str, Any]], None] = lambda _: None,
) -> Path:
    """A file that says of itself what `change` makes of the truth."""
    tables = [
        {
            "name": t.name,
            "columns": [c.name for c in t.columns],
            "rows": (rows or {}).get(t.name, 0),
        }
        for t in metadata.sorted_tables
    ]
    manifest = {
        "format": 1,
        "software_version": "1",
        "schema_revision": "0003",
        "made_at_us": 1,
        "tables": tables,
        "objects": sum(name.startswith("objects/") for name in parts),
        "objects_bytes": 0,
        "missing": [],
        "damaged": [],
    }
    change(manifest)
    with write_backup(folder / "made") as writer:
        for name, value in parts.items():
            writer.add(name, value)
        writer.finish(manifest)
    return folder / "made"


@pytest.mark.parametrize(
    "name",
    [
        "objects/../../etc/passwd",
        "objects//etc/passwd",
        "objects/A",
        "tables/../clinic/0.jsonl",
        "tables/other/0.jsonl",
        "tables/clinic",
        "elsewhere",
        "objects/",
        "/objects/a",
    ],
)
def test_parts_that_lead_elsewhere_are_refused(empty: Place, tmp_path: Path, name: str) -> None:
    path = write_archive(tmp_path, {name: b""})
    with pytest.raises(StorageError) as caught:
        empty.restore(path)
    assert caught.value.fault == "damaged"
    empty.assert_empty()


def lie(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest.__setitem__(key, value)


@pytest.mark.parametrize(
    "change",
    [
        lie("format", 2),
        lie("objects", 2),
        lie("tables", []),
        lie("tables", [1]),
        lie("missing", 3),
        lie("made_at_us", "x"),
        lie("objects", None),
    ],
)
def test_a_manifest_that_lies_is_refused(
    empty: Place, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    path = write_archive(tmp_path, {"objects/a": b"x"}, change=change)
    with pytest.raises(StorageError):
        empty.restore(path)
    empty.assert_empty()


ROWS = [b"[]", b"{}", b"[1,2,3]", b'["a"]', b'["a",5]', b"nothing", b"[" * 100_000, b'["a","b"]x']


@pytest.mark.parametrize("line", ROWS)
def test_rows_that_are_none_are_refused(empty: Place, tmp_path: Path, line: bytes) -> None:
    path = write_archive(tmp_path, {"tables/clinic/0.jsonl": line + b"\n"}, rows={"clinic": 1})
    with pytest.raises(StorageError):
        empty.restore(path)
    empty.assert_empty()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, b"x", b"L"])
def test_links_and_long_names_are_refused(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("objects/a")
    info.type, info.linkname = kind, "/etc/passwd"
    path = seal(tmp_path / "b", info.tobuf(tarfile.USTAR_FORMAT) + bytes(10240))
    with pytest.raises(StorageError, match="is no file"):
        verify_backup(path)


def test_bombs_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("objects/a")
    info.size = 7 << 30
    head = info.tobuf(tarfile.USTAR_FORMAT)
    with pytest.raises(StorageError, match="too large"):
        verify_backup(seal(tmp_path / "claim", head))
    info.size = 300 << 20
    many = info.tobuf(tarfile.USTAR_FORMAT) + bytes(info.size)
    with pytest.raises(StorageError, match="far more than a backup"):
        verify_backup(seal(tmp_path / "zeros", many))
    window = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    huge = zstandard.ZstdCompressor(compression_params=window).compressobj()
    packed = huge.compress(random.Random(1).randbytes(1 << 20)) + huge.flush()  # noqa: S311
    path = tmp_path / "window"
    path.write_bytes(packed + FRAME + hashlib.sha256(packed).digest())
    with pytest.raises(StorageError, match="cannot be unpacked"):
        verify_backup(path)
    path = write_archive(tmp_path, {"objects/a": b"x" * 11})
    with pytest.raises(StorageError, match="too large"):
        verify_backup(path, limits=BackupLimits(part_bytes=10))


def test_any_bytes_end_in_one_sentence(tmp_path: Path, good: Path) -> None:
    """What is packed is changed and packed again, with an end that is right."""
    tar = zstandard.ZstdDecompressor().decompressobj().decompress(good.read_bytes()[:-END_BYTES])
    source = random.Random(7)  # noqa: S311
    for _ in range(300):
        changed = bytearray(tar)
        for _ in range(source.choice((1, 1, 4))):
            changed[source.randrange(len(changed))] = source.randrange(256)
        cut = source.choice((len(changed), len(changed), source.randrange(len(changed))))
        path = seal(tmp_path / "b", bytes(changed[:cut]), level=1)
        said = ""
        try:
            assert verify_backup(path).rows == {"clinic": 2, "kept": 2, "a_frame": 10}
        except ScreenError as error:
            said = str(error)
        assert "\n" not in said
