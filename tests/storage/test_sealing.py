from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.errors import StorageError, UsageError
from sensor_screen.storage.sealing import SEALED, Sealer, new_key

OLD, NEW = new_key(), new_key()
PLACE = ("person", "name", "0a")
LIKE_OURS = ["sealed-1:", "sealed-1:a:b", "plain-1:", "plain-1:plain-1:x", "sealed-2:x", "plain-"]
texts = st.text() | st.sampled_from(LIKE_OURS)


@given(text=texts, keys=st.sampled_from([(), (OLD,), (NEW, OLD)]))
def test_what_is_sealed_is_opened(text: str, keys: tuple[str, ...]) -> None:
    sealer = Sealer(keys)
    stored = sealer.seal(text, *PLACE)
    assert sealer.open(stored, *PLACE) == text
    assert sealer.seals == stored.startswith(SEALED) == bool(keys)
    assert not sealer.needs_sealing(stored)


@given(text=texts)
def test_plain_texts_open_once_there_is_a_key(text: str) -> None:
    stored = Sealer().seal(text, *PLACE)
    assert Sealer([NEW]).open(stored, *PLACE) == text
    assert Sealer([NEW]).needs_sealing(stored)


def test_a_text_does_not_show_and_is_never_the_same_twice() -> None:
    sealer = Sealer([NEW])
    one, other = (sealer.seal("Anna Example", *PLACE) for _ in range(2))
    assert one != other
    assert b"Anna" not in base64.b64decode(one.rpartition(":")[2])
    assert NEW not in one


@pytest.mark.parametrize(
    "other", [("person", "name", "0b"), ("person", "label", "0a"), ("note", "name", "0a")]
)
def test_a_text_opens_in_its_own_place_only(other: tuple[str, str, str]) -> None:
    sealer = Sealer([NEW])
    with pytest.raises(StorageError, match="changed, or belongs to another place") as caught:
        sealer.open(sealer.seal("Anna", *PLACE), *other)
    assert caught.value.fault == "damaged"


def test_places_are_not_confused_by_what_joins_them() -> None:
    sealer = Sealer([NEW])
    with pytest.raises(StorageError):
        sealer.open(sealer.seal("x", 'a","b', "c", "d"), "a", 'b","c', "d")


def test_keys_are_changed_one_by_one() -> None:
    stored = Sealer([OLD]).seal("Anna", *PLACE)
    both = Sealer([NEW, OLD])
    assert both.open(stored, *PLACE) == "Anna"
    assert both.needs_sealing(stored)
    again = both.seal(both.open(stored, *PLACE), *PLACE)
    assert not both.needs_sealing(again)
    assert Sealer([NEW]).open(again, *PLACE) == "Anna"


@pytest.mark.parametrize("keys", [(), (NEW,)])
def test_a_missing_key_is_one_sentence(keys: tuple[str, ...]) -> None:
    stored = Sealer([OLD]).seal("Anna", *PLACE)
    with pytest.raises(StorageError, match="not among the keys that are set") as caught:
        Sealer(keys).open(stored, *PLACE)
    assert caught.value.fault == "away"


def test_every_changed_character_is_noticed() -> None:
    sealer = Sealer([NEW])
    stored = sealer.seal("Anna", *PLACE)
    for position in range(len(SEALED), len(stored)):
        for other in "A9=:":
            if stored[position] == other:
                continue
            changed = stored[:position] + other + stored[position + 1 :]
            with pytest.raises(StorageError):
                sealer.open(changed, *PLACE)
    for short in (SEALED, stored[:40], stored[:-4]):
        with pytest.raises(StorageError):
            sealer.open(short, *PLACE)


@pytest.mark.parametrize(
    "key",
    ["", "x", NEW[:-4], NEW + "AAAA", "ä" * 44, "*" * 44],
    ids=["empty", "short", "cut", "long", "no letters of a key", "stars"],
)
def test_what_is_no_key_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(UsageError, match="sealing key 2: it is not 32 bytes") as caught:
        Sealer([NEW, key])
    assert len(key) < 4 or key not in str(caught.value)
