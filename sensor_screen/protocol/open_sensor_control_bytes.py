"""Requests, replies and events of the open sensor protocol in bytes (PROTOCOL.md, section 5).

What a newer sensor adds at the end of a reply is ignored; ops, results and events that are not
known are kept as bytes. Both ends are here: a client encodes requests, a sensor decodes them.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.field_layout import Fault, FieldLayout, layout, refuse
from sensor_screen.protocol.open_sensor_control import (
    DONE_OP,
    FIRST_EVENT,
    LARGEST_CONTROL,
    LAST_EVENT,
    REPLY,
    RESET_MAGIC,
    Acknowledge,
    Acknowledged,
    AskTime,
    FactoryReset,
    FieldAtFault,
    HeldRange,
    Identify,
    Op,
    Reply,
    Resend,
    ResendDone,
    Resending,
    Result,
    RunningSession,
    SelfTest,
    SelfTested,
    SelfTestFault,
    SensorTime,
    SetLabel,
    Sleep,
    Start,
    Started,
    Stop,
    Stopped,
    UnknownEvent,
    UnknownRequest,
)
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.protocol.open_sensor_control import Request

MOST_RESENT = 2**31 - 1
"""Samples that one RESEND can ask for."""

_EMPTY = layout()
_HEAD = layout(op="u8", tag="u8")
_REPLY_HEAD = layout(op="u8", tag="u8", result="u8")
REQUESTS: dict[Op, tuple[type[Any], FieldLayout]] = {
    Op.START: (
        Start,
        layout(
            rate_mhz="u32",
            acc_range_g="u8",
            gyr_range_dps="u16",
            session="u32",
            keep_s="u16",
            live_batch="u8",
        ),
    ),
    Op.STOP: (Stop, _EMPTY),
    Op.RESEND: (Resend, layout(first="u32", count="u32")),
    Op.ACK: (Acknowledge, layout(sequence="u32")),
    Op.TIME: (AskTime, _EMPTY),
    Op.IDENTIFY: (Identify, layout(seconds="u8")),
    Op.LABEL: (SetLabel, layout(side="u8", placement="u8")),
    Op.SELF_TEST: (SelfTest, _EMPTY),
    Op.FACTORY_RESET: (FactoryReset, layout(magic="u32")),
    Op.SLEEP: (Sleep, _EMPTY),
}
REPLIES: dict[Op, tuple[type[Any] | None, FieldLayout]] = {
    Op.START: (Started, layout(first_sequence="u32", time_us="u48")),
    Op.STOP: (Stopped, layout(next_sequence="u32")),
    Op.RESEND: (Resending, layout(first="u32", count="u32")),
    Op.ACK: (Acknowledged, layout(oldest="u32")),
    Op.TIME: (SensorTime, layout(received_us="u64", sent_us="u64")),
    Op.IDENTIFY: (None, _EMPTY),
    Op.LABEL: (None, _EMPTY),
    Op.SELF_TEST: (SelfTested, layout(faults="u8")),
    Op.FACTORY_RESET: (None, _EMPTY),
    Op.SLEEP: (None, _EMPTY),
}
RESULT_BODIES: dict[Result, tuple[type[Any], FieldLayout]] = {
    Result.NOT_HELD: (HeldRange, layout(oldest="u32", next="u32")),
    Result.INVALID: (FieldAtFault, layout(offset="u8")),
    Result.IN_USE: (RunningSession, layout(session="u32")),
}
DONE_LAYOUT = layout(op="u8", tag="u8", result="u8", first="u32", count="u32", sent="u32")

_OF_CLASS: dict[type[Any], Op] = {kind: op for op, (kind, _) in REQUESTS.items()}
_ENUMS: dict[str, Callable[[int], int]] = {
    "side": lambda number: SideCode(number) if number in frozenset(SideCode) else number,
    "placement": lambda n: PlacementCode(n) if n in frozenset(PlacementCode) else n,
    "faults": SelfTestFault,
}


def _build(kind: type[Any], fields_: FieldLayout, value: bytes, offset: int) -> Any:  # noqa: ANN401
    numbers = zip(fields_.names, fields_.unpack(value, offset), strict=True)
    return kind(**{name: _ENUMS.get(name, int)(int(number)) for name, number in numbers})


def _values(item: object) -> list[int]:
    return [getattr(item, spec.name) for spec in fields(item)]  # type: ignore[arg-type]


_OPS, _RESULTS = frozenset(Op), frozenset(Result)


def known_op(number: int) -> int:
    """As an `Op` where it is one."""
    return Op(number) if number in _OPS else number


def known_result(number: int) -> int:
    """As a `Result` where it is one."""
    return Result(number) if number in _RESULTS else number


def _check_size(value: bytes, what: str, least: int) -> None:
    if not least <= len(value) <= LARGEST_CONTROL:
        refuse(
            value,
            what,
            Fault.LENGTH,
            f"has {len(value)} bytes",
            f"send {least} to {LARGEST_CONTROL}",
        )


# --- requests -------------------------------------------------------------------------------------


def encode_request(request: Request, tag: int) -> bytes:
    """A request as it is written to the control point.

    Args:
        request: What is asked for.
        tag: 0 to 255; the reply repeats it.

    Raises:
        ProtocolError: A value is not allowed.
    """
    if isinstance(request, UnknownRequest):
        op, body = request.op, request.body
    else:
        op = _OF_CLASS[type(request)]
        body = REQUESTS[Op(op)][1].pack(_values(request), type(request).__name__)
    value = _HEAD.pack((op, tag), "Request") + body
    decode_request(value)
    return value


def decode_request(value: bytes) -> tuple[int, Request]:
    """Tag and request, as a sensor receives it.

    Raises:
        ProtocolError: It is none, has another length than its op asks for, or a value that no
            sensor can allow. What only the sensor at hand refuses (its rates) is not looked at.
    """
    _check_size(value, "Request", 2)
    op, tag = value[0], value[1]
    if op >= REPLY:
        refuse(value, "Request", Fault.OP, f"has op {op:#04x}", "ops are below 0x80")
    if op not in _OPS:
        return tag, UnknownRequest(op, bytes(value[2:]))
    kind, fields_ = REQUESTS[Op(op)]
    if len(value) != 2 + fields_.size:
        refuse(
            value,
            "Request",
            Fault.LENGTH,
            f"has {len(value)} bytes where {Op(op).name} has {2 + fields_.size}",
            "send all fields of the op, and no more",
        )
    request: Request = _build(kind, fields_, value, 2)
    problem = _problem(request)
    if problem:
        refuse(value, "Request", Fault.VALUE, problem, "see the table of ops in PROTOCOL.md")
    return tag, request


def _problem(request: Request) -> str:
    """What no sensor can allow in it; empty: nothing."""
    match request:
        case Start(session=0):
            return "has the session 0"
        case Resend(count=count) if not 1 <= count <= MOST_RESENT:
            return f"asks for {count} samples"
        case FactoryReset(magic=magic) if magic != RESET_MAGIC:
            return "lacks the number that guards a reset"
        case SetLabel(side=side, placement=placement) if not (
            side in frozenset(SideCode) and placement in frozenset(PlacementCode)
        ):
            return "names no side or placement"
    return ""


# --- indications ----------------------------------------------------------------------------------


def encode_reply(reply: Reply) -> bytes:
    """A reply as the sensor indicates it.

    Raises:
        ProtocolError: The body is not that of op and result, or a value does not fit.
    """
    head = _REPLY_HEAD.pack((reply.op + REPLY, reply.tag, reply.result), "Reply")
    if isinstance(reply.body, bytes):
        body = reply.body
    else:
        kind, fields_ = _body_of(reply.op, reply.result) or (None, _EMPTY)
        if kind is not (None if reply.body is None else type(reply.body)):
            raise ProtocolError(
                f"Reply {reply}",
                "has the body of another op or result",
                "give its own",
                Fault.VALUE,
            )
        body = b"" if reply.body is None else fields_.pack(_values(reply.body), "Reply")
    value = head + body
    decode_indication(value)
    return value


def encode_done(done: ResendDone) -> bytes:
    """The end of a resend as the sensor indicates it.

    Raises:
        ProtocolError: A value does not fit.
    """
    return DONE_LAYOUT.pack((DONE_OP, *_values(done)), "Done")


def decode_indication(value: bytes) -> Reply | ResendDone | UnknownEvent:
    """What the control point indicates.

    Raises:
        ProtocolError: Too short or too long for what it is, or neither reply nor event.
    """
    _check_size(value, "Indication", 1)
    op = value[0]
    if op < REPLY:
        refuse(value, "Indication", Fault.OP, f"has op {op:#04x}", "replies begin at 0x80")
    if op == DONE_OP:
        if len(value) < DONE_LAYOUT.size:
            _refuse_short(value, DONE_LAYOUT.size)
        _, tag, result, first, count, sent = map(int, DONE_LAYOUT.unpack(value))
        return ResendDone(tag, known_result(result), first, count, sent)
    if FIRST_EVENT <= op <= LAST_EVENT:
        return UnknownEvent(op, bytes(value[1:]))
    if len(value) < _REPLY_HEAD.size:
        _refuse_short(value, _REPLY_HEAD.size)
    return _reply(value)


def _reply(value: bytes) -> Reply:
    op, tag, result = known_op(value[0] - REPLY), value[1], known_result(value[2])
    known = _body_of(op, result)
    if known is None:
        return Reply(op, tag, result, bytes(value[3:]))
    kind, fields_ = known
    if len(value) < 3 + fields_.size:
        _refuse_short(value, 3 + fields_.size)
    return Reply(op, tag, result, None if kind is None else _build(kind, fields_, value, 3))


def _body_of(op: int, result: int) -> tuple[type[Any] | None, FieldLayout] | None:
    """Class and fields of a reply's body; None: op or result is not known."""
    if result not in _RESULTS or (result == Result.OK and op not in _OPS):
        return None
    if result == Result.OK:
        return REPLIES[Op(op)]
    return RESULT_BODIES.get(Result(result), (None, _EMPTY))


def _refuse_short(value: bytes, size: int) -> None:
    refuse(value, "Indication", Fault.LENGTH, f"has {len(value)} bytes", f"send {size} or more")
