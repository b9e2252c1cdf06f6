"""A probe in, a candidate list out: the only place where a search is put together.

The order is fixed. What is searched is settled first, so that a wrong name costs no analysis; the answer is
made; the audit entry is written, durable; only then does the list leave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from antigone.audit.events import Searched, SearchedAgain
from antigone.duplicates import MOST_NEIGHBOURS, collapse
from antigone.errors import EmptyGalleryError, IndexMismatchError, UsageError
from antigone.identify.choice import FaceChoice
from antigone.identify.filters import EVERYTHING, Filters
from antigone.identify.parts import Parts, PhotoInput, ReferenceStore
from antigone.identify.probe import ProbeInput, for_audit, make_probe, read_probe
from antigone.printable import printable
from antigone.strength import Least
from antigone.types import Candidate, CandidateList, CollectionInfo, Float32Array, LikelyPerson, Probe

if TYPE_CHECKING:
    from antigone.records import ReferenceRecord

DEFAULT_TOP = 20  # the candidates that a person can compare with care
MOST_TOP = 50  # beyond that people stop looking, and a wrong pick grows likely
MOST_DUPLICATES = 12  # copies of one candidate that are listed, and fit an audit entry; others are counted
MOST_OTHERS = 20  # further photos of one candidate's cluster that are listed


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What one search asks for."""

    photos: Sequence[PhotoInput | ProbeInput]  # of one and the same person
    choices: Sequence[FaceChoice] = ()
    collections: Sequence[str] = ()  # names; none means every collection
    top: int = DEFAULT_TOP
    exact: bool = False  # compare every reference at full precision, however many there are
    persons: bool = False  # list each likely person once: one candidate a cluster
    case: str | None = None  # number of the case that it is made for
    person: int | None = None  # who makes it
    least: Least | None = None  # candidates that are worth less are left out
    watch: int | None = None  # number of the standing search that it belongs to
    filters: Filters = EVERYTHING  # what the records of a candidate must say

    def __post_init__(self) -> None:
        if not 1 <= self.top <= MOST_TOP:
            raise UsageError(f"a candidate list has 1 to {MOST_TOP} candidates, not {self.top}")


@dataclass(frozen=True, slots=True)
class _Hit:
    """One neighbour on its way to becoming a candidate; sorts best first, ties by reference id."""

    score: float
    reference: int
    collection: str


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """What the indexes of all searched collections gave together."""

    hits: tuple[_Hit, ...]
    references: int
    exact: bool
    all_of_them: bool  # there are no further references


