"""The version of the product; everything else reads it from here."""

from typing import Final

__version__: Final = "0.2.0"
