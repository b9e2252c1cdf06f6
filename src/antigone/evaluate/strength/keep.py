"""What strangers score, kept beside the index of its collection; it is derived, and made again at need."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from antigone.evaluate.strength.background import Background
from antigone.evaluate.strength.tail import Tail

FORM = 1


def write_background(
    path: Path, identity: Mapping[str, str], references: int, background: Background | None
) -> None:
    """Write in one step; None says that there were too few people. Raises OSError."""
    head = {"form": FORM, "identity": dict(identity), "references": references, "people": 0}
    arrays: dict[str, np.ndarray] = {}
    if background is not None:
        head["people"] = background.people
        tails = [background.tail, *background.resampled]
        arrays = {
            "mean": background.mean.astype(np.float32),
            "covariance": background.covariance.astype(np.float32),
            "body": background.body,
            "tails": np.array([(tail.share, tail.shape, tail.scale) for tail in tails]),
        }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, head=np.array(json.dumps(head)), **arrays)  # type: ignore[arg-type]
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_background(path: Path, identity: Mapping[str, str]) -> tuple[int, Background | None] | None:
    """Return how many references it was learnt from, and what; None where nothing usable is kept."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            head = json.loads(str(kept["head"]))
            if head["form"] != FORM or head["identity"] != dict(identity):
                return None
            if not head["people"]:
                return int(head["references"]), None
            tails = [Tail(share=float(a), shape=float(b), scale=float(c)) for a, b, c in kept["tails"]]
            background = Background(
                mean=kept["mean"].astype(np.float64),
                covariance=kept["covariance"].astype(np.float64),
                body=kept["body"],
                tail=tails[0],
                resampled=tuple(tails[1:]),
                people=int(head["people"]),
            )
            return int(head["references"]), background
    except (OSError, ValueError, KeyError, EOFError, TypeError, IndexError, zipfile.BadZipFile, zlib.error):
        return None
