"""Photos in: read, analysed, written, indexed.

A batch is one transaction of the records: photos, faces, templates, sources, failures and the import's
journal. The index follows. So a run can end at any point, and the next one goes on from the last batch:

1. Walk the paths in their fixed order; leave out what an interrupted run has dealt with.
2. Read ahead, hash, and ask the records which bytes are known.
3. Analyse new bytes only. The analyser pulls them from a generator and is never drained between batches.
4. Write a batch as soon as it is full, then add its references to the index.
"""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from antigone.audit import AuditEvent, AuditLog
from antigone.audit.events import ImportFinished, ImportInterrupted, ImportResumed, ImportStarted
from antigone.errors import CollectionExpiredError, UsageError
from antigone.gallery import GalleryIndex
from antigone.ingest.analyser import PhotoAnalyser
from antigone.ingest.batch import BatchWriter
from antigone.ingest.interrupt import Interrupt
from antigone.ingest.progress import ImportProgress, ImportReport, Tally
from antigone.ingest.stream import Stream
from antigone.records import ImportInfo, Records
from antigone.settings import Settings
from antigone.sources.kinds import Kind, kind_of
from antigone.sources.manifest import check_manifest
from antigone.sources.walk import Plan, make_plan
from antigone.types import CollectionInfo


def run_import(  # noqa: PLR0913 - the parts of an import, each by its name
    paths: Sequence[Path | str],
    *,
    collection: CollectionInfo,
    records: Records,
    index: GalleryIndex,
    analyser: PhotoAnalyser,
    audit: AuditLog,
    settings: Settings,
    progress: ImportProgress | None = None,
) -> ImportReport:
    """Import photos and folders of photos; the same call again goes on, or finds everything known.

    On Ctrl-C the photos that were analysed are written, then `KeyboardInterrupt` is raised. Raises
    `NotFoundError` for a path that is not there, `CollectionExpiredError`, `BusyError` while another import
    fills the collection, and `StorageFullError`; whatever was written before stays and is whole.
    """
    _check(collection)
    plan = make_plan(paths, settings)
    for file in plan.files:
        if kind_of(file) is Kind.MANIFEST:
            check_manifest(file, settings)
    request = _digest(plan)
    with records.writer_lock(collection), Interrupt() as interrupt:
        _catch_up(index, records, collection.id, analyser.model)
        import_ = records.begin_import(
            collection_id=collection.id,
            model=analyser.model,
            request=request,
            collector=settings.collector or _account(),
        )
        began = ImportResumed if import_.resumed else ImportStarted
        audit.append(
            began(
                import_=import_.id, collection=collection.name, model=import_.model, request=request
            ).event()
        )

        tally = Tally(import_, records.count_import(import_.id), progress)
        writer = BatchWriter(import_, records, index, tally, size=settings.import_batch)
        stream = Stream(import_, records, writer, tally, settings)
        _pump(stream, stream.new_bytes(plan, lambda: interrupt.requested), analyser)
        writer.write()
        if stream.footage and not interrupt.requested:
            from antigone.ingest.video import VideoImport, VideoParts  # loads FFmpeg

            parts = VideoParts(
                import_=import_,
                records=records,
                index=index,
                analyser=analyser,
                tally=tally,
                settings=settings,
                unchanged_since=stream.unchanged_since,
            )
            VideoImport(parts, lambda: interrupt.requested).run(stream.footage)
        index.flush()

        report = tally.finish(records.count_import(import_.id), records.materials(import_id=import_.id))
        if not interrupt.requested:
            records.finish_import(import_.id)
        ended = ImportInterrupted if interrupt.requested else ImportFinished
        audit.append(_told(ended, import_, collection, report))
        if interrupt.requested:
            raise KeyboardInterrupt
        return report


def _pump(stream: Stream, new_bytes: Generator[bytes, None, None], analyser: PhotoAnalyser) -> None:
    analyses = analyser.analyse_many(new_bytes)
    try:
        for analysis in analyses:
            stream.landed(analysis)
    finally:  # whatever happened, no thread goes on reading or analysing
        if isinstance(analyses, Generator):
            analyses.close()
        new_bytes.close()


def _check(collection: CollectionInfo) -> None:
    for name in ("owner", "source", "purpose", "basis", "jurisdiction"):
        if not getattr(collection, name).strip():
            raise UsageError(
                f"the collection {collection.name} names no {name}, so nothing may enter it",
                hint=f"say it with: antigone collection set {collection.name} --{name} TEXT",
            )
    if collection.retain_until < datetime.now(UTC).date():
        raise CollectionExpiredError(
            f"the collection {collection.name} was to be kept until {collection.retain_until}: nothing may "
            "enter it any more",
            hint="make a new collection with its own purpose and retention date; where the law lets this one "
            "be kept for longer: antigone collection set NAME --retain-until DATE",
        )


def _catch_up(index: GalleryIndex, records: Records, collection_id: int, model: str) -> None:
    """Add what another process wrote after the index was opened and before the lock was ours."""
    highest = index.highest_id()
    if records.reference_summary(collection_id, model).max_id > highest:
        for ids, templates in records.iter_templates(collection_id, model, after=highest):
            index.add(ids, templates)


def _digest(plan: Plan) -> str:
    return hashlib.sha256(b"\0".join(map(os.fsencode, plan.roots))).hexdigest()


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return f"account {os.getuid()}"


def _told(
    kind: type[ImportFinished], import_: ImportInfo, collection: CollectionInfo, report: ImportReport
) -> AuditEvent:
    return kind(
        import_=import_.id,
        collection=collection.name,
        model=import_.model,
        photos={"new": report.new, "known": report.known, "failed": report.failed},
        faces=report.faces,
        failures=report.failures,
        ignored=report.ignored,
        materials=len(report.materials),
        checks_failed=sum(len(material.failed) for material in report.materials),
    ).event()