@dataclass(frozen=True, slots=True)
class _Line:
    """A candidate on its way into the list."""

    copies: tuple[_Hit, ...]  # itself, then the copies of its photo, best first
    others: tuple[_Hit, ...]  # further photos of its cluster where persons were asked for, best first
    cluster: int | None

    def listed(self) -> list[_Hit]:
        """Return every hit of it that leaves with the answer."""
        return [*self.copies[: 1 + MOST_DUPLICATES], *self.others[:MOST_OTHERS]]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a search found, the best first."""

    lines: tuple[_Line, ...]
    references: int
    exact: bool
    crowded_out: bool  # see `CandidateList`
    looked_at: int | None  # see `CandidateList`

    def listed(self) -> list[_Hit]:
        """Return every hit that leaves with the answer."""
        return [hit for line in self.lines for hit in line.listed()]


def search(request: SearchRequest, parts: Parts) -> CandidateList:
    """Compare the person on the probe photos with every reference of the chosen collections.

    Candidates come in descending comparison score, ties by reference id; copies of one photo count as one,
    at the place of the most alike. Raises `NotFoundError` for an
    unknown collection, `EmptyGalleryError` where nothing can be compared, and the errors of
    `antigone.identify.probe.make_probe` for the photos.
    """
    collections = choose_collections(request.collections, parts.records)
    photos = read_probe(request.photos, parts.limits)
    probe = make_probe(photos, request.choices, parts.analyser)
    found, candidates = look_up(probe, collections, request, parts)
    searched_at = datetime.now(UTC)
    names = tuple(collection.name for collection in collections)
    told = Searched if request.watch is None else partial(SearchedAgain, watch=request.watch)
    filters = request.filters.document() if request.filters.active else None
    entry = parts.audit.append(
        told(
            case=request.case,
            by=request.person,
            probe=for_audit(probe.photos),
            collections=names,
            references=found.references,
            model=parts.analyser.model,
            exact=found.exact,
            top=request.top,
            candidates=[(line.copies[0].reference, round(line.copies[0].score, 4)) for line in found.lines],
            duplicates=[
                (line.copies[0].reference, copy.reference, round(copy.score, 4))
                for line in found.lines
                for copy in line.copies[1 : 1 + MOST_DUPLICATES]
            ],
            others=[
                (line.copies[0].reference, other.reference, round(other.score, 4))
                for line in found.lines
                for other in line.others[:MOST_OTHERS]
            ],
            filters=filters,
        ).event()
    )
    return CandidateList(
        case=request.case,
        probe=probe,
        candidates=candidates,
        references=found.references,
        collections=names,
        model=parts.analyser.model,
        exact=found.exact,
        crowded_out=found.crowded_out,
        filters=filters,
        looked_at=found.looked_at,
        searched_at=searched_at,
        audit=entry,
    )


def look_up(
    probe: Probe, collections: Sequence[CollectionInfo], request: SearchRequest, parts: Parts
) -> tuple[_Found, tuple[Candidate, ...]]:
    """Compare a probe with collections and weigh what is found.

    Nobody is told yet: whoever hands it on writes the audit entry first.
    """
    found = _look(probe.template, collections, request, parts)
    records = parts.records.references([hit.reference for hit in found.listed()])
    sizes = parts.records.clusters.sizes([line.cluster for line in found.lines if line.cluster is not None])
    candidates = _join(found, records, sizes)
    candidates = _weighed(probe, candidates, collections, parts)
    return (found, candidates) if request.least is None else _worth(request.least, found, candidates)


def choose_collections(names: Sequence[str], records: ReferenceStore) -> tuple[CollectionInfo, ...]:
    """Return the named collections, each once, or all of them; `NotFoundError`, `EmptyGalleryError`."""
    if names:
        chosen = [records.collection(name) for name in names]
        return tuple({collection.id: collection for collection in chosen}.values())
    every = records.collections()
    if not every:
        raise EmptyGalleryError(
            "there is no collection yet",
            hint="make one with `antigone collection add`, then fill it with `antigone import`",
        )
    return every


def _look(
    template: Float32Array, collections: Sequence[CollectionInfo], request: SearchRequest, parts: Parts
) -> _Found:
    """Look at as many neighbours as it takes until there are enough photos, or persons."""
    # Copies lie close to each other, so twice as many show most of them without another look.
    wanted = 2 * request.top + 10
    while True:
        near = _ask_indexes(template, collections, wanted, request.exact, parts)
        hits = _kept(near.hits, request.filters, parts)
        groups = [
            tuple(hits[place] for place in group)
            for group in collapse([hit.reference for hit in hits], parts.records)
        ]
        lines = _by_person(groups, parts) if request.persons else [_Line(group, (), None) for group in groups]
        enough = len(lines) >= request.top or near.all_of_them
        if enough or wanted == MOST_NEIGHBOURS:
            return _Found(
                lines=tuple(lines[: request.top]),
                references=near.references,
                exact=near.exact,
                crowded_out=not enough and not request.filters.active,
                looked_at=len(near.hits) if request.filters.active else None,
            )
        wanted = min(4 * wanted, MOST_NEIGHBOURS)


def _kept(hits: tuple[_Hit, ...], filters: Filters, parts: Parts) -> tuple[_Hit, ...]:
    """Leave out what the filters do not let through; a reference without a record stays, to be reported."""
    if not filters.active:
        return hits
    references = [hit.reference for hit in hits]
    records = parts.records.references(references)
    places = parts.records.whereabouts(references) if filters.placed else {}
    return tuple(
        hit
        for hit in hits
        if hit.reference not in records or filters.keeps(records[hit.reference], places.get(hit.reference))
    )


def _by_person(groups: Sequence[tuple[_Hit, ...]], parts: Parts) -> list[_Line]:
    """Put photos of one cluster on one line, at the place of the most alike."""
    clusters = parts.records.clusters.of_references([group[0].reference for group in groups])
    photos: dict[tuple[str, int], list[tuple[_Hit, ...]]] = {}
    for group in groups:
        reference = group[0].reference
        own = ("cluster", clusters[reference]) if reference in clusters else ("reference", reference)
        photos.setdefault(own, []).append(group)
    return [
        _Line(
            copies=first,
            others=tuple(other[0] for other in others),
            cluster=clusters.get(first[0].reference),
        )
        for first, *others in photos.values()
    ]


def _ask_indexes(
    template: Float32Array, collections: Sequence[CollectionInfo], top: int, exactly: bool, parts: Parts
) -> _Neighbours:
    hits: list[_Hit] = []
    references, exact = 0, True
    for collection in collections:
        index = parts.catalogue.index(collection, parts.analyser.model, parts.analyser.dimension)
        held = index.count()
        if held == 0:
            continue
        references += held
        near = index.search(template[None, :], top, exact=exactly)
        exact = exact and near.exact
        hits += [
            _Hit(float(score), int(reference), collection.name)
            for reference, score in zip(near.ids[0], near.scores[0], strict=True)
            if reference >= 0
        ]
    if references == 0:
        names = ", ".join(collection.name for collection in collections)
        raise EmptyGalleryError(
            f"nothing to compare with: no reference of model {parts.analyser.model} in {printable(names)}",
            hint="import photos first: `antigone import PATH --into NAME`",
            details={"collections": [collection.name for collection in collections]},
        )
    hits.sort(key=lambda hit: (-hit.score, hit.reference))
    return _Neighbours(tuple(hits[:top]), references, exact, all_of_them=references <= top)


def _join(
    found: _Found, records: Mapping[int, ReferenceRecord], sizes: Mapping[int, int]
) -> tuple[Candidate, ...]:
    missing = [hit.reference for hit in found.listed() if hit.reference not in records]
    if missing:  # leaving them out would be a silent loss
        raise IndexMismatchError(
            f"the index gave {len(missing)} references that the records do not know",
            hint="search again; if it stays, `antigone doctor` compares the two",
            details={"references": missing},
        )
    candidates = []
    for rank, line in enumerate(found.lines, 1):
        shown = line.copies[: 1 + MOST_DUPLICATES]
        first, *copies = (_candidate(rank, hit, records[hit.reference]) for hit in shown)
        person = None
        if line.cluster is not None:
            others = line.others[:MOST_OTHERS]
            person = LikelyPerson(
                cluster=line.cluster,
                faces=sizes.get(line.cluster, 1),
                others=tuple(_candidate(rank, hit, records[hit.reference]) for hit in others),
                more_others=len(line.others) - len(others),
            )
        more = len(line.copies) - len(shown)
        candidates.append(replace(first, duplicates=tuple(copies), more_duplicates=more, person=person))
    return tuple(candidates)


def _weighed(
    probe: Probe, candidates: Sequence[Candidate], collections: Sequence[CollectionInfo], parts: Parts
) -> tuple[Candidate, ...]:
    """Say of each candidate, copy and further photo what its score is worth in these collections."""
    everything = [
        one
        for candidate in candidates
        for one in (candidate, *candidate.duplicates, *(candidate.person.others if candidate.person else ()))
    ]
    strengths = iter(
        parts.strength.of_candidates(
            probe, everything, searched=collections, model=parts.analyser.model, dimension=len(probe.template)
        )
    )
    return tuple(
        replace(
            candidate,
            strength=next(strengths),
            duplicates=tuple(replace(copy, strength=next(strengths)) for copy in candidate.duplicates),
            person=None
            if candidate.person is None
            else replace(
                candidate.person,
                others=tuple(replace(other, strength=next(strengths)) for other in candidate.person.others),
            ),
        )
        for candidate in candidates
    )


def _worth(
    least: Least, found: _Found, candidates: Sequence[Candidate]
) -> tuple[_Found, tuple[Candidate, ...]]:
    """Leave out candidates that are worth less, with their lines."""
    held = [least.holds(candidate.score, candidate.strength) for candidate in candidates]
    if None in held:
        raise UsageError(
            "how many wrong candidates are to be expected is not known in the collections searched",
            hint="give a least comparison score",
        )
    kept = [(line, one) for line, one, holds in zip(found.lines, candidates, held, strict=True) if holds]
    lines = tuple(line for line, _ in kept)
    return replace(found, lines=lines), tuple(replace(one, rank=n) for n, (_, one) in enumerate(kept, 1))


def _candidate(rank: int, hit: _Hit, record: ReferenceRecord) -> Candidate:
    return Candidate(
        rank=rank,
        score=hit.score,
        reference=hit.reference,
        collection=hit.collection,
        photo=record.photo,
        face=record.face,
        box=record.box,
        quality=record.quality,
        pose=record.pose,
        source=record.source,
        page_url=record.page_url,
        page_title=record.page_title,
        captured_at=record.captured_at,
        captured_by=record.captured_by,
        place=record.place,
    )
