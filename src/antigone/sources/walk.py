"""Which files an import visits, always in the same order.

Folders are walked by name, those of a store by the keys of their objects. Links to folders are followed,
each target once; a link that leads back to a folder it lies in is a failure, not an endless way. Whatever
cannot be listed or followed is a finding with a failure; files that are plainly something other than photos
are counted as ignored, never dropped silently. Web archives and videos in a folder are visited like photos;
a manifest only where it is named, for a table in a folder may be about anything. Names stay as the file
system gave them, undecodable bytes included.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from antigone.errors import NotFoundError, PhotoError, UsageError
from antigone.failures import Failure, FailureCode
from antigone.settings import Settings
from antigone.sources import remote
from antigone.sources.kinds import Kind, kind_of
from antigone.sources.sidecar import Beside, sidecars_of
from antigone.sources.urls import is_url

# Kinds of files that lie beside photos. Everything else in a folder is tried, also without a suffix or with
# an unknown one: a photo that is missed costs more than a file that fails.
_NOT_PHOTOS = frozenset(
    suffix
    for kind in (
        ".txt .md .rst .rtf .log .csv .tsv .json .jsonl .xml .xmp .html .htm .css .js .yaml .yml .toml .ini",
        ".cfg .conf .sql .py .sh .bat .eml .ics .vcf .srt .vtt .url .md5 .sha1 .sha256 .pp3",
        ".pdf .doc .docx .odt .ods .xls .xlsx .ppt .pptx .pages .key .numbers .epub .ttf .woff .woff2",
        ".mp3 .m4a .aac .flac .ogg .opus .wav",
        ".zip .7z .rar .tar .tgz .gz .bz2 .xz .zst .iso .torrent .part .tmp .bak .lnk",
        ".db .sqlite .dat .parquet .npy .npz .pkl .onnx .bin .exe .dll .so",
    )
    for suffix in kind.split()
)
_NOT_PHOTO_NAMES = frozenset({"thumbs.db", "desktop.ini", ".ds_store", "readme", "license", "makefile"})
_FORK_PREFIX = "._"  # the copy of a file's Finder data that macOS leaves on other file systems


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One place that an import visits."""

    location: str  # absolute path, with surrogates for bytes that are no text, or URL
    size: int = 0  # bytes, as listed
    changed_ns: int = 0  # when the file or its name last changed, nanoseconds since 1970
    failure: Failure | None = None  # set where there is nothing to read
    sidecars: tuple[str, ...] = ()  # paths of the files beside a photo that say something of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was asked for: absolute paths and URLs, sorted, none within another."""

    files: tuple[str, ...]
    folders: tuple[str, ...]

    @property
    def roots(self) -> tuple[str, ...]:
        """All paths, sorted."""
        return tuple(sorted(self.files + self.folders))


def make_plan(paths: Sequence[Path | str], settings: Settings) -> Plan:
    """Sort out what was asked for: paths, and texts that are paths or URLs.

    Raises `UsageError` for no path or a URL that may not be read, `NotFoundError` for what is not there, and
    `SourceError` for a store that cannot be asked.
    """
    if not paths:
        raise UsageError("there is nothing to import", hint="name a photo or a folder of photos")
    named = {remote.named(path, settings) if isinstance(path, str) else os.fspath(path) for path in paths}
    urls = sorted(place for place in named if is_url(place))
    places = sorted({os.path.abspath(place) for place in named if not is_url(place)})  # noqa: PTH100 - links stay as named
    missing = [place for place in places if not os.path.lexists(place)]
    if missing:
        shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise NotFoundError(f"there is no such file or folder: {shown}", hint="check the spelling")
    folders = {place for place in places if os.path.isdir(place)}  # noqa: PTH112 - a plain string is at hand
    folders |= {url for url in urls if remote.is_folder(url, settings)}
    return Plan(
        files=tuple(place for place in sorted(places + urls) if place not in folders),
        folders=tuple(sorted(folder for folder in folders if not _lies_in_one(folder, folders))),
    )


def _lies_in_one(folder: str, folders: set[str]) -> bool:
    if is_url(folder):
        return any(folder.startswith(up.rstrip("/") + "/") and folder != up for up in folders)
    return any(str(up) in folders for up in Path(folder).parents)


