"""An analyser that remembers what it saw on a photo, so that the same photo costs nothing again."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from pathlib import Path
from threading import Lock

from antigone.identify.parts import Analyser, PhotoInput
from antigone.types import Analysis, Box, Eyes

_REMEMBERED = 2_000  # photos, some kilobytes each


class RememberingAnalyser:
    """Answers as the analyser does that it is made of. Safe to share between threads."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser
        self._kept: OrderedDict[str, Analysis] = OrderedDict()
        self._guard = Lock()

    @property
    def model(self) -> str:
        """The model that made the templates."""
        return self._analyser.model

    @property
    def dimension(self) -> int:
        """How many numbers a template has."""
        return self._analyser.dimension

    def analyse(self, photo: PhotoInput) -> Analysis:
        """Find every face of a photo, largest first, or say why there is none."""
        if isinstance(photo, (Path, str)):
            return self._analyser.analyse(photo)
        shape = b"" if isinstance(photo, bytes) else str(photo.shape).encode()
        key = hashlib.sha256(shape + bytes(photo)).hexdigest()
        with self._guard:
            known = self._kept.pop(key, None)
        found = self._analyser.analyse(photo) if known is None else known
        with self._guard:
            self._kept[key] = found
            if len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
        return found

    def analyse_box(self, photo: PhotoInput, box: Box) -> Analysis:
        """Analyse the one face inside ``box``."""
        return self._analyser.analyse_box(photo, box)

    def analyse_eyes(self, photo: PhotoInput, eyes: Eyes) -> Analysis:
        """Analyse the one face whose eyes a person marked."""
        return self._analyser.analyse_eyes(photo, eyes)
