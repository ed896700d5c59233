"""Cost of the live view, by hand: `python -m tests.benchmarks.live_stream [streams] [seconds]`.

Streams of two sensors at 100 Hz, ten frames a second each: from the bytes of a frame to the texts
that viewers get, on one core. The people are simulated; they do a whole screen of one leg, and all
streams run side by side, as they do in a service.
"""

from __future__ import annotations

import pickle
import sys
import time

import numpy as np

from sensor_screen.model import Side
from sensor_screen.service.analyst_worker import (
    AnalystWorker,
    Batch,
    Item,
    Opened,
    StreamSettings,
    settle_memory,
    warm_up,
)
from tests.session.made_relay import MadeStream, made_stream

PEOPLE = 10
FRAMES_PER_SECOND = 10.0


def main(streams: int = 100, seconds: float = 150.0) -> None:
    warm_up()
    sides = (Side.LEFT, Side.RIGHT)
    people = [
        made_stream("healthy", seed=k, sides=(sides[k % 2],), seconds=None) for k in range(PEOPLE)
    ]
    rounds = round(seconds * FRAMES_PER_SECOND)
    made = [people[k % PEOPLE] for k in range(streams)]
    worker = AnalystWorker([0])
    settle_memory()
    worker.work(Batch(opened=[Opened(f"{k}", StreamSettings(), 0) for k in range(streams)]))
    busy_s, pipe_s, frames, texts, sizes = [], [], 0, 0, 0
    for number in range(rounds):
        batch = Batch(
            items=[_item(k, one, number) for k, one in enumerate(made) if _has(one, number)]
        )
        if not batch.items:
            break
        begin_s = time.process_time()
        sent = pickle.dumps(batch)
        taken = pickle.loads(sent)  # noqa: S301 - our own
        mid_s = time.process_time()
        outcome = worker.work(taken)
        end_s = time.process_time()
        answer = pickle.dumps(outcome)
        done_s = time.process_time()
        busy_s.append(end_s - mid_s)
        pipe_s.append(mid_s - begin_s + done_s - end_s)
        frames += len(batch.items)
        texts += sum(len(told) for _, told in outcome.texts)
        sizes += len(answer)
    total_s = sum(busy_s) + sum(pipe_s)
    each_ms = 1e3 * total_s / frames
    print(f"{streams} streams, {frames} frames, {texts} messages of {sizes / texts:.0f} bytes")
    print(f"from bytes to messages   {1e3 * sum(busy_s) / frames:7.3f} ms a frame")
    print(f"batches over the pipe    {1e3 * sum(pipe_s) / frames:7.3f} ms a frame")
    print(f"together                 {each_ms:7.3f} ms a frame")
    print(f"streams on one core      {1e3 / each_ms / FRAMES_PER_SECOND:7.0f}")
    per_round = 1e3 * np.array(busy_s)
    middle, late, most = np.percentile(per_round, [50, 99, 100])
    print(f"a round of all streams: median {middle:.0f}, 99 % {late:.0f}, most {most:.0f} ms")


def _has(made: MadeStream, number: int) -> bool:
    return number < len(made.frames)


def _item(k: int, made: MadeStream, number: int) -> Item:
    marks = [(m.name, m.at_s, m.text) for m in made.marks] if not number else []
    return Item(f"{k}", number, [made.frames[number]], marks, quiet=False, picture=False)


if __name__ == "__main__":
    main(*(float(word) if "." in word else int(word) for word in sys.argv[1:]))
