"""Over any network and any crash: what is stored is what was made, nothing acknowledged is lost."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sensor_screen.errors import ScreenError
from tests.service.relay_world import World, step
from tests.soak.relay_traces import run

if TYPE_CHECKING:
    from sensor_screen.storage.database.stream_batch import StreamBatch, Verdict

seeds = st.integers(0, 2**16).map(random.Random)


class RelayOverABadNetwork(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @rule(count=st.integers(1, 12))
    def make(self, count: int) -> None:
        for _ in range(count):
            self.world.make_frame()

    @rule()
    def mark(self) -> None:
        self.world.make_mark()

    @rule()
    def finish(self) -> None:
        self.world.finish()

    @rule()
    def connect(self) -> None:
        self.world.connect()

    @rule()
    def send(self) -> None:
        self.world.send()

    @rule(count=st.integers(1, 12), rng=seeds)
    def serve(self, count: int, rng: random.Random) -> None:
        for _ in range(count):
            self.world.serve(rng)

    @rule(rng=seeds)
    def claim(self, rng: random.Random) -> None:
        self.world.claim(rng)

    @rule(fault=st.sampled_from(["", "", "", "before", "after"]))
    def commit(self, fault: str) -> None:
        self.world.commit(fault)

    @rule()
    def tell(self) -> None:
        self.world.tell()

    @rule(count=st.integers(1, 12))
    def hear(self, count: int) -> None:
        for _ in range(count):
            self.world.hear()

    @rule()
    def duplicate(self) -> None:
        self.world.duplicate()

    @rule(rng=seeds)
    def lose(self, rng: random.Random) -> None:
        self.world.lose(rng)

    @rule(rng=seeds)
    def cut(self, rng: random.Random) -> None:
        self.world.cut(rng)

    @rule()
    def crash(self) -> None:
        self.world.crash()

    @invariant()
    def nothing_acknowledged_is_lost(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        self.world.settle(random.Random(1))  # noqa: S311


TestRelayOverABadNetwork = RelayOverABadNetwork.TestCase
TestRelayOverABadNetwork.settings = settings(
    max_examples=50,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def test_random_traces() -> None:
    made = sum(len(run(seed, 200).made) for seed in range(300))
    assert made > 3000


class Forgetful(World):
    """Says what is false: one store that keeps all but a frame, sometimes."""

    def __init__(self) -> None:
        super().__init__()
        keep = self.store._one

        def forget(batch: StreamBatch) -> Verdict:
            verdict = keep(batch)
            if len(self.store.frames) > 1:
                self.store.frames.popitem()
            return verdict

        self.store._one = forget  # type: ignore[method-assign]


def test_a_store_that_forgets_what_it_kept_is_found() -> None:
    """The check can fail."""
    found = 0
    for seed in range(40):
        rng, world = random.Random(seed), Forgetful()  # noqa: S311
        try:
            for _ in range(300):
                step(world, rng)
                world.check()
        except (AssertionError, ScreenError):
            found += 1
    assert found > 5
