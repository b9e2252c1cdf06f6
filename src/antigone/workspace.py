"""A workspace: one folder with records, indexes and models, and all that can be done with it.

Opening is cheap; models are loaded and indexes opened when something first needs them.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from antigone import home as folder
from antigone import identify
from antigone.audit import AuditLog
from antigone.audit.events import CollectionAdded, ModelChosen
from antigone.errors import AntigoneError, WorkspaceError
from antigone.faces import packs
from antigone.faces.images import ImageLimits
from antigone.provenance import Material
from antigone.records import CollectionCounts, FailureRecord, Records, open_records
from antigone.settings import Settings
from antigone.types import CandidateList, CollectionInfo, Comparison

if TYPE_CHECKING:
    from antigone.access.principal import Principal
    from antigone.casework.searching import CaseSearch, Showing
    from antigone.custody import Custody, PhotoHistory
    from antigone.dossier import Dossier
    from antigone.evaluate.desk import Evaluation
    from antigone.evaluate.strength import Strengths
    from antigone.faces import FaceAnalyser
    from antigone.faces.packs import ModelPack
    from antigone.gallery import Catalogue
    from antigone.health import HealthReport
    from antigone.identify import FaceChoice, PhotoInput, SearchRequest
    from antigone.ingest import ImportProgress, ImportReport
    from antigone.office import Office
    from antigone.persons import Model, Persons

_LOG = logging.getLogger("antigone.workspace")


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionReport:
    """A collection and how much it holds."""

    info: CollectionInfo
    counts: CollectionCounts


class Workspace:
    """One opened workspace. Use it as a context manager, or call `close`."""

    def __init__(self, settings: Settings, records: Records) -> None:
        self.settings = settings
        self.records = records

    @classmethod
    def exists(cls, home: Path) -> bool:
        """Say whether ``home`` holds a workspace."""
        return folder.exists(home)

    @classmethod
    def init(cls, home: Path | str | None = None, *, settings: Settings | None = None) -> Self:
        """Make a workspace, or open the one that is there. Raises `WorkspaceError` where it cannot be."""
        settings = _settings(home, settings)
        if not folder.exists(settings.home):
            folder.make(settings.home)
        workspace = cls.open(settings=settings)
        try:
            workspace.audit.checkpoint()  # makes the key of the log, so that a witness can begin at once
        except BaseException:
            workspace.close()
            raise
        return workspace

    @classmethod
    def open(cls, home: Path | str | None = None, *, settings: Settings | None = None) -> Self:
        """Open a workspace. Raises `WorkspaceError` when there is none, or it is not of this version."""
        settings = folder.settings_in_use(_settings(home, settings))
        return cls(settings, open_records(settings.home))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except WorkspaceError as second:
            if error is None:
                raise
            # What went wrong first is what the caller must see; the index is rebuilt from the records.
            error.add_note(str(second))

    def close(self) -> None:
        """Keep what the indexes have learned and give back every file."""
        try:
            if "catalogue" in self.__dict__:
                self.catalogue.flush()
        finally:
            self.records.close()

    @property
    def home(self) -> Path:
        """The folder of the workspace, absolute."""
        return self.settings.home.absolute()

    @cached_property
    def analyser(self) -> FaceAnalyser:
        """The models of the pack in use; loaded at first use."""
        from antigone.faces import FaceAnalyser

        return FaceAnalyser(self.settings)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The indexes of the collections."""
        from antigone.gallery import Catalogue

        return Catalogue(self.settings.home, self.records, self.settings)

    @property
    def limits(self) -> ImageLimits:
        """How large a photo may be."""
        return ImageLimits.of(self.settings)

    @cached_property
    def strength(self) -> Strengths:
        """What scores are worth in these galleries."""
        from antigone.evaluate.strength import Strengths

        return Strengths(self.settings.home, self.records, self.records.calibrations)

    @cached_property
    def audit(self) -> AuditLog:
        """The record of what was asked and answered."""
        return AuditLog(self.records)

    @cached_property
    def office(self) -> Office:
        """Who acts, in which case, and what they decide."""
        from antigone.office import Office

        return Office(self.settings, self.records, self.audit)

    @property
    def custody(self) -> Custody:
        """Where photos come from: shown, handed on, and said of a collection."""
        from antigone.custody import Custody

        return Custody(self, self._of)

    @property
    def evaluation(self) -> Evaluation:
        """Where errors are measured, and what scores are worth here."""
        from antigone.evaluate.desk import Evaluation
        from antigone.evaluate.run import EvaluationParts

        parts = EvaluationParts(
            settings=self.settings, model=self.model.id, analyser=lambda: self.analyser, audit=self.audit
        )
        return Evaluation(parts=parts, records=self.records, strength=self.strength)

    def persons(self, *, by: Principal | None = None) -> Persons:
        """Return the clusters of faces that probably show one person, as ``by`` may see them."""
        from antigone.access.account import account_name
        from antigone.persons import Persons

        return Persons(
            self,
            self.model,
            by=(self.settings.collector or account_name()) if by is None else by.shown_as,
            find=lambda name, permission: self._of(name, permission.value, by),
            person=None if by is None else by.person,
        )

    @property
    def model(self) -> Model:
        """The model whose templates are compared; it is named without being loaded."""
        from antigone.persons import Model

        pack = packs.find_pack(self.settings.pack, self.settings.home)
        return Model(id=pack.id, dimension=pack.manifest.dimension)

    # Collections

    def add_collection(  # noqa: PLR0913 - all that must be said of a collection, each by its name
        self,
        *,
        name: str,
        owner: str,
        source: str,
        purpose: str,
        basis: str,
        jurisdiction: str,
        retain_until: date,
        notice: str | None = None,
    ) -> CollectionInfo:
        """Add a collection. Raises `UsageError` for an empty field or a past date, `ConflictError`.

        ``notice`` is the digest of the notice about scraping that the operator was shown, for the log.
        """
        info = self.records.add_collection(
            name=name,
            owner=owner,
            source=source,
            purpose=purpose,
            basis=basis,
            jurisdiction=jurisdiction,
            retain_until=retain_until,
        )
        until = info.retain_until.isoformat()
        organisations = self.records.people.organisations()
        if organisations:  # whoever can write the files acts for the first one
            self.records.people.give_collection(info.id, organisations[0].id)
        added = CollectionAdded(collection=info.name, number=info.id, retain_until=until, notice=notice)
        self.audit.append(added.event())
        return info

    def collections(self) -> tuple[CollectionReport, ...]:
        """Return every collection with its counts, by name."""
        return tuple(map(self._report, self.records.collections()))

    def collection(self, name: str) -> CollectionReport:
        """Return one collection with its counts. Raises `NotFoundError`."""
        return self._report(self.records.collection(name))

    def failures(self, name: str, *, each: int | None = None) -> tuple[FailureRecord, ...]:
        """Return what failed in a collection and why, at most ``each`` of every code."""
        return self.records.failures(self.records.collection(name).id, each=each)

    def materials(self, name: str) -> tuple[Material, ...]:
        """Return the archives, videos and manifests that a collection received, with their checks."""
        return self.records.materials(collection_id=self.records.collection(name).id)

    def _report(self, info: CollectionInfo) -> CollectionReport:
        return CollectionReport(info=info, counts=self.records.collection_counts(info.id))

    def show(
        self, photo: str, *, collections: Sequence[str] = (), by: Principal | None = None
    ) -> PhotoHistory:
        """Return where a photo comes from, and whether its original still stands; see `Custody.show`."""
        return self.custody.show(photo, collections=collections, by=by)

    def _of(self, name: str, permission: str, by: Principal | None) -> CollectionInfo:
        """Return a collection that somebody may see and do this with; without ``by`` any."""
        if by is None:
            return self.records.collection(name)
        from antigone.access.roles import Permission

        by.require(Permission(permission))
        return self.office.visible.collection(name, by=by)

    # The main job

    def import_(
        self,
        paths: Path | str | Iterable[Path | str],
        *,
        into: str,
        progress: ImportProgress | None = None,
    ) -> ImportReport:
        """Import into the collection ``into``; what is there already is skipped.

        A path names a photo, a folder, a manifest, an archive or a video. A text may also be a URL of one.

        Stopped at any point, the same call goes on where it stopped. Raises `NotFoundError` for an unknown
        collection or a path that is not there, `UsageError` for a URL that may not be read or a manifest
        without photos, `SourceError` for a store that cannot be asked, and `BusyError` while another import
        fills the collection.
        """
        listed = [paths] if isinstance(paths, (str, Path)) else list(paths)
        return self._import(listed, self.records.collection(into), self.settings, progress)

    def import_for(
        self, folder: Path, *, into: CollectionInfo, collector: str, progress: ImportProgress
    ) -> ImportReport:
        """Import a folder on behalf of ``collector``, who is named in the records. Raises as `import_`."""
        settings = self.settings.model_copy(update={"collector": collector})
        return self._import([folder], into, settings, progress)

    def _import(
        self,
        paths: Sequence[Path | str],
        collection: CollectionInfo,
        settings: Settings,
        progress: ImportProgress | None,
    ) -> ImportReport:
        from antigone.ingest import run_import

        report = run_import(
            paths,
            collection=collection,
            records=self.records,
            index=self.catalogue.index(collection, self.analyser.model, self.analyser.dimension),
            analyser=self.analyser,
            audit=self.audit,
            settings=settings,
            progress=progress,
        )
        self.strength.refresh(collection, self.analyser.model)  # so that no search has to wait for it
        try:
            self.keep_looking()
        except AntigoneError as error:  # the import is done; whoever looks next makes up for it
            _LOG.warning("cases that keep looking were put off: %s", error.code)
        return report

    def keep_looking(self) -> int:
        """Let the cases that keep looking compare what came since; return how many did.

        A server does so by itself; this is for a workspace that none serves. Raises what a search raises.
        """
        return self.office.standing.catch_up(f"{socket.gethostname()}-{os.getpid()}", self)

    def search(
        self,
        photos: Sequence[PhotoInput],
        *,
        collections: Sequence[str] = (),
        choices: Sequence[FaceChoice] = (),
        top: int = identify.DEFAULT_TOP,
        exact: bool = False,
        case: str | None = None,
    ) -> CandidateList:
        """Search for the person on ``photos`` in the case of that number; without it in the current one.

        Raises `NoCaseError` where there is neither. See `antigone.identify.search` and
        `antigone.casework.searching` for the other errors.
        """
        return self.answer(
            identify.SearchRequest(
                photos=photos, choices=choices, collections=collections, top=top, exact=exact
            ),
            case=case,
        )

    def answer(self, request: SearchRequest, *, case: str | None = None) -> CandidateList:
        """Search as ``request`` says, in the case of that number; without it in the current one."""
        return self.search_in_case(request, case=case).found

    def search_in_case(
        self, request: SearchRequest, *, case: str | None = None, showing: Showing | None = None
    ) -> CaseSearch:
        """Do the same, and say which search of the case it is; its list is shown as ``showing`` says."""
        from antigone.casework.searching import PLAINLY

        office = self.office
        found = office.case_at_hand(case)
        return office.searching.search(found, request, self, by=office.principal, showing=showing or PLAINLY)

    def dossier(
        self,
        photo: PhotoInput,
        *,
        face: int | None = None,
        collections: Sequence[str] = (),
        alike: float | None = None,
        case: str | None = None,
    ) -> Dossier:
        """Gather all photos of the person on ``photo`` in the case of that number; else in the current one.

        Raises `NoCaseError` where there is neither. See `antigone.dossier.make_dossier` and
        `antigone.casework.searching` for the other errors.
        """
        from antigone.dossier import DossierRequest

        request = DossierRequest(photo=photo, face=face, collections=collections, alike=alike)
        office = self.office
        return office.searching.dossier(office.case_at_hand(case), request, self, by=office.principal)

    def compare(
        self,
        a: PhotoInput,
        b: PhotoInput,
        *,
        choices: Sequence[FaceChoice] = (),
        case: str | None = None,
    ) -> Comparison:
        """Compare the face of photo ``a`` with that of ``b``; choices count them as photos 1 and 2.

        In the case of that number if one is named. Two loose photos need none: no collection is asked.
        """
        if case is None:
            return identify.compare(a, b, choices, self)
        who, office = self.office.principal, self.office
        found = office.book.case(case, by=who)
        return office.searching.compare(found, (a, b), self, by=who, choices=choices).found

    def write_sheet(
        self,
        found: CandidateList,
        photos: Sequence[PhotoInput],
        target: Path,
        *,
        unblurred: bool = False,
    ) -> None:
        """Write a contact sheet of a search to ``target``; ``photos`` are those that were searched for.

        Pictures of a case about somebody dead are blurred unless ``unblurred`` asks for them, which the log
        keeps. See `antigone.casework.sheets` for the errors.
        """
        self.office.sheets(found.case, unblurred=unblurred).candidates(found, photos, target)

    # Care

    def doctor(self) -> HealthReport:
        """Examine models, device, indexes, records and disk."""
        from antigone.health import examine

        return examine(self.settings)

    def packs(self) -> tuple[ModelPack, ...]:
        """Return the default model pack and those that were added, by name."""
        added = sorted((self.settings.home / "models").glob(f"*/{packs.MANIFEST}"))
        return (packs.default_pack(), *(packs.load_pack(manifest.parent) for manifest in added))

    def add_pack(self, source: Path) -> ModelPack:
        """Check the model pack in ``source`` and copy it here; see `antigone.faces.pack_import.add_pack`."""
        from antigone.faces.pack_import import add_pack  # loads onnx

        return add_pack(source, self.settings.home)

    def build_pack(self, name: str, weights: Path | None = None) -> ModelPack:
        """Make a model pack from installed packages; see `antigone.faces.second_opinion.build_pack`."""
        from antigone.faces.second_opinion import build_pack  # loads onnx

        return build_pack(name, self.settings.home, weights)

    def use_pack(self, name: str) -> ModelPack:
        """Make ``name`` the model pack of this workspace, for every later opening. Raises `NotFoundError`."""
        pack = packs.find_pack(name, self.settings.home)
        marker = folder.read_marker(self.settings.home)
        folder.write_marker(self.settings.home, {**marker, "pack": name})
        self.audit.append(ModelChosen(model=pack.id, sha256=pack.sha256).event())
        return pack


def _settings(home: Path | str | None, settings: Settings | None) -> Settings:
    if settings is None:
        return Settings() if home is None else Settings(home=Path(home))
    return settings if home is None else settings.model_copy(update={"home": Path(home)})
