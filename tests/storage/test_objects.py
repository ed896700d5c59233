from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from sensor_screen.errors import StorageError, UsageError
from sensor_screen.storage.disk import LocalDisk, LocalFile
from sensor_screen.storage.objects import ObjectStore, check_key, open_objects
from tests.small_disk import small_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "clinics/0a/recordings/1.parquet"


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new bucket of a server that speaks S3."""
    import urllib.request

    name = f"b{os.urandom(6).hex()}"
    for variable, value in (
        ("AWS_ENDPOINT_URL", s3_endpoint),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
    ):
        monkeypatch.setenv(variable, value)
    request = urllib.request.Request(f"{s3_endpoint}/{name}", method="PUT")  # noqa: S310
    request.data = (
        b"<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint>"
        b"</CreateBucketConfiguration>"
    )
    with urllib.request.urlopen(request, timeout=20):  # noqa: S310
        return f"s3://{name}/inner/part"


@pytest.fixture(params=["folder", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return open_objects(tmp_path / "objects")
    return open_objects(request.getfixturevalue("bucket"))


def test_what_is_put_is_what_is_got(objects: ObjectStore) -> None:
    value = os.urandom(100_000)
    sha256 = objects.put_new(KEY, value)
    assert sha256 == hashlib.sha256(value).hexdigest()
    assert objects.get(KEY) == objects.get(KEY, sha256) == value
    assert objects.size(KEY) == 100_000
    assert objects.put_new("empty", b"") == hashlib.sha256(b"").hexdigest()
    assert objects.get("empty") == b""


def test_the_same_again_is_fine_and_another_is_refused(objects: ObjectStore) -> None:
    assert objects.put_new(KEY, b"one") == objects.put_new(KEY, b"one")
    with pytest.raises(StorageError, match="another value is stored there") as caught:
        objects.put_new(KEY, b"two")
    assert caught.value.fault == "taken"
    assert objects.get(KEY) == b"one"


def test_of_many_writers_one_wins_and_the_others_know(objects: ObjectStore) -> None:
    def put(number: int) -> str:
        try:
            return objects.put_new(KEY, bytes([number]) * 5000)
        except StorageError as error:
            return error.fault

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(put, range(8)))
    assert said.count("taken") == 7
    (winner,) = set(said) - {"taken"}
    assert len(objects.get(KEY, winner)) == 5000
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: objects.put_new("same", b"s" * 5000), range(8)))) == 1


def test_what_is_gone_is_gone_and_deleting_it_again_is_fine(objects: ObjectStore) -> None:
    objects.put_new(KEY, b"one")
    objects.delete(KEY)
    objects.delete(KEY)
    objects.delete("never/there")
    for ask in (objects.get, objects.size):
        with pytest.raises(StorageError, match="nothing of that name") as caught:
            ask(KEY)
        assert caught.value.fault == "missing"
    objects.put_new(KEY, b"two")
    assert objects.get(KEY) == b"two"


def test_a_list_has_every_object_below_whole_parts(objects: ObjectStore) -> None:
    for number in range(3):
        objects.put_new(f"clinics/a/{number}", bytes(number))
    objects.put_new("clinics/ab/1", b"x")
    found = sorted((o.key, o.size_bytes) for o in objects.list("clinics/a"))
    assert found == [("clinics/a/0", 0), ("clinics/a/1", 1), ("clinics/a/2", 2)]
    assert len(list(objects.list())) == 4
    assert list(objects.list("nothing")) == []


def test_a_damaged_object_is_named(tmp_path: Path) -> None:
    objects = open_objects(tmp_path)
    sha256 = objects.put_new(KEY, b"one")
    (tmp_path / KEY).write_bytes(b"onE")
    with pytest.raises(StorageError, match="it is not what was stored") as caught:
        objects.get(KEY, sha256)
    assert caught.value.fault == "damaged"


BAD_KEYS = ["", "/a", "a/", "a//b", "..", "a/../b", ".", "a/.hid", "A", "a\\b", "a\0", "ä", "a b"]
BAD_KEYS += ["c:x", "a#1", "a.", "x" * 65, "/".join(["abcd"] * 40), "%2e%2e/a", "a\n"]


@pytest.mark.parametrize("key", BAD_KEYS)
def test_keys_that_lead_elsewhere_are_refused(key: str, tmp_path: Path) -> None:
    objects = open_objects(tmp_path / "o")
    for ask in (objects.get, objects.size, objects.delete, lambda k: objects.put_new(k, b"x")):
        with pytest.raises(UsageError, match="no name for an object"):
            ask(key)
    assert list((tmp_path / "o").iterdir()) == []
    with pytest.raises(UsageError):
        check_key(key)


def test_addresses(tmp_path: Path) -> None:
    spaced = tmp_path / "a b"
    open_objects(spaced.as_uri()).put_new("k", b"v")
    assert open_objects(str(spaced)).get("k") == b"v"
    for url in ("gs://bucket", "http://x", "s3://", "s3://key:secret@bucket", "s3://bucket/../x"):
        with pytest.raises(UsageError):
            open_objects(url)


def test_a_value_is_on_the_disk_before_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def note(name: str, before: object) -> object:
        def call(*args: object, **kwargs: object) -> object:
            steps.append(name)
            return before(*args, **kwargs)  # type: ignore[operator]

        return call

    for place, name in ((LocalFile, "write"), (LocalFile, "sync"), (LocalDisk, "sync_folder")):
        monkeypatch.setattr(place, name, note(name, getattr(place, name)))
    monkeypatch.setattr(os, "link", note("link", os.link))
    objects = open_objects(tmp_path)
    objects.put_new("a/b/c", b"value")
    assert steps == ["sync_folder", "sync_folder", "write", "sync", "link", "sync_folder"]
    steps.clear()
    objects.put_new("a/b/d", b"value")
    assert steps == ["write", "sync", "link", "sync_folder"]
    steps.clear()
    objects.delete("a/b/d")
    assert steps == ["sync_folder"]


def test_a_disk_that_fails_to_sync_has_kept_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise OSError(5, "Input/output error")

    objects = open_objects(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(LocalFile, "sync", fail)
        with pytest.raises(StorageError, match="Input/output error") as caught:
            objects.put_new("a", b"value")
    assert caught.value.fault == "away"
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_is_not_listed_and_can_be_removed(tmp_path: Path) -> None:
    objects = open_objects(tmp_path)
    objects.put_new("a/b", b"x")
    for name, age_s in (("c#123", 1000.0), ("d#7", 3000.0), ("e#x", 1000.0)):
        (tmp_path / "a" / name).write_bytes(b"half")
        os.utime(tmp_path / "a" / name, (age_s, age_s))
    assert "a/b" in {found.key for found in objects.list()}
    assert not {found.key for found in objects.list()} & {"a/c#123", "a/d#7"}
    assert objects.remove_parts(2000.0) == 1
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"b", "d#7", "e#x"}
    assert objects.get("a/b") == b"x"


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1M") as disk:
        objects = open_objects(disk)
        objects.put_new("small", b"s")
        with pytest.raises(StorageError, match="there is no room in") as caught:
            objects.put_new("a/large", bytes(3_000_000))
        assert caught.value.fault == "full"
        assert [o.key for o in objects.list()] == ["small"]
        assert not list((disk / "a").iterdir())
        objects.put_new("a/large", bytes(300_000))


def test_a_place_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError) as caught:
        open_objects(tmp_path / "file" / "inner")
    assert caught.value.fault == "away"
    assert "\n" not in str(caught.value)


def test_a_bucket_that_is_not_there_is_said(bucket: str) -> None:
    objects = open_objects(bucket.replace("s3://b", "s3://c"))
    with pytest.raises(StorageError) as caught:
        objects.put_new("a", b"x")
    assert caught.value.fault in ("away", "missing")
    assert "\n" not in str(caught.value)


def test_a_server_that_is_not_there_is_said(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor_screen.storage.objects.PATIENCE_S", 0)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StorageError) as caught:
        open_objects(bucket).get("a")
    assert caught.value.fault == "away"
    assert "\n" not in str(caught.value)
