"""What the three commands share: how they refuse what they are given, and what they take for a number."""

import argparse
import sys
from collections.abc import Callable


class WrongInput(Exception):
    """Something that a command was given is not as it has to be. The message is a sentence for its user."""


def exit_status(program: str, action: Callable[[], int]) -> int:
    """The exit status of a command's action: what it returns, or 2, with a line on stderr, if its input is wrong."""
    try:
        return action()
    except WrongInput as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2


def whole_number(least: int) -> Callable[[str], int]:
    """A reader of whole numbers from `least` on, for argparse."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f'Expected a whole number from {least} on, got "{text}".')
        return int(text)

    return read


def positive_number(text: str) -> float:
    """Reads a finite number above 0, for argparse."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f'Expected a number above 0, got "{text}".')
    return number
