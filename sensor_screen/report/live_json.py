"""Live events and pictures as the JSON that viewers get: degrees, and null where nothing is known.

Angles come twenty times a second and leg, so they are written by hand; everything else is rare.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from sensor_screen.core.live_repetitions import EventKind
from sensor_screen.model import AngleMark, Side
from sensor_screen.report.json_numbers import deg, number, seconds
from sensor_screen.session.live_events import (
    Angle,
    Calibrated,
    Leg,
    Link,
    LiveEvent,
    Note,
    Repetition,
    TaskSaid,
    Zones,
)
from sensor_screen.units import DEGREES_PER_RADIAN, NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.session.live_events import LegPicture, LivePicture

Json = dict[str, Any]

_WHY = {mark: (mark.name or "").lower() for mark in AngleMark if mark is not AngleMark.CAUGHT_UP}


def event_text(event: LiveEvent) -> str:
    """One event as one line of JSON."""
    if isinstance(event, Angle):
        return _angle_text(event)
    return json.dumps(event_to_json(event), allow_nan=False, separators=(",", ":"))


def picture_text(picture: LivePicture) -> str:
    """A picture as one line of JSON."""
    return json.dumps(picture_to_json(picture), allow_nan=False, separators=(",", ":"))


def _angle_text(angle: Angle) -> str:
    head = f'{{"type":"angle","side":"{angle.side.value}","time_s":{round(angle.time_s, 6)!r},'
    if not angle.valid or not math.isfinite(angle.dorsiflexion_rad + angle.error_rad):
        why = ",".join(f'"{word}"' for word in _why(angle.marks))
        return (
            f'{head}"dorsiflexion_deg":null,"error_deg":null,"valid":false,"zone":null,'
            f'"why":[{why}]}}'
        )
    zone = "null" if angle.zone is None else f'"{angle.zone.value}"'
    return (
        f'{head}"dorsiflexion_deg":{round(angle.dorsiflexion_rad * DEGREES_PER_RADIAN, 3)!r},'
        f'"error_deg":{round(angle.error_rad * DEGREES_PER_RADIAN, 3)!r},"valid":true,'
        f'"zone":{zone}}}'
    )


def _why(marks: int) -> list[str]:
    return [word for mark, word in _WHY.items() if marks & mark]


def event_to_json(event: LiveEvent) -> Json:  # noqa: PLR0911 - one for each kind
    """One event."""
    match event:
        case Angle():
            told: Json = json.loads(_angle_text(event))
            return told
        case Repetition():
            return {"type": "repetition", **_repetition(event)}
        case Zones():
            return {"type": "zones", **_zones(event)}
        case Calibrated():
            return {"type": "calibrated", **_calibrated(event)}
        case Leg():
            return {"type": "leg", **_leg(event)}
        case Link():
            return {"type": "link", **_link(event)}
        case TaskSaid():
            task = None if event.task is None else event.task.value
            return {
                "type": "task",
                "time_s": seconds(event.at_s),
                "mark": event.name,
                "task": task,
            }
        case Note():
            return {"type": "note", **_note(event)}


def picture_to_json(picture: LivePicture) -> Json:
    """Everything so far."""
    return {
        "type": "picture",
        "time_s": seconds(picture.at_s),
        "legs": [_leg_picture(leg) for leg in picture.legs],
        "links": [_link(link) for link in picture.links],
        "tasks": [
            {
                "task": task.value,
                "begin_s": seconds(begin_s),
                "end_s": None if end_s is None else seconds(end_s),
            }
            for task, begin_s, end_s in picture.tasks
        ],
        "notes": [_note(note) for note in picture.notes],
    }


def _leg_picture(leg: LegPicture) -> Json:
    return {
        **_leg(leg.leg),
        "calibrated": None if leg.calibrated is None else _calibrated(leg.calibrated),
        "zones": None if leg.zones is None else _zones(leg.zones),
        "repetitions": [_repetition(one) for one in leg.repetitions],
        "repetitions_left_out": leg.left_out,
        "angle": {
            "time_s": [seconds(one.time_s) for one in leg.angles],
            "dorsiflexion_deg": [
                deg(one.dorsiflexion_rad) if one.valid else None for one in leg.angles
            ],
            "error_deg": [deg(one.error_rad) if one.valid else None for one in leg.angles],
            "valid": [one.valid for one in leg.angles],
            "zone": [None if one.zone is None else one.zone.value for one in leg.angles],
        },
    }


def _repetition(event: Repetition) -> Json:
    one = event.repetition
    return {
        "number": event.number,
        "said": event.kind.value,
        "said_at_s": seconds(event.at_s),
        "side": one.side.value,
        "task": one.task.value,
        "start_s": seconds(one.start_s),
        "end_s": seconds(one.end_s),
        "peak_dorsiflexion_deg": deg(one.peak_dorsiflexion_rad),
        "peak_dorsiflexion_error_deg": deg(NORMAL_95 * one.peak_dorsiflexion_sigma_rad),
        "peak_plantarflexion_deg": deg(-one.peak_plantarflexion_rad),
        "peak_plantarflexion_error_deg": deg(NORMAL_95 * one.peak_plantarflexion_sigma_rad),
        "counted": one.counted and event.kind is not EventKind.WITHDRAWN,
        "reason": one.reason,
        "zone": None if event.zone is None else event.zone.value,
    }


def _zones(event: Zones) -> Json:
    bands = event.bands
    return {
        "side": event.side.value,
        "time_s": seconds(event.at_s),
        "task": event.task.value,
        "direction": event.direction.value,
        "condition": event.condition.value,
        "amber_from_deg": deg(bands.amber_from_rad),
        "red_from_deg": deg(bands.red_from_rad),
        "end_range_deg": deg(bands.end_range_rad),
        "beyond_from_deg": deg(bands.beyond_from_rad),
        "resolved": bands.resolved,
    }


def _calibrated(event: Calibrated) -> Json:
    found = event.calibration
    return {
        "side": event.side.value,
        "time_s": seconds(event.at_s),
        "neutral_start_s": seconds(found.neutral_start_s),
        "neutral_end_s": seconds(found.neutral_end_s),
        "axis_origin": found.axis_origin.value,
        "sign_origin": found.sign_origin.value,
        "quality": number(found.quality, 3),
        "reasons": list(found.reasons),
    }


def _leg(event: Leg) -> Json:
    return {
        "side": event.side.value,
        "time_s": seconds(event.at_s),
        "state": event.state.value,
        "text": event.text,
    }


def _link(event: Link) -> Json:
    return {
        "slot": event.slot,
        "time_s": seconds(event.at_s),
        "serial": event.serial,
        "side": None if event.side is Side.NONE else event.side.value,
        "placement": None if event.placement is None else event.placement.value,
        "light": event.light.value,
        "linked": event.linked,
        "received_share": number(event.received, 3),
        "battery_percent": event.battery_percent,
        "missing_samples": event.missing,
    }


def _note(event: Note) -> Json:
    side = None if event.side is None else event.side.value
    return {
        "time_s": seconds(event.at_s),
        "side": side,
        "code": event.code,
        "text": event.text,
    }
