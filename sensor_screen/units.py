"""Units: SI and radians inside, degrees at the edges, the unit in every name."""

import math

STANDARD_GRAVITY_MPS2 = 9.80665
"""One standard gravity, the size of the unit g that sensors report in."""

RADIANS_PER_DEGREE = math.pi / 180.0
DEGREES_PER_RADIAN = 180.0 / math.pi

NORMAL_95 = 1.96
"""Standard deviations to the 95 % error of what is distributed normally."""

SUFFIX_TO_SI: dict[str, tuple[str, float]] = {
    "s": ("s", 1.0),
    "ms": ("s", 1e-3),
    "us": ("s", 1e-6),
    "mps2": ("mps2", 1.0),
    "g": ("mps2", STANDARD_GRAVITY_MPS2),
    "mg": ("mps2", STANDARD_GRAVITY_MPS2 / 1000.0),
    "radps": ("radps", 1.0),
    "dps": ("radps", RADIANS_PER_DEGREE),
    "degps": ("radps", RADIANS_PER_DEGREE),
}
"""Suffix of a column name -> (suffix of the SI unit, factor to it)."""
