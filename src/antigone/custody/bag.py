"""What makes a folder a bag: the tag files of BagIt 1.0 (RFC 8493) around its payload.

The declaration ``bagit.txt`` is written last: without it no reader takes the folder for a bag.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from antigone.custody.ledger import ALGORITHMS, Ledger, manifest_name

PAYLOAD = "data"
_DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_PORTION = 2**20


def close_bag(folder: Path, ledger: Ledger, about: Mapping[str, str]) -> str:
    """Write the tag files around a payload that is noted in ``ledger``; the ledger must be closed.

    ``about`` are fields of ``bag-info.txt``. Returns the SHA-256 of the SHA-256 tag manifest, which stands
    for the whole bag.
    """
    info = {
        **about,
        "Bagging-Date": datetime.now(UTC).date().isoformat(),
        "Payload-Oxum": f"{ledger.byte_size}.{ledger.files}",
        "Bag-Software-Agent": f"antigone {version('antigone')}",
    }
    lines = "".join(f"{name}: {_one_line(value)}\n" for name, value in info.items() if value)
    (folder / "bag-info.txt").write_text(lines, encoding="utf-8", newline="\n")
    tagged = {name: folder / name for name in ("bag-info.txt", *map(manifest_name, ALGORITHMS))}
    digest = ""
    for algorithm in reversed(ALGORITHMS):
        hashes = {name: _hash_of(path, algorithm) for name, path in tagged.items()}
        hashes["bagit.txt"] = hashlib.new(algorithm, _DECLARATION.encode()).hexdigest()
        content = "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)).encode()
        (folder / f"tag{manifest_name(algorithm)}").write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
    (folder / "bagit.txt").write_text(_DECLARATION, encoding="ascii", newline="\n")
    return digest


def _hash_of(path: Path, algorithm: str) -> str:
    running = hashlib.new(algorithm)
    with path.open("rb") as file:  # a manifest of millions of lines is large
        while portion := file.read(_PORTION):
            running.update(portion)
    return running.hexdigest()


def _one_line(text: str) -> str:
    return " ".join(text.split())
