"""A module in one file.

The first line is the description.
"""

__version__ = "2.1"


def main() -> None:
    print("pure-module", __version__)
