"""A manifest of one's own: CSV, JSON Lines or Parquet with ``photo``, ``subject_id`` and any columns beside.

A column ``role`` says ``gallery`` or ``probe``; without it the first photo of each person is the gallery.
Every other column that the import does not know the meaning of can part the photos into groups.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from antigone.errors import NotFoundError, UsageError
from antigone.evaluate.material import IdentificationTrial, Material, Photo, singles
from antigone.evaluate.protocols.folders import first_against_rest
from antigone.printable import printable
from antigone.settings import Settings
from antigone.sources.expand import expand
from antigone.sources.offer import Offer
from antigone.sources.walk import Found

ROLE = "role"
_ROLES = ("gallery", "probe")


def labelled_in(path: Path, settings: Settings) -> Material:
    """List the photos of a manifest that says whom they show. Raises `NotFoundError` and `UsageError`."""
    if not path.is_file():
        raise NotFoundError(f"there is no manifest {printable(str(path))}")
    found = Found(location=str(path.absolute()), size=path.stat().st_size, changed_ns=path.stat().st_mtime_ns)
    photos, subjects, unnamed = [], [], 0
    for met in expand(found, settings):
        if not isinstance(met, Offer):
            continue
        if not met.provenance.subject_id:
            unnamed += 1
            continue
        photos.append(
            Photo(name=met.location, place=met.place, data=met.data, groups=met.provenance.attributes)
        )
        subjects.append(met.provenance.subject_id)
    if not photos or unnamed:
        raise UsageError(
            f"{unnamed:,} rows of {printable(str(path))} do not say whom the photo shows",
            hint="an evaluation needs the columns photo and subject_id in every row",
        )
    return singles(photos, subjects)


def manifest_searches(material: Material, name: str) -> IdentificationTrial:
    """Part a manifest's photos into gallery and probes by their role. Raises `UsageError`."""
    roles = [photo.groups.get(ROLE) for photo in material.photos]
    if not any(roles):
        return first_against_rest(material, name)
    if wrong := {str(role) for role in roles if role not in _ROLES}:
        raise UsageError(
            f"the column {ROLE} says {', '.join(map(printable, sorted(wrong)[:3]))}",
            hint="it says gallery or probe in every row",
        )
    gallery, probes = (
        np.flatnonzero([role == wanted for role in roles]).astype(np.int64) for wanted in _ROLES
    )
    if not len(gallery) or not len(probes):
        raise UsageError("the manifest has no photo for the gallery, or none to search with")
    return IdentificationTrial(name=name, material=material, gallery=gallery, probes=probes)
