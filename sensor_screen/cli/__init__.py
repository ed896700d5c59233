"""The command line: one file a command, each thin, none doing work before it is asked to.

`sensor-screen --help` must answer at once, so numpy and everything above it is imported inside the
commands, never at the top of a file here.
"""

from sensor_screen.cli.command_line import app

__all__ = ["app"]
