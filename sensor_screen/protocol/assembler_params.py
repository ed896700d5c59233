"""Tuning of the assembler."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AssemblerParams:
    """Tuning of the assembler."""

    largest_jump: int = 1 << 21
    """Samples. Three hours at 200 Hz: longer than any ring of the protocol holds (58 minutes in
    8 MiB), and a thousandth of what u32 can say."""
    suspicious_packets: int = 3
    """So many refused or contradicting packets running, and the sensor may have restarted."""
    settle: int = 40
    """Samples. What is missing among so many newest is not asked for yet: it may be on its way.
    0.2 s at 200 Hz, two packets of the usual size."""
    merge_within: int = 19
    """Samples. Ranges nearer to each other are asked for as one: a request costs more than one
    packet that comes twice."""
    largest_request: int = 2000
    """Samples. A longer range is asked for in parts, so that a lost link costs one part."""
    numbers_only: bool = False
    """Keep no samples, only which came: for who shows them and stores them elsewhere."""
    newest_first: bool = False
    """Oldest first: the ring of the sensor forgets the oldest. Newest first closes the live picture
    sooner."""
