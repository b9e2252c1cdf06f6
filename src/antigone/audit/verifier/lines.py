r"""The lines of an exported log, one JSON document each, and nothing believed yet.

    {"key":"NAME+ID+BASE64","log":"antigone-audit-log/1"}      first: which log this is
    {"at":"…","body":{…},"kind":"search","seq":1}              an entry
    {"checkpoint":"NAME\n1\nROOT\n\n— NAME …\n","leaves":["…"]}  a checkpoint over all entries above it

The bytes of an entry's line, without the line feed, are what the tree is made of: they are hashed as they
stand. ``leaves`` repeats the leaf hashes of the entries since the checkpoint before. It proves nothing by
itself, but when it leads to a signed root, it tells exactly which entry was touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .merkle import leaf_hash
from .notes import NoteError, decode_base64, encode_base64

FORMAT = "antigone-audit-log/1"
LONGEST_LINE = 16 * 2**20  # bytes; an entry has at most 100 kB, a checkpoint may repeat many leaf hashes
KEY_CHANGED = "key-changed"
"""Kind of the entry that names the next key: body ``{"lost": bool, "new": key, "old": key}``."""

_TIME = len("2026-01-01T00:00:00.000000Z")


@dataclass(frozen=True, slots=True)
class Header:
    """Which log this is."""

    key: str  # public key that signed its first checkpoint; empty where the writer no longer knew it

    def line(self) -> bytes:
        """Return the line."""
        return _line({"key": self.key, "log": FORMAT})


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What an entry of the kind `KEY_CHANGED` says: the log is signed by another key from there on."""

    new: str  # the public key
    lost: bool  # True where the key before was lost, and could not sign this any more


@dataclass(frozen=True, slots=True)
class Entry:
    """One line that was read as an entry: its leaf hash, and what of it matters to the tree."""

    leaf: bytes
    seq: int | None  # the number that it gives itself, 1 is the first; None where it is not readable
    at: str = ""
    readable: bool = False  # whether it has the form of an entry
    key_change: KeyChange | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A signed checkpoint where it stands among the entries."""

    note: bytes
    leaves: tuple[bytes, ...]  # leaf hashes since the checkpoint before; empty where they are not repeated

    def line(self) -> bytes:
        """Return the line."""
        leaves = [encode_base64(leaf) for leaf in self.leaves]
        return _line({"checkpoint": self.note.decode("utf-8", "replace"), "leaves": leaves})


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is nothing a log holds."""

    why: str
    cut: bool = False  # True where it lacks its end


Line = Header | Entry | Mark | Broken


def read_file(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file with their line feeds; one that is too long comes in pieces without."""
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE):
            yield line


def parse(lines: Iterable[bytes]) -> Iterator[Line]:
    """Tell for each line, line feed included, what it is."""
    for line in lines:
        if not line.endswith(b"\n"):
            yield Broken(
                "the file ends in the middle of a line, or a line is longer than any can be", cut=True
            )
        elif line.startswith(b'{"checkpoint":'):
            yield _mark(line)
        elif line.startswith(b'{"key":'):
            yield _header(line)
        else:
            yield _entry(line[:-1])


def entry_line(*, at: bytes, body: bytes, kind: bytes, seq: int) -> bytes:
    """Return the canonical bytes of an entry, without a line feed: the leaf of the tree.

    ``at`` is UTC as ``2026-01-01T00:00:00.000000Z``, ``body`` a JSON object with sorted keys, without blanks
    and in ASCII, ``kind`` a JSON string.
    """
    return b'{"at":"%b","body":%b,"kind":%b,"seq":%d}' % (at, body, kind, seq)


def _entry(content: bytes) -> Entry:
    leaf = leaf_hash(content)
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return Entry(leaf, None)
    if not isinstance(said, dict) or set(said) != {"at", "body", "kind", "seq"}:
        return Entry(leaf, None)
    at, body, kind, seq = said["at"], said["body"], said["kind"], said["seq"]
    readable = (
        isinstance(at, str)
        and len(at) == _TIME
        and isinstance(body, dict)
        and isinstance(kind, str)
        and type(seq) is int
        and seq > 0
    )
    if not readable:
        return Entry(leaf, seq if type(seq) is int else None)
    change = KeyChange(str(body.get("new")), body.get("lost") is True) if kind == KEY_CHANGED else None
    return Entry(leaf, seq, at, readable=True, key_change=change)


def _mark(line: bytes) -> Mark | Broken:
    try:
        said = json.loads(line)
        mark = Mark(said["checkpoint"].encode(), tuple(decode_base64(leaf) for leaf in said["leaves"]))
    except (NoteError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return Broken("a line begins as a checkpoint and is none")
    return (
        mark if mark.line() == line else Broken("a checkpoint stands there in another form than was written")
    )


def _header(line: bytes) -> Header | Broken:
    try:
        header = Header(json.loads(line)["key"])
        return header if header.line() == line else Broken("the first line was altered")
    except (ValueError, RecursionError, KeyError, TypeError):
        return Broken("the first line was altered")


def _line(document: dict[str, object]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"
