"""What `antigone doctor` looks at: workspace, disk, models, device, and every index against the records.

Each look ends in checks with a sentence for people and facts for programs. A look that fails hides no other.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from antigone.audit import AuditLog
from antigone.audit.events import CheckpointHandedOver
from antigone.audit.verifier import SignedCheckpoint
from antigone.errors import AntigoneError
from antigone.faces.packs import ModelPack, find_pack
from antigone.gallery import Catalogue
from antigone.home import read_marker
from antigone.printable import printable
from antigone.records import open_records
from antigone.records.audit import AuditFilter
from antigone.types import CollectionInfo

if TYPE_CHECKING:
    from antigone.records import Records
    from antigone.settings import Settings

ROOM_WANTED = 2**30  # bytes: an import of a hundred thousand photos writes less
ROOM_NEEDED = 64 * 2**20  # bytes: less leaves no room for a transaction and its journal
PACKAGES = (
    "antigone",
    "numpy",
    "faiss-cpu",
    "openvino",
    "onnxruntime",
    "opencv-python-headless",
    "sqlalchemy",
)
NVIDIA = Path("/proc/driver/nvidia/version")  # is there where a card and its driver are


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"  # works, and someone should know
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Status
    message: str
    hint: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)  # JSON values


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """Everything that was looked at."""

    home: Path
    versions: Mapping[str, str]
    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Say whether nothing failed; warnings are no failure."""
        return all(check.status is not Status.FAILURE for check in self.checks)


def examine(settings: Settings) -> HealthReport:
    """Look at everything that a search or an import needs, also where there is no workspace yet."""
    looks: tuple[tuple[str, Callable[[Settings], Iterable[Check]]], ...] = (
        ("models", _models),
        ("device", _device),
        ("workspace", _workspace),
        ("disk", _disk),
        ("collection", _collections),
        ("audit log", _audit_log),
    )
    checks: list[Check] = []
    for name, look in looks:
        try:
            checks += look(settings)
        except AntigoneError as error:
            checks.append(_failure(name, error))
    versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    return HealthReport(home=settings.home.absolute(), versions=versions, checks=tuple(_without_echo(checks)))


def _models(settings: Settings) -> Iterator[Check]:
    pack = find_pack(settings.pack, settings.home)
    files = []
    for spec in pack.manifest.models:
        pack.read(spec)  # compares the hash
        files.append({"file": spec.file, "sha256": spec.sha256})
    yield Check(
        name="models",
        status=Status.OK,
        message=f"pack {pack.id}, every file as it should be; licence {pack.manifest.licence}",
        facts={
            "pack": pack.id,
            "sha256": pack.sha256,
            "folder": str(pack.folder),
            "licence": pack.manifest.licence,
            "files": files,
        },
    )


def _device(settings: Settings) -> Iterator[Check]:
    from antigone.faces import FaceAnalyser

    runtime = FaceAnalyser(settings).runtime
    facts = {"engine": runtime.engine, "device": runtime.device, "precision": runtime.precision}
    yield Check(
        name="device",
        status=Status.OK,
        message=f"{runtime.engine} on {runtime.device}, {runtime.precision}",
        facts=facts,
    )
    for notice in runtime.notices:
        yield Check(name="device", status=Status.WARNING, message=notice)
    yield _accelerators(settings)


def _accelerators(settings: Settings) -> Check:
    import onnxruntime
    import openvino

    found = [f"OpenVINO {name}" for name in openvino.Core().available_devices if name != "CPU"]
    cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    found += ["ONNX Runtime CUDA"] * cuda
    facts: dict[str, object] = {"accelerators": found}
    if NVIDIA.exists() and settings.device != "cuda":
        way = (
            "set ANTIGONE_DEVICE=cuda"
            if cuda
            else "install onnxruntime-gpu in place of onnxruntime, then set"
        )
        return Check(
            name="accelerator",
            status=Status.WARNING,
            message="this machine has an NVIDIA card, which is not used",
            hint=way if cuda else f"{way} ANTIGONE_DEVICE=cuda",
            facts=facts,
        )
    message = f"there are {', '.join(found)}" if found else "none was found; models run on the processor"
    return Check(name="accelerator", status=Status.OK, message=message, facts=facts)


def _workspace(settings: Settings) -> Iterator[Check]:
    read_marker(settings.home)
    with open_records(settings.home) as records:
        count = len(records.collections())
    yield Check(
        name="workspace",
        status=Status.OK,
        message=f"{printable(str(settings.home.absolute()))} can be read and written",
        facts={"collections": count},
    )


