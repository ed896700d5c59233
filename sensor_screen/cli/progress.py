"""What the user sees while something takes long; on stderr, and only where a person looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def show_work(text: str) -> Iterator[None]:
    """A moving sign with a word on what is going on."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(text):
        yield


@contextmanager
def show_steps() -> Iterator[Callable[[str], None]]:
    """A moving sign that names the step under way.

    Compiling takes some seconds on the very first run; the user is told before it begins.
    """
    from rich.console import Console

    from sensor_screen.cli.compiled_code import is_warm

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    if not is_warm():
        console.print("First run: preparing compiled code, about half a minute, once.", style="dim")
    with console.status("") as status:
        yield lambda step: status.update(f"{step} ...")
