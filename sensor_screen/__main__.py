"""Start of the program; what went wrong is one sentence, and exit status 2."""

import sys

from sensor_screen.cli import app
from sensor_screen.errors import ScreenError


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a plain terminal shows ? and does not fail
    try:
        app()
    except ScreenError as error:
        sys.stderr.write(f"{_one_line(str(error))}\n")
        sys.exit(2)


def _one_line(text: str) -> str:
    """The sentence without line breaks or terminal codes that a file name could carry."""
    return "".join(c if c.isprintable() else " " for c in text)


if __name__ == "__main__":
    main()
