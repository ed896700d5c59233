"""What a user decides on the command line, as the pipeline takes it."""

from sensor_screen.cli.choices import Zero
from sensor_screen.core.pipeline import MeasureOptions
from sensor_screen.core.sign import SignHint
from sensor_screen.model import ZeroMode


def measure_options(zero: Zero, *, flip: bool, trust_sign: bool) -> MeasureOptions:
    """The user's decisions; `flip` and `trust_sign` count only where nothing tells the sign."""
    hint = SignHint(flip=flip) if flip or trust_sign else None
    return MeasureOptions(zero_mode=ZeroMode(zero.value), sign_hint=hint)
