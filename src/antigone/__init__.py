"""Antigone: self-hosted face search that is answerable.

From one photo to every photo of that person, with sources, honest evidence and an audit entry for every
answer. Importing this package is cheap; what it names is loaded at first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from antigone.errors import AntigoneError as AntigoneError
    from antigone.faces import FaceAnalyser as FaceAnalyser
    from antigone.identify import FaceChoice as FaceChoice
    from antigone.settings import Settings as Settings
    from antigone.types import Analysis as Analysis
    from antigone.types import Box as Box
    from antigone.types import Candidate as Candidate
    from antigone.types import CandidateList as CandidateList
    from antigone.types import CollectionInfo as CollectionInfo
    from antigone.types import Comparison as Comparison
    from antigone.types import Face as Face
    from antigone.types import Failure as Failure
    from antigone.types import FailureCode as FailureCode
    from antigone.types import Probe as Probe
    from antigone.types import ProbePhoto as ProbePhoto
    from antigone.types import Quality as Quality
    from antigone.workspace import Workspace as Workspace

_HOMES = {
    "AntigoneError": "antigone.errors",
    "FaceAnalyser": "antigone.faces",
    "FaceChoice": "antigone.identify",
    "Settings": "antigone.settings",
    "Workspace": "antigone.workspace",
    **dict.fromkeys(
        (
            "Analysis",
            "Box",
            "Candidate",
            "CandidateList",
            "CollectionInfo",
            "Comparison",
            "Face",
            "Failure",
            "FailureCode",
            "Probe",
            "ProbePhoto",
            "Quality",
        ),
        "antigone.types",
    ),
}

__all__ = [  # noqa: PLE0604 - the names of _HOMES, each loaded when it is asked for
    "open",
    *_HOMES,
]


def open(home: Path | str | None = None) -> Workspace:
    """Open the workspace in ``home``; without it, in ``ANTIGONE_HOME`` or ``./antigone-home``.

    Raises `WorkspaceError` when there is none; `Workspace.init` makes one.
    """
    from antigone.workspace import Workspace

    return Workspace.open(home)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'antigone' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
