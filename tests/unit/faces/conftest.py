"""Real pixels for the tests of this folder."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from antigone.faces.images import ImageLimits, decode
from antigone.settings import Settings
from antigone.types import Uint8Array


@pytest.fixture(scope="session")
def portrait_pixels(portraits: Mapping[str, Path]) -> Uint8Array:
    """The astronaut, (512, 512, 3): her face is 90 pixels wide."""
    return decode(portraits["collins"], ImageLimits.of(Settings())).pixels
