"""An index on disk: a copy that saves time and is believed only after it has been checked.

The folder holds a manifest and the files it names. Files are written once under new names, the manifest is
replaced in one step after them, and what no manifest names is deleted last; so a crash at any moment leaves
the old state or the new one. Every file's SHA-256 stands in the manifest, and the manifest's own in itself.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
from filelock import FileLock, Timeout

from antigone.errors import BusyError, StorageFullError, WorkspaceError
from antigone.gallery.generation import Generation
from antigone.gallery.quantiser import Quantiser, as_codes
from antigone.gallery.segment import Segment
from antigone.gallery.workers import Workers
from antigone.types import Uint8Array

FORMAT = 1
MANIFEST = "manifest.json"
_LOCK = "writer.lock"
_PATIENCE_S = 60  # a save of ten million references takes some seconds


class CacheRejectedError(Exception):
    """The files on disk cannot be trusted or used; the message says why. The index must be rebuilt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexCache:
    """Where one index is kept, and what it must be of.

    ``identity`` holds JSON values that name the collection, model and dimension; files of another identity
    are rejected.
    """

    folder: Path
    identity: Mapping[str, str | int]

    def load(self, workers: Workers) -> Generation | None:
        """Return the saved state, or None when there is none. Raises `CacheRejectedError`."""
        manifest = self._read_manifest()
        if manifest is None:
            return None
        try:
            return self._load(manifest, workers)
        except (CacheRejectedError, FileNotFoundError):
            # Another process may have replaced the state between the manifest and its files.
            latest = self._read_manifest()
            if latest is None or latest["sha256"] == manifest["sha256"]:
                raise
            return self._load(latest, workers)

    def _load(self, manifest: dict[str, Any], workers: Workers) -> Generation:
        names = [name for entry in manifest["segments"] for name in entry["files"].values()]
        quantiser = manifest["quantiser"]
        names += [quantiser] if quantiser else []
        try:
            digests = workers.map(lambda name: _digest(self.folder / name), names)
            for name, digest in zip(names, digests, strict=True):
                if digest != manifest["files"][name]:
                    raise CacheRejectedError(f"{name} was altered or damaged")
            return Generation(
                dimension=int(self.identity["dimension"]),
                segments=tuple(self._segment(entry) for entry in manifest["segments"]),
                quantiser=self._quantiser(quantiser) if quantiser else None,
                trained_on=manifest["trained_on"],
            )
        except FileNotFoundError as error:
            raise CacheRejectedError(f"{Path(error.filename).name} is missing") from error
        except OSError as error:
            raise CacheRejectedError(f"the files cannot be read: {error.strerror}") from error

    def _read_manifest(self) -> dict[str, Any] | None:
        try:
            text = (self.folder / MANIFEST).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CacheRejectedError(f"{MANIFEST} cannot be read: {error.strerror}") from error
        try:
            manifest = json.loads(text)
            said = manifest["sha256"]
            if said != _manifest_digest(manifest):
                raise CacheRejectedError(f"{MANIFEST} was altered or damaged")
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise CacheRejectedError(f"{MANIFEST} was altered or damaged") from error
        for what, wanted in (("format", FORMAT), ("engine", engine()), ("identity", dict(self.identity))):
            if manifest[what] != wanted:
                raise CacheRejectedError(f"it is of another {what}: {manifest[what]}, not {wanted}")
        return cast("dict[str, Any]", manifest)

    def _quantiser(self, name: str) -> Quantiser:
        return Quantiser.from_array(np.fromfile(self.folder / name, np.uint8))

    def _segment(self, entry: dict[str, Any]) -> Segment:
        files = {part: self.folder / name for part, name in entry["files"].items()}
        ids = np.fromfile(files["ids"], np.int64)
        # Mapped, not read: pages come in as searches need them and the system may take them back.
        store = faiss.read_index(str(files["rows"]), faiss.IO_FLAG_MMAP_IFC)
        codes = as_codes(faiss.read_index(str(files["codes"]))) if "codes" in files else None
        return Segment.around(ids, cast("faiss.IndexScalarQuantizer", store), codes, name=entry["name"])

    def save(self, generation: Generation) -> None:
        """Replace what is on disk by this state; segments that are already there are not written again.

        Raises `StorageFullError`, `WorkspaceError` or `BusyError`, and then leaves the former state.
        """
        with self._writing():
            try:
                self._write_manifest(self._write_parts(generation, self._saved()))
            finally:
                self._sweep()

    def _saved(self) -> dict[str, Any] | None:
        """Return the manifest on disk where it is one that this index can build on."""
        with suppress(CacheRejectedError):
            return self._read_manifest()
        return None

    def _write_parts(self, generation: Generation, before: dict[str, Any] | None) -> dict[str, Any]:
        """Write the files that are not there yet and return the manifest that names all."""
        saved: dict[str, str] = before["files"] if before else {}
        files: dict[str, str] = {}

        def keep(name: str, content: Callable[[], Uint8Array]) -> str:
            there = name in saved and (self.folder / name).is_file()
            files[name] = saved[name] if there else _write_file(self.folder / name, content())
            return name

        entries = [
            {
                "name": segment.name,
                "files": {
                    part: keep(f"{segment.name}.{part}", content) for part, content in _parts(segment).items()
                },
            }
            for segment in generation.segments
        ]
        quantiser = None
        if generation.quantiser:
            data = generation.quantiser.to_array()
            quantiser = keep(f"{hashlib.sha256(data.data).hexdigest()[:32]}.quantiser", lambda: data)
        return {
            "format": FORMAT,
            "engine": engine(),
            "identity": dict(self.identity),
            "trained_on": generation.trained_on,
            "quantiser": quantiser,
            "segments": entries,
            "files": files,
        }

    def _write_manifest(self, manifest: dict[str, Any]) -> None:
        manifest["sha256"] = _manifest_digest(manifest)
        temporary = self.folder / f"{MANIFEST}.new"
        _write_file(temporary, np.frombuffer(json.dumps(manifest, indent=1).encode(), np.uint8))
        temporary.replace(self.folder / MANIFEST)
        _sync_folder(self.folder)

    def _sweep(self) -> None:
        """Delete what the manifest on disk does not name."""
        saved = self._saved()
        keep = {MANIFEST, _LOCK, *(saved["files"] if saved else ())}
        for path in self.folder.iterdir():
            if path.name not in keep:
                path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Delete the saved state; nothing of it stays readable in the folder."""
        if not self.folder.is_dir():
            return
        with self._writing():
            (self.folder / MANIFEST).unlink(missing_ok=True)
            self._sweep()
            _sync_folder(self.folder)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the folder against other writers, and say in our terms what the system refuses."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / _LOCK, timeout=_PATIENCE_S):
                yield
        except Timeout as error:
            raise BusyError(
                f"another process has been writing to {self.folder} for {_PATIENCE_S} s",
                hint="wait until it is done, then run the same command again",
            ) from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageFullError(
                    f"the disk is full: the index in {self.folder} was not saved",
                    hint="free some space; the records are safe, and the index is rebuilt from them",
                ) from error
            raise WorkspaceError(
                f"the index in {self.folder} cannot be saved: {error.strerror}",
                hint="check the permissions of the workspace; the records are safe",
            ) from error


def engine() -> str:
    """Name what decides the layout of the files besides our format."""
    return f"faiss {faiss.__version__} {sys.byteorder}-endian"


def _parts(segment: Segment) -> dict[str, Callable[[], Uint8Array]]:
    """Name the files of a segment, each with the making of its content."""
    parts: dict[str, Callable[[], Uint8Array]] = {
        "ids": lambda: segment.ids.view(np.uint8),
        "rows": lambda: faiss.serialize_index(segment.store),
    }
    codes = segment.codes
    if codes is not None:
        parts["codes"] = lambda: faiss.serialize_index(codes)
    return parts


def _write_file(path: Path, data: Uint8Array) -> str:
    """Write a file through to the disk and return the SHA-256 of what was meant to be in it."""
    with path.open("wb") as file:
        file.write(data.data)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(data.data).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest_digest(manifest: dict[str, Any]) -> str:
    rest = {key: value for key, value in manifest.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _sync_folder(folder: Path) -> None:
    with suppress(PermissionError):  # Windows opens no folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
