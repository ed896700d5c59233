"""Figures of the clock from arrivals, printed: `python -m tests.soak.clock_figures --traces 400`.

Everything is simulated: no radio was listened to.
"""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.refined_clock import refine_clocks
from sensor_screen.model import Side
from sensor_screen.protocol.arrival_floor import FloorParams, fit_floor
from sensor_screen.protocol.clock import ClockModel
from sensor_screen.simulation import simulate
from sensor_screen.simulation.radio import SimulatedPacket, SimulatedRadio, SimulatedTrace
from tests.protocol.clock_traces import draw_radio, hear, judge

if TYPE_CHECKING:
    from sensor_screen.model import Floats, SensorStream

WINDOWS_S = (10.0, 30.0, 60.0, 300.0)


def quantiles_ms(values_s: list[float]) -> str:
    middle, high = 1e3 * np.quantile(np.abs(values_s), [0.5, 0.95])
    return f"{middle:6.2f} {high:6.2f}"


# --- windows --------------------------------------------------------------------------------------


def window_errors(seconds: float, rate_hz: float, packet: int, seed: int) -> tuple[float, float]:
    """Error in the middle of one window, s: of the line under the points, of least squares."""
    ppm = float(np.random.default_rng(seed).uniform(-40.0, 40.0))
    radio = SimulatedRadio(seconds, rate_hz=rate_hz, packet_samples=packet, clock_ppm=ppm)
    trace = SimulatedTrace(radio, seed)
    live = [one for one in trace.notifications if isinstance(one, SimulatedPacket)]
    last = np.array([one.first_sequence + len(one.counts) - 1 for one in live])
    arrival_s = np.array([one.arrival_s for one in live])
    true_s = trace.true_time_s(0, last)
    device_s = trace.device_us(0, true_s) * 1e-6
    delay_s = arrival_s - device_s
    fit = fit_floor(device_s, delay_s, FloorParams())
    middle_true_s = float(np.interp(fit.middle_s, device_s, true_s))
    height = np.polyfit(device_s - fit.middle_s, delay_s, 1)[1]
    return (
        fit.middle_s + fit.offset_s - middle_true_s,
        float(fit.middle_s + height - middle_true_s),
    )


def print_windows(pairs: int) -> None:
    print(f"\nTwo sensors by arrivals alone, {pairs} pairs, 30 ms interval, 2 % stalls, ms")
    print("difference of both errors in the middle of a window:  median   p95")
    for rate_hz, packet in ((200.0, 19), (200.0, 11), (200.0, 10), (201.4, 19), (201.4, 10)):
        for seconds in WINDOWS_S:
            errors = np.array(
                [window_errors(seconds, rate_hz, packet, seed) for seed in range(2 * pairs)]
            )
            apart = errors[::2] - errors[1::2]
            print(
                f"{rate_hz:6.1f} Hz, {packet:2d} a packet, {seconds:3.0f} s   "
                f"line under {quantiles_ms(apart[:, 0])}   least squares "
                f"{quantiles_ms(apart[:, 1])}"
            )


# --- the model ------------------------------------------------------------------------------------


def model_pair(rate_hz: float, packet: int, dither_s: float, seed: int) -> Floats:
    """Difference of two sensors over 180 s as the model gives it, s, at every second."""
    shown = []
    for sensor in range(2):
        random = np.random.default_rng([seed, sensor])
        radio = SimulatedRadio(
            180.0,
            rate_hz=rate_hz * (1.0 + 1e-5 * float(random.uniform(-4, 4))),
            packet_samples=packet,
            clock_ppm=float(random.uniform(-100.0, 100.0)),
            drift_ppm=2.0,
            loss_share=0.02,
            status_dither_s=dither_s,
        )
        trace = SimulatedTrace(radio, 2 * seed + sensor)
        clock = ClockModel(rate_hz=200.0)
        hear(clock, trace.notifications)
        numbers = np.arange(100, int(178 * rate_hz), 200)
        host_s = clock.epoch(0).times(numbers).host_s
        shown.append(host_s - trace.true_time_s(0, numbers))
    apart: Floats = shown[0] - shown[1]
    return apart


