"""The files of an export with their hashes, as they are written: a line a file, as sha256sum writes it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Self

ALGORITHMS = ("sha256", "sha512")


def manifest_name(algorithm: str) -> str:
    """Return the name of the manifest of one algorithm, as BagIt wants it."""
    return f"manifest-{algorithm}.txt"


def hashes_of(data: bytes) -> dict[str, str]:
    """Return the hashes of some bytes by algorithm."""
    return {algorithm: hashlib.new(algorithm, data).hexdigest() for algorithm in ALGORITHMS}


class Ledger:
    """Keeps the manifests of a folder while its payload is written; ``payload`` is its name in the folder.

    Names of payload files are ASCII and free of line ends, so no manifest needs to escape any.
    """

    def __init__(self, folder: Path, payload: str) -> None:
        self.files = 0
        self.byte_size = 0
        self._folder = folder
        self._prefix = f"{payload}/" if payload else ""
        self._open = ExitStack()
        self._manifests: dict[str, IO[str]] = {}

    def __enter__(self) -> Self:
        for algorithm in ALGORITHMS:
            manifest = (self._folder / manifest_name(algorithm)).open("w", encoding="ascii", newline="\n")
            self._manifests[algorithm] = self._open.enter_context(manifest)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def note(self, name: str, hashes: dict[str, str], byte_size: int) -> None:
        """Take a payload file that is written."""
        self.files += 1
        self.byte_size += byte_size
        for algorithm, manifest in self._manifests.items():
            manifest.write(f"{hashes[algorithm]}  {self._prefix}{name}\n")

    def names(self) -> Iterator[str]:
        """Yield the payload files noted so far."""
        self._manifests[ALGORITHMS[0]].flush()
        start = len(hashlib.sha256().hexdigest()) + 2 + len(self._prefix)
        with (self._folder / manifest_name(ALGORITHMS[0])).open(encoding="ascii") as manifest:
            for line in manifest:
                yield line[start:].rstrip("\n")


class Lines:
    """A text file that is written line by line and hashed on the way."""

    def __init__(self, path: Path) -> None:
        self.lines = 0
        self.byte_size = 0
        self._path = path
        self._file = path.open("wb")
        self._hashes = {algorithm: hashlib.new(algorithm) for algorithm in ALGORITHMS}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, text: str, *, end: str = "\n") -> None:
        """Write a line."""
        # A file name may hold bytes that are no text; JSON's own escapes carry them.
        data = (text + end).encode("utf-8", "backslashreplace")
        self._file.write(data)
        self.lines += 1
        self.byte_size += len(data)
        for running in self._hashes.values():
            running.update(data)

    def close(self) -> dict[str, str]:
        """Close the file and return its hashes; it is on disk then."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return {algorithm: running.hexdigest() for algorithm, running in self._hashes.items()}
