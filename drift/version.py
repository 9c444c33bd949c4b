"""The version of this code, in the one place that everything else takes it from."""

from typing import Final

__version__: Final = "0.2.0"
