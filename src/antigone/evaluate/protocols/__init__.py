"""Where the labelled photos of an evaluation come from: published sets by name, or material of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from antigone.errors import UsageError
from antigone.evaluate.material import IdentificationTrial, Material, VerificationTrial
from antigone.evaluate.protocols import folders, ijb, manifest, packed, pair_lists
from antigone.printable import printable
from antigone.settings import Settings


class Protocol(StrEnum):
    """A published set, or the form of a list of pairs."""

    LFW = "lfw"
    CALFW = "calfw"
    CPLFW = "cplfw"
    CFP_FF = "cfp-ff"
    CFP_FP = "cfp-fp"
    AGEDB_30 = "agedb-30"
    IJB = "ijb"
    CSV = "csv"
    PACKED = "packed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFiles:
    """What a person named on the command line."""

    photos: Path | None = None
    pairs: Path | None = None
    gallery: Path | None = None
    probes: Path | None = None
    manifest: Path | None = None
    protocol: Protocol | None = None


def read_verification(files: TrialFiles, settings: Settings) -> VerificationTrial:
    """Read what is to be compared 1:1. Raises `UsageError` and `NotFoundError`."""
    if files.manifest is not None:
        return folders.all_pairs(manifest.labelled_in(files.manifest, settings), files.manifest.stem)
    if files.pairs is not None and files.pairs.suffix.lower() == ".bin":
        return packed.packed_pairs(files.pairs)
    if files.photos is None:
        raise UsageError("say where the photos are", hint="--photos DIR, or --manifest FILE")
    if files.protocol in (Protocol.CFP_FF, Protocol.CFP_FP):
        return pair_lists.cfp_pairs(files.photos, files.protocol.value[-2:].upper())
    if files.protocol is Protocol.LFW and files.pairs is None:
        return pair_lists.lfw_pairs(*_lfw_layout(files.photos))
    if files.pairs is None:
        return folders.all_pairs(folders.people_in(files.photos), files.photos.name)
    return _listed(files.photos, files.pairs, files.protocol or _form_of(files.pairs))


def _listed(photos: Path, pairs: Path, form: Protocol) -> VerificationTrial:
    """Read pairs that a file lists."""
    match form:
        case Protocol.LFW:
            return pair_lists.lfw_pairs(photos, pairs, pairs.stem)
        case Protocol.CALFW | Protocol.CPLFW:
            return pair_lists.flagged_pairs(photos, pairs, form.value)
        case Protocol.IJB:
            lists = sorted(
                [*pairs.parent.glob("*_1N_gallery_*.csv"), *pairs.parent.glob("*_1N_probe_mixed.csv")]
            )
            if not lists:
                raise UsageError(f"no lists of templates (*_1N_*.csv) beside {printable(str(pairs))}")
            return ijb.template_pairs(photos, lists, pairs)
        case Protocol.AGEDB_30 | Protocol.PACKED:
            raise UsageError("AgeDB-30 and packed sets are read from their .bin", hint="name it with --pairs")
        case _:
            return pair_lists.csv_pairs(photos, pairs)


def read_identification(files: TrialFiles, settings: Settings) -> IdentificationTrial:
    """Read what is to be searched 1:N. Raises `UsageError` and `NotFoundError`."""
    if files.manifest is not None:
        material = manifest.labelled_in(files.manifest, settings)
        return manifest.manifest_searches(material, files.manifest.stem)
    if files.protocol is Protocol.IJB:
        if files.photos is None or files.gallery is None or files.probes is None:
            raise UsageError("ijb needs --photos DIR, and the lists of templates --gallery CSV --probes CSV")
        return ijb.template_searches(files.photos, [files.gallery], [files.probes], files.gallery.stem)
    if files.gallery is not None and files.probes is not None:
        return folders.gallery_and_probes(
            folders.people_in(files.gallery), folders.people_in(files.probes), files.probes.name
        )
    if files.photos is None:
        raise UsageError(
            "say what is searched in what",
            hint="--gallery DIR --probes DIR, or --photos DIR: each person's first photo is then the gallery",
        )
    photos = _lfw_layout(files.photos)[0] if files.protocol is Protocol.LFW else files.photos
    return folders.first_against_rest(folders.people_in(photos), photos.name)


def read_labelled(files: TrialFiles, settings: Settings) -> Material:
    """Read labelled photos to learn from, without a protocol. Raises `UsageError` and `NotFoundError`."""
    if files.manifest is not None:
        return manifest.labelled_in(files.manifest, settings)
    if files.photos is None:
        raise UsageError("say where the photos are", hint="--photos DIR, or --manifest FILE")
    photos = _lfw_layout(files.photos)[0] if files.protocol is Protocol.LFW else files.photos
    return folders.people_in(photos)


def _lfw_layout(root: Path) -> tuple[Path, Path]:
    """Find LFW's photos and pairs in the folder that holds both, or is the photos' own."""
    for photos in (root / "lfw", root / "lfw-deepfunneled", root / "lfw_funneled", root):
        if photos.is_dir() and any(photos.glob("*/*_0001.jpg")):
            for pairs in (root / "lfw_protocol" / "pairs.txt", root / "pairs.txt", photos / "pairs.txt"):
                if pairs.is_file():
                    return photos, pairs
            return photos, root / "pairs.txt"
    raise UsageError(
        f"{printable(str(root))} does not hold LFW's photos",
        hint="they lie as lfw/NAME/NAME_0001.jpg, with lfw_protocol/pairs.txt or pairs.txt beside",
    )


def _form_of(pairs: Path) -> Protocol:
    """Tell the form of a list of pairs by its first lines."""
    lines = [line for line in pair_lists.read_text(pairs).splitlines()[:3] if line.strip()]
    first = lines[0].split() if lines else []
    if 1 <= len(first) <= 2 and all(field.isdecimal() for field in first):
        return Protocol.LFW
    if all(len(line.split()) == 2 and "," not in line for line in lines):
        return Protocol.CALFW
    return Protocol.CSV
