"""Labelled material that is made up: people with templates of their own, and photos that are mere names."""

from __future__ import annotations

import numpy as np

from antigone.evaluate.extraction import QUALITY_PARTS, Extracted, Extraction
from antigone.evaluate.material import IdentificationTrial, Material, Photo, VerificationTrial, singles
from antigone.evaluate.metrics import Float32Array
from antigone.evaluate.protocols.folders import all_pairs, first_against_rest
from antigone.provenance import Place

DIMENSION = 32


def people(count: int, photos: int, *, noise: float = 0.5, seed: int = 0) -> tuple[Material, Extracted]:
    """Return ``count`` people with so many photos each; more noise makes them harder to tell apart."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((count, DIMENSION))
    rows = np.repeat(centres, photos, axis=0) + noise * rng.standard_normal((count * photos, DIMENSION))
    subjects = [f"person-{number:03d}" for number in range(count) for _ in range(photos)]
    names = [f"{subject}/{place % photos}.jpg" for place, subject in enumerate(subjects)]
    groups = [{"camera": "old" if number % 2 else "new"} for number in range(count) for _ in range(photos)]
    made = [
        Photo(name=name, place=Place.of_file(f"/nowhere/{name}"), groups=group)
        for name, group in zip(names, groups, strict=True)
    ]
    templates = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return singles(made, subjects), extracted(templates)


def extracted(templates: Float32Array, hashes: tuple[str, ...] = ()) -> Extracted:
    """Return templates (n, D) as an extraction; rows of NaN are photos without a face."""
    failed = np.isnan(templates[:, 0])
    quality = np.full((len(templates), len(QUALITY_PARTS)), 80.0, dtype=np.float32)
    quality[failed] = np.nan
    return Extracted(
        extraction=Extraction(
            templates=templates,
            boxes=np.full((len(templates), 4), 10.0, dtype=np.float32),
            quality=quality,
            faces=np.where(failed, 0, 1),
        ),
        sha256=hashes or tuple(f"{number:064x}" for number in range(1, len(templates) + 1)),
        failures={},
    )


def searches(
    count: int = 40, photos: int = 3, *, noise: float = 0.5
) -> tuple[IdentificationTrial, Extracted]:
    """Return a trial of the first photo of each person against the others."""
    material, found = people(count, photos, noise=noise)
    return first_against_rest(material, "made up"), found


def pairs(count: int = 20, photos: int = 3, *, noise: float = 0.5) -> tuple[VerificationTrial, Extracted]:
    """Return a trial of every photo with every other."""
    material, found = people(count, photos, noise=noise)
    return all_pairs(material, "made up"), found