def _disk(settings: Settings) -> Iterator[Check]:
    place = settings.home.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    used = sum(path.stat().st_size for path in settings.home.rglob("*") if path.is_file())
    status = Status.OK if free >= ROOM_WANTED else Status.WARNING if free >= ROOM_NEEDED else Status.FAILURE
    yield Check(
        name="disk",
        status=status,
        message=f"{_size(free)} free, {_size(used)} in the workspace",
        hint="" if status is Status.OK else "free some space before the next import",
        facts={"free_bytes": free, "workspace_bytes": used},
    )


def _collections(settings: Settings) -> Iterator[Check]:
    pack = find_pack(settings.pack, settings.home)
    with open_records(settings.home) as records:
        catalogue = Catalogue(settings.home, records, settings)
        every = records.collections()
        if not every:
            yield Check(
                name="collection",
                status=Status.OK,
                message="there is none yet",
                hint="antigone collection add NAME --owner ...",
            )
        for info in every:
            yield from _collection(info, catalogue, records, pack)


def _collection(
    info: CollectionInfo, catalogue: Catalogue, records: Records, pack: ModelPack
) -> Iterator[Check]:
    name = f"collection {info.name}"
    health = catalogue.health(info, pack.id, pack.manifest.dimension)
    counts = records.collection_counts(info.id)
    facts = {
        "collection": info.name,
        "photos": counts.photos,
        "references": health.references,
        "indexed": health.indexed,
        "compressed": health.compressed,
        "retain_until": info.retain_until.isoformat(),
    }
    if health.sound:
        way = "compressed scan" if health.compressed else "exact"
        text = f"{health.references:,} references of {pack.id}, all of them indexed ({way})"
        yield Check(name=name, status=Status.OK, message=text, facts=facts)
    else:
        text = f"{health.references:,} references in the records, {health.indexed:,} in the index"
        yield Check(
            name=name,
            status=Status.FAILURE,
            message=f"{text}: {health.problem}" if health.problem else text,
            hint="delete the folder index/ of the workspace; it is made again from the records",
            facts=facts,
        )
    for notice in health.notices:
        yield Check(name=name, status=Status.WARNING, message=notice)
    if counts.faces and not health.references:
        yield Check(
            name=name,
            status=Status.WARNING,
            message=f"its faces have no templates of {pack.id}, so searches cannot see them",
            hint="import the photos again with this model, or go back with antigone models use NAME",
        )
    if info.retain_until < datetime.now(UTC).date():
        yield Check(
            name=name,
            status=Status.WARNING,
            message=f"was to be kept until {info.retain_until}, which has passed",
        )


def _audit_log(settings: Settings) -> Iterator[Check]:
    name = "audit log"
    with open_records(settings.home) as records:
        log = AuditLog(records)
        head = SignedCheckpoint.parse(log.checkpoint()).checkpoint  # compares tree, signature and key
        handed = log.newest(AuditFilter(kinds=(CheckpointHandedOver.kind,)), limit=1)
    seen = f"a witness has seen {handed[0].body['size']:,} of them" if handed else "no witness has seen any"
    facts = {"entries": head.size, "witnessed": handed[0].body["size"] if handed else None}
    text = f"{head.size:,} entries, its end as it was signed; {seen}"
    hint = "" if handed else "antigone audit checkpoint --to FILE, then keep FILE elsewhere"
    yield Check(name=name, status=Status.OK, message=text, hint=hint, facts=facts)
    if not log.keys.is_private():
        yield Check(
            name=name,
            status=Status.WARNING,
            message=f"others may read its signing key {printable(str(log.keys.file))}",
            hint="take their rights away with chmod 600, then antigone audit new-key",
        )


def _failure(name: str, error: AntigoneError) -> Check:
    return Check(
        name=name,
        status=Status.FAILURE,
        message=error.message,
        hint=error.hint,
        facts={"code": error.code, **error.details},
    )


def _without_echo(checks: Iterable[Check]) -> Iterator[Check]:
    """Drop a failure whose cause another check has named already, such as a missing workspace."""
    told: set[str] = set()
    for check in checks:
        if check.status is Status.FAILURE and check.message in told:
            continue
        told.add(check.message)
        yield check


def _size(count: int) -> str:
    size = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):
        if size < 1024 or unit == "TiB":
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1024
    raise AssertionError("unreachable")