def print_model(pairs: int) -> None:
    print(f"\nThe model over 180 s with drift and 2 % loss, {pairs} pairs, every second, ms")
    for rate_hz, packet in ((200.0, 19), (200.0, 11), (200.0, 10), (201.4, 19), (201.4, 10)):
        for dither_s in (0.0, 0.05):
            pair = [model_pair(rate_hz, packet, dither_s, seed) for seed in range(pairs)]
            how = "statuses at odd moments" if dither_s else "statuses with the samples"
            print(
                f"{rate_hz:6.1f} Hz, {packet:2d} a packet, {how:25s} "
                f"{quantiles_ms(np.concatenate(pair).tolist())}"
            )


def print_traces(count: int) -> None:
    within, shares, errors, residuals, over = 0, [], [], [], []
    for seed in range(count):
        trace = SimulatedTrace(draw_radio(np.random.default_rng(seed)), seed)
        clock = ClockModel(rate_hz=200.0)
        hear(clock, trace.notifications)
        found = judge(trace, clock)
        within += found.within
        inside = np.abs(found.error_s) <= found.residual_s
        shares.append(float(np.mean(inside)) if len(inside) else 1.0)
        if not found.within:
            over.append((seed, float(np.max(np.abs(found.error_s) - found.residual_s))))
        if len(inside):
            errors.append(float(np.quantile(np.abs(found.error_s), 0.95)))
            residuals.append(float(np.median(found.residual_s)))
    print(f"\nRandom traces (loss, doubles, disorder, restarts, jumps, sleeps, breaks): {count}")
    print(f"traces in which every sample is within its residual  {100 * within / count:6.2f} %")
    print(f"samples within their residual, mean over traces      {100 * np.mean(shares):6.2f} %")
    print(f"p95 of the error in a trace, over traces, ms (median, p95)  {quantiles_ms(errors)}")
    print(f"median residual of a trace, over traces, ms (median, p95)   {quantiles_ms(residuals)}")
    for seed, most_s in over:
        print(f"  trace {seed}: over by {1e3 * most_s:.2f} ms")


# --- one leg --------------------------------------------------------------------------------------


def by_arrivals(stream: SensorStream, seed: int, sensor: int) -> tuple[SensorStream, Floats]:
    """A stream timed as it would be over a radio, and its true times."""
    rate_hz = 1.0 / float(np.median(np.diff(stream.device_time_s)))
    random = np.random.default_rng([seed, sensor, 7])
    radio = SimulatedRadio(
        float(stream.device_time_s[-1]) + 1.0,
        rate_hz=rate_hz,
        packet_samples=int(random.choice([7, 8, 9, 10, 11])),
        clock_ppm=float(random.uniform(-50.0, 50.0)),
    )
    trace = SimulatedTrace(radio, 2 * seed + sensor)
    clock = ClockModel(rate_hz=rate_hz)
    hear(clock, trace.notifications)
    numbers = np.rint(stream.device_time_s * rate_hz).astype(np.int64)
    epoch = clock.epoch(0)
    line = epoch.line_map(int(numbers[0]), int(numbers[-1]))
    device_s = epoch.times(numbers).device_s
    timed = dataclasses.replace(stream, device_time_s=device_s, clock=line)
    return timed, trace.true_time_s(0, numbers)


def print_legs(count: int) -> None:
    print(f"\nShank and foot of one leg at 100 Hz, {count} simulated legs a scenario, ms")
    print("difference of both clocks, median over the recording:  median   p95")
    for name in ("healthy", "walk", "kick"):
        before, after, moved = [], [], 0
        for seed in range(count):
            recording = simulate(name, seed=seed, sides=(Side.RIGHT,)).recording
            timed = [by_arrivals(one, seed, at) for at, one in enumerate(recording.streams)]
            streams = [one for one, _ in timed]
            off = [float(np.median(one.time_s - true_s)) for one, true_s in timed]
            refined = refine_clocks(streams[0], streams[1])
            moved += refined.by_movement
            new = [
                float(np.median(one.time_s - true_s))
                for one, (_, true_s) in zip((refined.shank, refined.foot), timed, strict=True)
            ]
            before.append(off[1] - off[0])
            after.append(new[1] - new[0])
        print(
            f"{name:10s} arrivals {quantiles_ms(before)}   with the movement "
            f"{quantiles_ms(after)}   believed in {moved} of {count}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=200, help="random traces")
    parser.add_argument("--pairs", type=int, default=60, help="pairs of sensors a row")
    parser.add_argument("--legs", type=int, default=10, help="simulated legs a scenario")
    chosen = parser.parse_args()
    print_windows(chosen.pairs)
    print_model(max(1, chosen.pairs // 3))
    print_traces(chosen.traces)
    print_legs(chosen.legs)


if __name__ == "__main__":
    main()
