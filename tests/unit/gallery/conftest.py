"""Synthetic templates and saved indexes for the gallery's own tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from antigone.gallery import FaissIndex, IndexOptions
from antigone.gallery.cache import IndexCache
from antigone.gallery.workers import Workers
from antigone.types import Float32Array

DIMENSION = 16


def make_templates(n: int, seed: int = 0, dimension: int = DIMENSION) -> Float32Array:
    rows = np.random.default_rng(seed).standard_normal((n, dimension)).astype(np.float32)
    unit: Float32Array = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


@pytest.fixture
def templates() -> Callable[..., Float32Array]:
    """Unit-norm templates: ``templates(n, seed, dimension)``."""
    return make_templates


@pytest.fixture
def open_index(tmp_path: Path) -> Callable[..., FaissIndex]:
    """An index that is kept in the test's folder: small segments, compressed from 1,000 references on."""

    def open_(folder: Path = tmp_path / "index", **identity: str | int) -> FaissIndex:
        cache = IndexCache(folder=folder, identity={"dimension": DIMENSION, **identity})
        options = IndexOptions(
            dimension=DIMENSION, exact_below=0, shortlist=200, segment_rows=512, fresh_rows=64
        )
        return FaissIndex(options, workers=Workers(2), cache=cache)

    return open_