class Walk:
    """One pass over a plan; iterate it once. ``ignored`` counts what was passed over so far."""

    def __init__(self, plan: Plan, settings: Settings, *, but: Path | None = None) -> None:
        self.ignored = 0
        self._plan = plan
        self._settings = settings
        self._named = frozenset(plan.files)
        self._entered = {_identity_of(but)} if but is not None else set()  # by link, or never to be entered
        self._private = frozenset(self._entered)
        self._beside: dict[str, Beside] = {}  # of the folders at hand that hold any

    def __iter__(self) -> Iterator[Found]:
        """Yield everything to visit; a file that was named is always visited."""
        for root in self._plan.roots:
            if root in self._named:
                yield Found(location=root) if is_url(root) else _look_at(root)
            elif is_url(root):
                yield from self._store(root)
            else:
                yield from self._folder(root)

    def _folder(self, root: str) -> Iterator[Found]:
        # A stack instead of recursion: folders may lie deeper than Python calls may.
        try:
            trail = [_identity(os.stat(root))]  # noqa: PTH116
        except OSError as error:
            yield _unlistable(root, error)
            return
        if trail[0] in self._private:
            self.ignored += 1
            return
        stack = [self._listing(root)]
        while stack:
            entry = next(stack[-1], None)
            if entry is None:
                stack.pop()
                trail.pop()
            elif isinstance(entry, Found):
                yield entry
            elif entry.path not in self._named:
                outcome = self._visit(entry, trail)
                if isinstance(outcome, Found):
                    yield outcome
                elif outcome is not None:
                    trail.append(outcome)
                    stack.append(self._listing(entry.path))

    def _store(self, root: str) -> Iterator[Found]:
        try:
            for item in remote.objects_in(root, self._settings):
                if item.url in self._named or item.url.endswith("/"):  # the latter stands for a folder
                    continue
                if _is_no_photo(item.url.rpartition("/")[2]):
                    self.ignored += 1
                else:
                    yield Found(location=item.url, size=item.size, changed_ns=item.changed_ns)
        except PhotoError as error:
            yield Found(location=root, failure=error.failure)

    def _listing(self, folder: str) -> Iterator[os.DirEntry[str] | Found]:
        entries: list[os.DirEntry[str]] = []
        try:
            with os.scandir(folder) as listing:
                entries += listing
        except OSError as error:
            yield _unlistable(folder, error)
        entries.sort(key=lambda entry: entry.name)
        if beside := Beside(entry.name for entry in entries):
            self._beside[folder] = beside
        yield from entries
        self._beside.pop(folder, None)

    def _visit(self, entry: os.DirEntry[str], trail: list[tuple[int, int]]) -> Found | tuple[int, int] | None:
        """Return a file to visit, the identity of a folder to enter, or None for what is ignored."""
        try:
            status = entry.stat()
        except OSError as error:
            return self._unfollowable(entry, error)
        if stat.S_ISDIR(status.st_mode):
            return self._enter(entry, _identity(status), trail)
        folder = os.path.dirname(entry.path) if self._beside else ""  # noqa: PTH120
        beside = self._beside.get(folder)
        if _is_no_photo(entry.name):
            self.ignored += beside is None or entry.name not in beside.used
            return None
        sidecars = beside.of(entry.name) if beside is not None and kind_of(entry.name) is Kind.PHOTO else ()
        return _found(entry.path, status, sidecars=tuple(f"{folder}{os.sep}{name}" for name in sidecars))

    def _enter(
        self, entry: os.DirEntry[str], identity: tuple[int, int], trail: list[tuple[int, int]]
    ) -> Found | tuple[int, int] | None:
        if entry.is_symlink():
            if identity in trail:
                message = "The link leads back to a folder that it lies in."
                return _failed(entry.path, FailureCode.LINK_LOOP, message)
            if identity in self._entered:  # its photos were seen already, through another link
                self.ignored += 1
                return None
            self._entered.add(identity)
        elif identity in self._private:
            self.ignored += 1
            return None
        return identity

    def _unfollowable(self, entry: os.DirEntry[str], error: OSError) -> Found | None:
        if error.errno == errno.ELOOP:
            message = "The path is a symbolic link that leads back to itself."
            return _failed(entry.path, FailureCode.LINK_LOOP, message)
        if _is_no_photo(entry.name):
            self.ignored += 1
            return None
        return _unlistable(entry.path, error)


def _look_at(path: str) -> Found:
    try:
        sidecars = sidecars_of(path) if kind_of(path) is Kind.PHOTO else ()
        return _found(path, os.stat(path), sidecars=sidecars)  # noqa: PTH116
    except OSError:
        return Found(location=path)  # reading it will say why


def _found(path: str, status: os.stat_result, *, sidecars: tuple[str, ...]) -> Found:
    changed = max(status.st_ctime_ns, status.st_mtime_ns)
    return Found(location=path, size=status.st_size, changed_ns=changed, sidecars=sidecars)


def _unlistable(path: str, error: OSError) -> Found:
    if error.errno == errno.ELOOP:
        return _failed(path, FailureCode.LINK_LOOP, "The folder is a link that leads back to itself.")
    reason = (error.strerror or "unknown error").lower()
    return _failed(path, FailureCode.UNREADABLE, f"The folder or link cannot be followed: {reason}.")


def _failed(path: str, code: FailureCode, message: str) -> Found:
    return Found(location=path, failure=Failure(code=code, message=message))


def _is_no_photo(name: str) -> bool:
    lower = name.lower()
    if lower in _NOT_PHOTO_NAMES or lower.startswith(_FORK_PREFIX):
        return True
    suffix = os.path.splitext(lower)[1]  # noqa: PTH122 - a Path per file would double the cost of the walk
    return suffix in _NOT_PHOTOS and kind_of(lower) not in (Kind.WEB_ARCHIVE, Kind.VIDEO)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _identity_of(path: Path) -> tuple[int, int]:
    return _identity(path.stat())
