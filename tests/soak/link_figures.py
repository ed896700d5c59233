"""Figures of link and receiver, printed: `python -m tests.soak.link_figures`.

The reference firmware in MicroPython (run by CPython) and the client, in one process and in virtual
time, over the air that `tests/protocol/virtual_link.py` describes. No radio was used.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sensor_screen.protocol.open_sensor_link import OpenSensorLink
from sensor_screen.protocol.open_sensor_link_words import Enable, LinkPlan, LinkState, SamplesGone
from sensor_screen.protocol.relay_frame import Channel, RelayKind
from sensor_screen.session.receive import Receiver
from tests.firmware.micropython_package import counts_of
from tests.protocol.virtual_link import Air, VirtualSensor

if TYPE_CHECKING:
    from sensor_screen.model import Recording
    from sensor_screen.protocol.relay_frame import RelayArrival


def outages(seconds: float, count: int, shortest_s: float, longest_s: float, seed: int) -> Any:
    """Evenly spread lengths in random order, one in each part of the time."""
    random = np.random.default_rng(seed)
    lengths = random.permutation(np.linspace(shortest_s, longest_s, count))
    free_s = seconds - lengths.sum() - 30.0
    gaps = free_s * random.dirichlet(np.full(count + 1, 30.0))
    at_s, found = 5.0, []
    for gap_s, length_s in zip(gaps, lengths, strict=False):
        at_s += gap_s
        found.append((at_s, at_s + length_s))
        at_s += length_s
    return tuple(found)


def run_session(sensors: list[VirtualSensor], seconds: float, receiver: Receiver) -> None:
    """Measure so long, stop, and fetch what is missing."""
    for one in sensors:
        one.on_record = receiver.receive
    for second in range(1, int(seconds) + 1):
        for one in sensors:
            one.run(float(second))
            mark = one.link.held
            if mark is not None:
                one.link.durable(mark)
    for one in sensors:
        one.link.stop(one.now_s)
        for _ in range(400):
            if one.link.state is LinkState.FINISHED:
                break
            one.run(one.now_s + 0.5)
            if one.link.held is not None:
                one.link.durable(one.link.held)


def judge(one: VirtualSensor, recording: Recording) -> tuple[int, int, int, int]:
    """Samples measured, received, with wrong bytes, and twice or out of order."""
    serial = one.config["serial"]
    stream = next(s for s in recording.streams if s.info.serial == serial)
    sequence = stream.sequence
    assert sequence is not None
    expected = np.frombuffer(b"".join(counts_of(int(k)) for k in sequence), "<i2").reshape(-1, 6)
    wrong = int((stream.raw != expected).any(axis=1).sum())
    disorder = int((np.diff(sequence) <= 0).sum())
    return len(one.measured), len(sequence), wrong, disorder


def drain_times(one: VirtualSensor) -> list[float]:
    """From each return of the link to the end of catching up."""
    found, back_s = [], None
    for at_s, state in one.states:
        if state == LinkState.ASKING:
            back_s = at_s
        elif state == LinkState.STREAMING and back_s is not None:
            found.append(at_s - back_s)
            back_s = None
    return found


def clock_error_ms(one: VirtualSensor, recording: Recording, base_s: float) -> tuple[float, float]:
    serial = one.config["serial"]
    stream = next(s for s in recording.streams if s.info.serial == serial)
    assert stream.sequence is not None
    assert stream.clock is not None
    boot = one.firmware.config.boot_id
    true_s = np.array([one.measured[boot, int(k)] for k in stream.sequence])
    error_s = stream.time_s + base_s - true_s
    return 1e3 * float(np.abs(error_s).max()), 1e3 * stream.clock.residual_s


def print_two_sensors(seconds: float) -> None:
    print(f"\nTwo sensors, 200 Hz, MTU 247, {seconds:.0f} s, 15 losses of 5 to 60 s each, 3 % of")
    print("live packets dropped, clocks 80 ppm apart, ring 100 s, 15 ms x 4 packets")
    sensors = [
        VirtualSensor(
            Air(
                live_loss=0.03,
                clock_ppm=ppm,
                outages_s=outages(seconds, 15, 5.0, min(60.0, seconds / 10), slot),
            ),
            LinkPlan(session=77 + slot),
            seed=slot,
            slot=slot,
            boot_id=0x1000 + slot,
        )
        for slot, ppm in ((0, -40.0), (1, 40.0))
    ]
    receiver = Receiver()
    began = time.process_time()
    run_session(sensors, seconds, receiver)
    recording = receiver.finish()
    took_s = time.process_time() - began
    print("slot measured received  wrong disorder  recovered dropped  drain s: median max  clock")
    for one in sensors:
        measured, received, wrong, disorder = judge(one, recording)
        drains = drain_times(one)[1:]
        error_ms, residual_ms = clock_error_ms(one, recording, receiver.base_s or 0.0)
        print(
            f"{one.slot:4d} {measured:8d} {received:8d} {wrong:6d} {disorder:8d} "
            f"{receiver.facts[one.slot].recovered:10d} {one.dropped:7d} "
            f"{np.median(drains):9.2f} {max(drains):6.2f} ({len(drains)} returns) "
            f"worst {error_ms:.1f} ms, bound {residual_ms:.1f} ms, {one.link.state.value}"
        )
    print(f"notes of the recording: {recording.notes or 'none'}; {took_s:.0f} s of processor")


def print_small_mtu(seconds: float) -> None:
    print("\nMTU 23, 100 Hz, 7.5 ms x 4 packets, one loss each, 3 % of live packets dropped")
    print("loss s  measured received wrong disorder  drain s")
    for length_s in (5.0, 30.0, 60.0):
        air = Air(0.0075, 4, 23, 0.03, outages_s=((20.0, 20.0 + length_s),))
        one = VirtualSensor(air, LinkPlan(session=5, rate_hz=100.0), seed=3)
        receiver = Receiver()
        run_session([one], seconds + length_s, receiver)
        measured, received, wrong, disorder = judge(one, receiver.finish())
        drain_s = drain_times(one)[-1]
        print(
            f"{length_s:6.0f} {measured:9d} {received:8d} {wrong:5d} {disorder:8d} {drain_s:8.2f}"
        )


def print_long_outage() -> None:
    print("\nA loss of 60 s with a ring of 30 s (6,000 samples at 200 Hz)")
    one = VirtualSensor(
        Air(outages_s=((20.0, 80.0),)), LinkPlan(session=6), seed=4, depth=6000, boot_id=0x77
    )
    receiver = Receiver()
    run_session([one], 100.0, receiver)
    recording = receiver.finish()
    sequence = recording.streams[0].sequence
    assert sequence is not None
    have = set(sequence.tolist())
    lacking = sorted(number for _, number in one.measured if number not in have)
    told = [event.gone.range for _, event in one.events if isinstance(event, SamplesGone)]
    print(f"measured {len(one.measured)}, received {len(have)}, lacking {len(lacking)}")
    print(f"lacking are {lacking[0]} to {lacking[-1]}, told by the link {told}")
    print(f"note: {recording.notes}")
    judged = judge(one, recording)
    print(f"wrong {judged[2]}, out of order {judged[3]}")


def replayed_link(one: VirtualSensor, records: list[RelayArrival]) -> float:
    """Processor time of a link that hears the same again, s."""
    link = OpenSensorLink(replace(one.plan))
    began = time.process_time()
    for record in records:
        at_s = record.arrival_s
        if record.kind is RelayKind.LINK_UP:
            link.connected(at_s, record.mtu)
        elif record.kind is RelayKind.LINK_DOWN:
            link.disconnected(at_s)
        elif record.kind is RelayKind.READ:
            link.read_done(record.channel, record.value, at_s)
        elif record.kind is RelayKind.WRITTEN:
            link.wrote(at_s)
        elif record.channel is not Channel.NONE:
            link.received(record.channel, record.value, at_s)
        while isinstance(link.next(at_s), Enable):
            link.wrote(at_s)
        link.wanted_at(at_s)
        link.take_events()
    took_s = time.process_time() - began
    assert link.held == one.link.held
    return took_s


def print_speed(seconds: float) -> None:
    print(f"\nSpeed, one sensor at 200 Hz for {seconds:.0f} s, 3 % of live packets dropped")
    one = VirtualSensor(Air(live_loss=0.03, clock_ppm=20.0), LinkPlan(session=9), seed=8)
    run_session([one], seconds, Receiver())
    link_s = replayed_link(one, one.records)
    receiver = Receiver()
    began = time.process_time()
    for record in one.records:
        receiver.receive(record)
        receiver.take()
        receiver.take_live()
    receive_s = time.process_time() - began
    began = time.process_time()
    receiver.finish()
    finish_s = time.process_time() - began
    share = 4 * 100 / seconds
    print(f"records {len(one.records)}; link {1e6 * link_s / len(one.records):.0f} us a record,")
    print(f"receiver {1e6 * receive_s / len(one.records):.0f} us a record, finish {finish_s:.2f} s")
    print(
        f"share of one core for four sensors: link {share * link_s:.1f} %, "
        f"receiver {share * receive_s:.1f} %"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="of the long session")
    chosen = parser.parse_args()
    print_two_sensors(chosen.seconds)
    print_small_mtu(60.0)
    print_long_outage()
    print_speed(300.0)


if __name__ == "__main__":
    main()
