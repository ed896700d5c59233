"""The ankle angle of every leg of a recording, from the whole recording or as it was live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.live import LiveParams
from sensor_screen.core.pipeline import (
    MeasureOptions,
    PipelineParams,
    measure_recording,
    refuse_legless,
)
from sensor_screen.core.replay import replay
from sensor_screen.errors import MeasurementError, ScreenError
from sensor_screen.model import AngleTrace, Placement, Recording

if TYPE_CHECKING:
    from collections.abc import Callable


def trace_recording(
    recording: Recording,
    *,
    live: bool = False,
    options: MeasureOptions = MeasureOptions(),
    params: PipelineParams = PipelineParams(),
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[tuple[AngleTrace, ...], tuple[str, ...]]:
    """Angle of each leg, and what could not be measured.

    Args:
        recording: Streams and labels.
        live: Every value from the samples up to it. The clocks of the two sensors are still those
            of the whole recording; a live link brings its own clock maps.
        options: The user's decisions.
        params: Tuning.
        progress: Called with the name of each step as it begins.

    Raises:
        ScreenError: No leg has an angle.
    """
    if live:
        return _trace_live(recording, options, params, progress)
    legs = measure_recording(recording, options, params, progress)
    traces = tuple(leg.angle for leg in legs if leg.angle is not None)
    missing = tuple(sentence for leg in legs for sentence in leg.missing)
    if not traces:
        raise MeasurementError("ankle angle", missing[0].rstrip("."), "wear both sensors of a leg")
    return traces, missing


def _trace_live(
    recording: Recording,
    options: MeasureOptions,
    params: PipelineParams,
    progress: Callable[[str], None],
) -> tuple[tuple[AngleTrace, ...], tuple[str, ...]]:
    refuse_legless(recording)
    traces, errors = [], []
    for side in recording.sides:
        progress(f"{side}: live angle")
        try:
            leg = assemble_leg(
                recording.stream(side, Placement.SHANK),
                recording.stream(side, Placement.FOOT),
                side,
                params.alignment,
            )
            answers = replay(
                leg,
                recording.tasks,
                sign_hint=options.sign_hint,
                zero_mode=options.zero_mode,
                params=LiveParams(ankle=params.ankle),
            )
        except ScreenError as error:
            errors.append(error)
            continue
        traces.append(
            AngleTrace(
                side=side,
                rate_hz=leg.rate_hz,
                time_s=answers.time_s,
                dorsiflexion_rad=answers.dorsiflexion_rad,
                inversion_rad=answers.inversion_rad,
                sigma_rad=answers.sigma_rad,
                valid=answers.valid,
                marks=answers.marks,
                shank_lean_rad=answers.shank_lean_rad,
                foot_pitch_rad=answers.foot_pitch_rad,
                zero_mode=options.zero_mode,
                method="filter",
                hinge_share=float("nan"),
            )
        )
    if not traces:
        raise errors[0]
    return tuple(traces), tuple(str(error) for error in errors)
