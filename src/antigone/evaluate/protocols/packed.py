"""Verification sets packed into one ``.bin``, as AgeDB-30, CFP-FP, CALFW and others are passed on.

Such a file is a Python pickle of ``(pictures, labels)``: coded photos, two a pair, and for each pair whether
both show the same person. Unpickling runs what the file says, so here it may name nothing but the plain
values that these sets are made of; any other content is refused before anything of it runs.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path

from antigone.errors import NotFoundError, UsageError
from antigone.evaluate.material import PairList, Photo, VerificationTrial, ten_folds
from antigone.printable import printable

MOST_BYTES = 4 * 2**30


class _PlainValues(pickle.Unpickler):
    """Unpickles lists, tuples, bytes, texts, numbers and truth values, and nothing else."""

    def find_class(self, module: str, name: str) -> object:
        """Refuse every class and function but the one by which old pickles write bytes as text."""
        if (module, name) == ("_codecs", "encode"):
            return _latin1
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def _latin1(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the encoding {encoding}")
    return text.encode("latin1")


def packed_pairs(path: Path) -> VerificationTrial:
    """Read a packed set. Raises `NotFoundError` and `UsageError`."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{printable(str(path))} is larger than {MOST_BYTES >> 30} GiB")
        content = path.read_bytes()
    except OSError as error:
        raise NotFoundError(f"{printable(str(path))} cannot be read: {error.strerror}") from error
    try:
        pictures, labels = _PlainValues(io.BytesIO(content), encoding="bytes").load()
        if len(pictures) != 2 * len(labels) or not all(isinstance(picture, bytes) for picture in pictures):
            raise ValueError("it does not hold two pictures for each label")
    except (pickle.UnpicklingError, ValueError, TypeError, EOFError, LookupError, AttributeError) as error:
        raise UsageError(
            f"{printable(str(path))} is no packed verification set: {printable(str(error))}",
            hint="a .bin holds a list of coded photos, two a pair, and a list of labels",
        ) from error
    known = PairList(path.stem)
    kinds = [bool(label) for label in labels]
    for number, (mated, fold) in enumerate(zip(kinds, ten_folds(kinds), strict=True)):
        first, second = (
            known.photo(Photo(name=f"{path.stem} {place + 1}", data=pictures[place]))
            for place in (2 * number, 2 * number + 1)
        )
        known.pair(first, second, mated=mated, fold=fold)
    return known.trial()
