"""Writes the table of licences in decision note 0001 from what the pinned packages say of themselves."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
NOTE = REPOSITORY / "docs" / "decisions" / "0001-house-and-dependencies.md"
MARK = "<!-- licences -->"

# Long-standing free texts of the metadata, brought to the short names of SPDX.
SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache Software License 2.0": "Apache-2.0",
    "MIT License": "MIT",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "Python Software Foundation License": "PSF-2.0",
    "MPL-2.0 AND MIT": "MPL-2.0 AND MIT",
}
# Allows commercial use, and asks for no more than to name the authors and keep the licence text; MPL-2.0
# also to publish changes to the package's own files, and none are made here.
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "MPL-2.0",
    "OFL-1.1",
    "PSF-2.0",
    "Zlib",
}


def pinned_packages(requirements: str = "requirements.txt") -> list[str]:
    """Read the names of all pinned packages, without versions."""
    text = (REPOSITORY / requirements).read_text(encoding="utf-8")
    return list(dict.fromkeys(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", text, re.MULTILINE)))


def licence_of(package: str) -> str:
    """Read the licence of an installed package as an SPDX expression."""
    about = metadata.metadata(package)
    if "License-Expression" in about:
        return about["License-Expression"]
    told = [about["License"].partition("\n")[0]] if "License" in about else []
    told += [line.rsplit(" :: ", 1)[1] for line in about.get_all("Classifier") or () if "License ::" in line]
    for text in told:
        if text in ALLOWED or text in SPDX:
            return SPDX.get(text, text)
    raise ValueError(f"{package} tells its licence in no known way: see it yourself, then extend this tool")


def is_allowed(expression: str) -> bool:
    """Say whether every part of an SPDX expression that could bind us is allowed."""
    parts = [part.split(" OR ") for part in expression.split(" AND ")]
    return all(any(choice.strip("() ") in ALLOWED for choice in choices) for choices in parts)


def table() -> str:
    """Make the table, one package a row; those of other platforms need not be installed."""
    rows = ["| package | licence |", "|---|---|"]
    for package in pinned_packages():
        licence = ELSEWHERE.get(package) or licence_of(package)
        rows.append(f"| {package} | {licence} |")
    return "\n".join(rows)


# Pinned for other platforms only; looked up by hand, so that the table is the same wherever it is made.
ELSEWHERE = {"colorama": "BSD-3-Clause", "httpx2-jsfetch": "BSD-3-Clause", "tzdata": "Apache-2.0"}


def note_with_table() -> str:
    """Render the note with the table between its marks."""
    before, rest = NOTE.read_text(encoding="utf-8").split(MARK, 1)
    after = rest.rsplit(MARK, 1)[-1]
    return f"{before}{MARK}\n{table()}\n{MARK}{after}"


def main() -> int:
    """Write the note."""
    NOTE.write_text(note_with_table(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
