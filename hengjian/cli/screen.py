"""Tables on the terminal: a reader who closes the pipe early (``| head``) is no error."""

from typing import Never

from rich.console import Console


class Screen(Console):
    """Rich's console, but a closed pipe ends the command as it ends every other one: with 0."""

    def on_broken_pipe(self) -> Never:
        """Hand the closed pipe to the frame."""
        raise BrokenPipeError
