"""Sheets and pages of pictures that are written for a case; those of somebody dead come blurred."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from antigone import identify
from antigone.access import Principal
from antigone.access.directory import AuditSink
from antigone.casework.pictures import is_veiled, note_unblurred
from antigone.dossier import Dossier
from antigone.dossier.page import as_it_is, write_page
from antigone.errors import UsageError
from antigone.faces.images import ImageLimits
from antigone.identify import PhotoInput, UndecidedFacesError
from antigone.identify.sheet import Sheet
from antigone.identify.sheet.blur import blurred, blurred_sheet
from antigone.records.cases import CaseRecord
from antigone.settings import Settings
from antigone.types import CandidateList


class CaseSheets:
    """Writes what one person asked to see of one case.

    Without a case pictures are shown as they are; so are those of any case that is not about somebody dead.
    """

    def __init__(
        self, case: CaseRecord | None, audit: AuditSink, settings: Settings, *, by: Principal, unblurred: bool
    ) -> None:
        self._case = case
        self._audit = audit
        self._settings = settings
        self._by = by
        self._veiled = is_veiled(case, unblurred=unblurred)

    def candidates(self, found: CandidateList, photos: Sequence[PhotoInput], target: Path) -> None:
        """Write a contact sheet of a search; ``photos`` are those that were searched for.

        Raises `UsageError` when they are others, and the errors of `antigone.identify.write_sheet`.
        """
        probe = identify.read_probe(photos, ImageLimits.of(self._settings))
        if [photo.sha256 for photo in probe] != [photo.sha256 for photo in found.probe.photos]:
            raise UsageError("a sheet was asked for with other photos than those that were searched for")
        sheet = identify.candidate_sheet(found, probe, self._settings)
        shown = [photo.sha256 for photo in probe] + [one.photo for one in found.candidates]
        self._write(sheet, target, shown)

    def faces(self, undecided: UndecidedFacesError, target: Path) -> None:
        """Write a sheet of the numbered faces that a search could not choose between."""
        sheet = identify.faces_sheet(undecided.undecided, ImageLimits.of(self._settings))
        self._write(sheet, target, [photo.sha256 for _, photo, _ in undecided.undecided])

    def dossier(self, made: Dossier, target: Path) -> None:
        """Write a dossier as a page. Raises the errors of `antigone.dossier.page.write_page`."""
        if not self._veiled:
            self._note("dossier", [made.first.photo, *(photo.record.photo for photo in made.photos)])
        write_page(made, target, self._settings, veil=blurred if self._veiled else as_it_is)

    def _write(self, sheet: Sheet, target: Path, photos: Sequence[str]) -> None:
        if self._veiled:
            sheet = blurred_sheet(sheet)
        else:
            self._note("sheet", photos)
        identify.write_sheet(sheet, target)

    def _note(self, where: str, photos: Sequence[str]) -> None:
        if self._case is not None:
            note_unblurred(self._case, where, photos, audit=self._audit, by=self._by)
