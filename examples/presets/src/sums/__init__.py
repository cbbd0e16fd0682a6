"""What a preset configured."""

from ._core import greeting as greeting
