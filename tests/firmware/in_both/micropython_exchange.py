"""Plays the scripts of `exchanges.json` to the firmware. Runs in CPython and in MicroPython."""

import hashlib
from binascii import hexlify, unhexlify

from open_sensor import board, info, packet, sensor

CHANNELS = {
    "control": packet.CONTROL,
    "live": packet.LIVE,
    "backfill": packet.BACKFILL,
    "info": packet.INFO,
    "status": packet.STATUS,
}
NAMES = {number: name for name, number in CHANNELS.items()}


class ScriptedBoard(board.Board):
    """Answers as the script's config says, and writes down what it was told."""

    def __init__(self, config):
        self.config = config
        self.calls = []

    def start_imu(self, rate_mhz, acc_range_g, gyr_range_dps):
        self.calls.append("start_imu %d %d %d" % (rate_mhz, acc_range_g, gyr_range_dps))
        return not self.config["imu_silent"]

    def stop_imu(self):
        self.calls.append("stop_imu")

    def identify(self, seconds):
        self.calls.append("identify %d" % seconds)

    def store_label(self, side, placement):
        self.config["label"] = [side, placement]
        self.calls.append("store_label %d %d" % (side, placement))

    def self_test(self):
        self.calls.append("self_test")
        return self.config["faults"]

    def factory_reset(self):
        self.calls.append("factory_reset")

    def sleep(self):
        self.calls.append("sleep")

    def allows(self, op):
        return op not in self.config["denies"]


def new_sensor(config):
    its_board = ScriptedBoard(config)
    side, placement = config["label"]
    described = info.Config(
        serial="SS-0042",
        model="Ref-1",
        firmware="1.0.0",
        boot_id=config["boot_id"],
        rates_mhz=(104_000, 208_000),
        acc_ranges=((8, 0.000244), (16, 0.000488)),
        gyr_ranges=((2000, 0.07),),
        depth=config["depth"],
        capabilities=config["capabilities"],
        side=side,
        placement=placement,
        sampling=(0, 2400, 1600),
        first_sequence=config["first_sequence"],
    )
    return sensor.Sensor(described, its_board)


def counts_of(number):
    out = bytearray(12)
    for axis in range(6):
        value = ((number * 7919 + axis * 104729) & 0xFFFF) ^ 0x8000
        out[2 * axis] = value & 0xFF
        out[2 * axis + 1] = value >> 8
    return out


def hex_of(value):
    return hexlify(value).decode()


def do(one, step):
    """One step; what came of it: ATT error, value, or a list of (channel, bytes)."""
    what, now_us = step["do"], step["now_us"]
    if what == "connected":
        return one.connected(now_us)
    if what == "disconnected":
        return one.disconnected(now_us)
    if what == "confirmed":
        return one.confirmed(now_us)
    if what == "mtu":
        return one.set_mtu(step["mtu"])
    if what == "encrypted":
        return one.set_encrypted(step["on"])
    if what == "enable":
        return one.enable(CHANNELS[step["channel"]], step["on"], now_us)
    if what == "write":
        return one.write(unhexlify(step["hex"]), now_us)
    if what == "read":
        return one.read(CHANNELS[step["channel"]], now_us)
    if what == "battery":
        return one.battery(step["percent"], step["low"], step["charging"], step["critical"])
    if what == "overrun":
        return one.overrun(step["lost"])
    if what == "sample":
        out = bytearray(12)
        for axis in range(6):
            out[2 * axis] = step["counts"][axis] & 0xFF
            out[2 * axis + 1] = step["counts"][axis] >> 8 & 0xFF
        return one.sample(out, step["time_us"])
    if what == "samples":
        for i in range(step["count"]):
            # The number that it will get: numbers known to be lost are passed over.
            number = (one.ring.next + one._skip) & 0xFFFFFFFF
            one.sample(counts_of(number), step["first_time_us"] + i * step["period_us"])
        return None
    assert what == "next", what
    taken = []
    while len(taken) < step.get("limit", 1_000_000):
        wanted_us = one.wanted_at()
        out = one.next(now_us)
        if out is None:
            break
        # Whatever can be had was promised.
        assert wanted_us is not None and wanted_us <= now_us, (wanted_us, now_us)
        taken.append(out)
    return taken


def fault_of(step, came, calls):
    """What is wrong with a step; None: nothing."""
    if "board" in step and calls != step["board"]:
        return "the board was told %s" % calls
    if step["do"] in ("write", "enable") and came != step.get("att", 0):
        return "ATT error %s" % came
    if step["do"] == "read":
        got = came if isinstance(came, int) else hex_of(came)
        wanted = step["att"] if step.get("att") else step["gives"]
        return None if got == wanted else "gave %s" % got
    if step["do"] != "next":
        return None
    if any(len(value) > 244 for _, value in came):
        return "a value that is too long"
    wanted = step["gives"]
    if isinstance(wanted, dict):
        whole = hashlib.sha256()
        for _, value in came:
            whole.update(value)
        got = {"packets": len(came), "sha256": hex_of(whole.digest())}
    else:
        got = [[NAMES[channel], hex_of(value)] for channel, value in came]
    return None if got == wanted else "gave %s" % got


def play(script):
    """None, or what is wrong with the first step at fault."""
    config = dict(script["config"])
    one = new_sensor(config)
    for index, step in enumerate(script["steps"]):
        if step["do"] == "reboot":
            config["boot_id"] = step["boot_id"]
            one = new_sensor(config)
            continue
        one.board.calls.clear()
        fault = fault_of(step, do(one, step), one.board.calls)
        if fault:
            return "step %d, %s: %s" % (index, step, fault)
    return None
