"""What the tests ask of the firmware inside MicroPython. Runs in CPython, too.

Everything goes in and out as text: packets as hex, one a line, results as words.
"""

import gc
import hashlib
import json
import sys
from binascii import hexlify, unhexlify

import micropython_exchange
from open_sensor import board, info, packet, sensor


def call(name, text):
    return FUNCTIONS[name](text)


def version(_text):
    return sys.implementation.name + " " + ".".join(str(n) for n in sys.implementation.version[:3])


def outcome(value):
    """Fields of a packet, `-` for one to be left, or the word for its fault."""
    try:
        kind, first, t100us, samples = packet.parse_samples(value)
    except packet.UnknownKindError:
        return "-"
    except packet.PacketError as error:
        return error.fault
    return "%d %d %d %s" % (kind, first, t100us, hexlify(samples).decode())


def decode(text):
    return "\n".join([outcome(unhexlify(line)) for line in text.split("\n")])


def byte_by_byte(text):
    whole = unhexlify(text)
    buffer = bytearray()
    outcomes = []
    for byte in whole:
        buffer.append(byte)
        outcomes.append(outcome(bytes(buffer)))
    return "\n".join(outcomes)


def encode(text):
    out = []
    for line in text.split("\n"):
        kind, first, t100us, samples = line.split(" ")
        value = packet.pack_samples(int(kind), int(first), int(t100us), unhexlify(samples))
        out.append(hexlify(value).decode())
    return "\n".join(out)


def play(text):
    """Faults of the scripts of `exchanges.json`, as JSON; None where there is none."""
    return json.dumps([micropython_exchange.play(script) for script in json.loads(text)])


def read(text):
    """What each (structure, hex) reads as, in a form that is the same everywhere."""
    return json.dumps(
        [read_one(structure, unhexlify(value)) for structure, value in json.loads(text)]
    )


def read_one(structure, value):
    try:
        if structure == "info":
            return plain(sorted(packet_of_info(value)))
        if structure == "status":
            return plain(packet.parse_status(value))
        if structure == "request":
            return plain(packet.parse_request(value))
        return plain(packet.parse_reply(value))
    except packet.PacketError as error:
        return error.fault


def packet_of_info(value):
    return list(info.parse_info(value).items())


def plain(item):
    """Lists for tuples, hex for bytes, and whole numbers of 2^-40 for fractions."""
    if isinstance(item, (tuple, list)):
        return [plain(each) for each in item]
    if isinstance(item, (bytes, bytearray)):
        return hexlify(item).decode()
    if isinstance(item, float):
        return int(item * 1099511627776)
    return item


def run(text):
    """Hash of all that a sensor sends while it measures and resends for a while."""
    count = int(text)
    one = measuring_sensor(3000)
    whole = hashlib.sha256()
    now_us = 1_000_000
    for k in range(count):
        now_us += 10_000 + (k * 7919 % 37) + (30_000 if k % 1013 == 1012 else 0)
        if k % 777 == 776:
            one.overrun(k % 5)
        one.sample(micropython_exchange.counts_of(k), now_us)
        if k % 500 == 499:
            first = (one.ring.next - 1500) & 0xFFFFFFFF
            one.write(packet.pack_request(packet.RESEND, k & 0xFF, first, 1400), now_us)
        for _ in range(3):
            out = one.next(now_us)
            if out is None:
                break
            if out[0] == packet.CONTROL:
                one.confirmed(now_us)
            whole.update(bytes((out[0],)) + out[1])
    return hexlify(whole.digest()).decode()


def measuring_sensor(depth):
    described = info.Config(
        serial="SS-0042",
        model="Ref-1",
        firmware="1.0.0",
        boot_id=1,
        rates_mhz=(100_000,),
        acc_ranges=((16, 0.000488),),
        gyr_ranges=((2000, 0.07),),
        depth=depth,
        first_sequence=0xFFFFFC00 if depth == 3000 else 0,
    )
    one = sensor.Sensor(described, board.Board())
    one.connected(0)
    one.set_mtu(247)
    one.set_encrypted(True)
    for channel in (packet.CONTROL, packet.STATUS, packet.LIVE, packet.BACKFILL):
        one.enable(channel, True, 0)
    one.write(packet.pack_request(packet.START, 1, 100_000, 16, 2000, 5, 0, 0), 0)
    while one.next(0) is not None:
        one.confirmed(0)
    return one


def heap(text):
    """Bytes that `sample` leaves on the heap, in all, over so many samples (MicroPython only)."""
    count = int(text)
    one = measuring_sensor(1000)
    one.disconnected(0)
    counts = micropython_exchange.counts_of(1)
    for k in range(10):
        one.sample(counts, 1_000_000 + k * 10_000)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    time_us = 1_100_000
    for _ in range(count):
        one.sample(counts, time_us)
        time_us += 10_000
    used = gc.mem_alloc() - before
    gc.enable()
    return str(used)


FUNCTIONS = {
    "version": version,
    "decode": decode,
    "byte_by_byte": byte_by_byte,
    "encode": encode,
    "play": play,
    "read": read,
    "run": run,
    "heap": heap,
}
