"""A script of `exchanges.json` as commands for the driver, and what it should print."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.firmware.driver import Driver

CHANNELS = {"control": 1, "live": 2, "backfill": 3, "info": 4, "status": 5}
NAMES = {number: name for name, number in CHANNELS.items()}
ALL = 1_000_000

Step = dict[str, Any]


def new_sensor(config: dict[str, Any]) -> str:
    denied = sum(1 << op for op in config["denies"])
    numbers = (
        *(config[key] for key in ("depth", "first_sequence", "boot_id", "capabilities")),
        *config["label"],
        int(config["imu_silent"]),
        config["faults"],
        denied,
    )
    return "new " + " ".join(map(str, numbers))


ARGUMENTS = {
    "connected": "{now_us}",
    "disconnected": "{now_us}",
    "confirmed": "{now_us}",
    "mtu": "{mtu}",
    "encrypted": "{on:d}",
    "write": "{now_us} {hex}",
    "samples": "{count} {first_time_us} {period_us}",
    "overrun": "{lost}",
    "battery": "{percent} {low:d} {charging:d} {critical:d}",
}


def command(step: Step) -> str:
    what = step["do"]
    if what == "enable":
        return f"enable {CHANNELS[step['channel']]} {step['on']:d} {step['now_us']}"
    if what == "read":
        return f"read {step['now_us']} {CHANNELS[step['channel']]}"
    if what == "next":
        return f"next {step['now_us']} {step.get('limit', ALL)}"
    if what == "sample":
        return f"sample {step['time_us']} " + " ".join(map(str, step["counts"]))
    return f"{what} " + ARGUMENTS[what].format(**{"hex": ""} | step)


def commands(script: dict[str, Any]) -> list[str]:
    """The sensor's start, then one command a step."""
    config = dict(script["config"])
    lines = [new_sensor(config)]
    for step in script["steps"]:
        if step["do"] == "reboot":
            config |= {"boot_id": step["boot_id"]}
            lines.append(new_sensor(config))
            continue
        lines.append(command(step))
        label = [call for call in step.get("board", ()) if call.startswith("store_label")]
        if label:
            config["label"] = [int(word) for word in label[-1].split()[1:]]
    return lines


def check_step(step: Step, printed: list[str]) -> None:
    """Compares what a step should give with what it gave."""
    words = [line.split() for line in printed]
    if "board" in step:
        calls = [line.removeprefix("board ") for line in printed if line.startswith("board ")]
        assert calls == step["board"]
    if step["do"] in {"write", "enable", "read"}:
        assert [int(line[1]) for line in words if line[0] == "att"] == [step.get("att", 0)]
    if step["do"] == "read":
        (value,) = [line.removeprefix("value ") for line in printed if line.startswith("value")]
        assert value == step["gives"]
    if step["do"] == "next":
        check_next(step, printed)


def check_next(step: Step, printed: list[str]) -> None:
    out = [line.split() for line in printed if line.startswith("out ")]
    given = [[NAMES[int(channel)], value] for _, channel, value in out]
    wanted = step["gives"]
    assert all(len(value) <= 2 * 244 for _, value in given)
    assert not [line for line in printed if line.startswith("nothing")]
    if isinstance(wanted, dict):
        whole = b"".join(bytes.fromhex(value) for _, value in given)
        assert len(given) == wanted["packets"]
        assert hashlib.sha256(whole).hexdigest() == wanted["sha256"]
        return
    assert given == wanted


def run(script: dict[str, Any], driver: Driver) -> None:
    printed = driver.run(commands(script))[1:]
    for index, (step, lines) in enumerate(zip(script["steps"], printed, strict=True)):
        try:
            check_step(step, lines)
        except AssertionError as fault:
            fault.add_note(f"step {index}: {step}")
            raise
