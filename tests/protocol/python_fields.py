"""The package's codec in the words of `vectors.json`: structure and hex to fields, and back."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from sensor_screen.protocol import open_sensor_info as info_nouns
from sensor_screen.protocol.field_layout import Fault
from sensor_screen.protocol.open_sensor_control import Reply, ResendDone, UnknownRequest
from sensor_screen.protocol.open_sensor_control_bytes import (
    REPLIES,
    REQUESTS,
    RESULT_BODIES,
    decode_indication,
    decode_request,
    encode_done,
    encode_reply,
    encode_request,
)
from sensor_screen.protocol.open_sensor_info_bytes import decode_info, encode_info
from sensor_screen.protocol.open_sensor_packet import (
    SamplePacket,
    decode_packet,
    encode_packet,
)
from sensor_screen.protocol.open_sensor_status import SensorStatus, decode_status, encode_status
from sensor_screen.protocol.relay_frame import (
    RelayFrame,
    RelayRecord,
    decode_frame,
    encode_frame,
)

Fields = dict[str, Any]


class IgnoredError(Exception):
    """Of a kind that is not known: to be left and counted, not refused."""


def decode(structure: str, value: bytes) -> Fields:
    """Fields as in `packets.toml`.

    Raises:
        IgnoredError: A packet of a kind that is not known.
    """
    return _DECODERS[structure](value)


def encode(structure: str, fields: Fields) -> bytes:
    """The reverse of `decode`."""
    return _ENCODERS[structure](fields)


def _packet_fields(value: bytes) -> Fields:
    packet = decode_packet(value)
    if packet is None:
        raise IgnoredError
    return {
        "version_kind": 16 | packet.kind,
        "count": len(packet.counts),
        "first_sequence": packet.first_sequence,
        "t100us": packet.t100us,
        "samples": packet.counts.tolist(),
    }


def _packet(fields: Fields) -> bytes:
    assert fields["version_kind"] >> 4 == 1
    assert fields["count"] == len(fields["samples"])
    counts = np.array(fields["samples"], dtype=np.int16)
    kind = fields["version_kind"] & 15
    return encode_packet(
        SamplePacket(kind, fields["first_sequence"], fields["t100us"], counts)  # type: ignore[arg-type]
    )


def _status_fields(value: bytes) -> Fields:
    return _plain(decode_status(value))


def _status(fields: Fields) -> bytes:
    return encode_status(SensorStatus(**fields))


def _plain(item: Any) -> Fields:
    return {name: _number(value) for name, value in dataclasses.asdict(item).items()}


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, int) else value


def _request_fields(value: bytes) -> Fields:
    tag, request = decode_request(value)
    if isinstance(request, UnknownRequest):
        return {"op": request.op, "tag": tag, "body": request.body.hex()}
    return {"op": value[0], "tag": tag, "body": _plain(request)}


def _request(fields: Fields) -> bytes:
    known = REQUESTS.get(fields["op"])
    if known is None:
        request = UnknownRequest(fields["op"], bytes.fromhex(fields["body"]))
        return encode_request(request, fields["tag"])
    return encode_request(known[0](**fields["body"]), fields["tag"])


def _reply_fields(value: bytes) -> Fields:
    reply = decode_indication(value)
    assert isinstance(reply, Reply)
    body = reply.body
    plain = body.hex() if isinstance(body, bytes) else {} if body is None else _plain(body)
    return {"op": reply.op + 0x80, "tag": reply.tag, "result": int(reply.result), "body": plain}


def _reply(fields: Fields) -> bytes:
    op, result, body = fields["op"] - 0x80, fields["result"], fields["body"]
    if isinstance(body, str):
        return encode_reply(Reply(op, fields["tag"], result, bytes.fromhex(body)))
    known = REPLIES[op] if result == 0 else RESULT_BODIES.get(result)  # type: ignore[index, call-overload]
    kind = known[0] if known is not None else None
    return encode_reply(Reply(op, fields["tag"], result, kind(**body) if kind else None))


def _done_fields(value: bytes) -> Fields:
    done = decode_indication(value)
    assert isinstance(done, ResendDone)
    return {"op": 0xC3} | _plain(done)


def _done(fields: Fields) -> bytes:
    return encode_done(ResendDone(**{k: v for k, v in fields.items() if k != "op"}))


def _info_fields(value: bytes) -> Fields:
    info = decode_info(value)
    fields: Fields = {
        "PROTOCOL": {"major": info.major, "minor": info.minor},
        "BOOT": {"boot_id": info.boot_id},
        "SERIAL": {"serial": info.serial},
        "MODEL": {"model": info.model},
        "FIRMWARE": {"firmware": info.firmware},
        "RATES": {"rates": [[rate] for rate in info.rates_mhz]},
        "ACC_RANGES": {"acc_ranges": [[r.range_g, r.g_per_count] for r in info.acc_ranges]},
        "GYR_RANGES": {"gyr_ranges": [[r.range_dps, r.dps_per_count] for r in info.gyr_ranges]},
        "RING": {"depth": info.ring_depth},
        "CAPABILITIES": {"capabilities": int(info.capabilities)},
    }
    if info.label is not None:
        fields["LABEL"] = _plain(info.label)
    if info.axes is not None:
        fields["AXES"] = dict(zip("xyz", info.axes, strict=True))
    if info.stream is not None:
        fields["STREAM"] = _plain(info.stream)
    if info.clock_tolerance_ppm is not None:
        fields["CLOCK"] = {"tolerance_ppm": info.clock_tolerance_ppm}
    if info.sampling is not None:
        fields["SAMPLING"] = _plain(info.sampling)
    if info.unknown:
        fields["unknown"] = [[entry.type, entry.value.hex()] for entry in info.unknown]
    return fields


def _info(fields: Fields) -> bytes:
    nouns = info_nouns
    label, stream, sampling = (fields.get(name) for name in ("LABEL", "STREAM", "SAMPLING"))
    axes = fields.get("AXES")
    return encode_info(
        nouns.OpenSensorInfo(
            **fields["PROTOCOL"],
            **fields["BOOT"],
            **fields["SERIAL"],
            **fields["MODEL"],
            **fields["FIRMWARE"],
            rates_mhz=tuple(rate for (rate,) in fields["RATES"]["rates"]),
            acc_ranges=tuple(nouns.AccRange(*r) for r in fields["ACC_RANGES"]["acc_ranges"]),
            gyr_ranges=tuple(nouns.GyrRange(*r) for r in fields["GYR_RANGES"]["gyr_ranges"]),
            ring_depth=fields["RING"]["depth"],
            capabilities=nouns.Capability(fields["CAPABILITIES"]["capabilities"]),
            label=nouns.SensorLabel(**label) if label else None,
            axes=tuple(axes[axis] for axis in "xyz") if axes else None,
            stream=nouns.RunningStream(**stream) if stream else None,
            clock_tolerance_ppm=fields["CLOCK"]["tolerance_ppm"] if "CLOCK" in fields else None,
            sampling=nouns.SampleTiming(**sampling) if sampling else None,
            unknown=tuple(
                nouns.UnknownEntry(kind, bytes.fromhex(value))
                for kind, value in fields.get("unknown", [])
            ),
        )
    )


def _relay_fields(value: bytes) -> Fields:
    frame = decode_frame(value)
    return {
        "version": 1,
        "reserved": 0,
        "records": len(frame.records),
        "sequence": frame.sequence,
        "base_us": frame.base_us,
        "record": [
            {
                "kind": int(record.kind),
                "slot": record.slot,
                "channel": int(record.channel),
                "reserved": 0,
                "offset_us": record.offset_us,
                "length": len(record.value),
                "value": record.value.hex(),
            }
            for record in frame.records
        ],
        "crc": int.from_bytes(value[-4:], "little"),
    }


def _relay(fields: Fields) -> bytes:
    assert fields["records"] == len(fields["record"])
    records = tuple(
        RelayRecord(
            record["kind"],
            record["slot"],
            record["channel"],
            record["offset_us"],
            bytes.fromhex(record["value"]),
        )
        for record in fields["record"]
    )
    return encode_frame(RelayFrame(fields["sequence"], fields["base_us"], records))


_DECODERS = {
    "packet": _packet_fields,
    "status": _status_fields,
    "request": _request_fields,
    "reply": _reply_fields,
    "done": _done_fields,
    "info": _info_fields,
    "relay_frame": _relay_fields,
}
_ENCODERS = {
    "packet": _packet,
    "status": _status,
    "request": _request,
    "reply": _reply,
    "done": _done,
    "info": _info,
    "relay_frame": _relay,
}
FAULTS = [str(fault) for fault in Fault]
