"""A live photo held against a document's photo, and against a list of persons sought, in one answer."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from antigone.audit.events import IdentityChecked
from antigone.identify.choice import FaceChoice
from antigone.identify.parts import Parts
from antigone.identify.probe import ProbeInput, alike, choose_faces, for_audit
from antigone.identify.remembering import RememberingAnalyser
from antigone.identify.search import SearchRequest, look_up
from antigone.strength import Least
from antigone.types import Candidate, CandidateList, CollectionInfo, Comparison, Probe

MOST_TOLD = 5  # candidates of a list; whoever stands at a checkpoint cannot compare more with care


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """What one identity check asks for."""

    live: ProbeInput
    document: ProbeInput
    choices: Sequence[FaceChoice] = ()  # the live photo is photo 1, the document's photo 2
    sought: CollectionInfo | None = None  # the list
    least: Least | None = None  # from which strength on a candidate of the list is told of
    case: str
    person: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IdentityCheck:
    """How alike the two faces are, and who of the list is. Neither says who anybody is."""

    comparison: Comparison  # of the live photo with the document's
    listed: CandidateList | None  # None: no list was asked for


def check(request: CheckRequest, parts: Parts) -> IdentityCheck:
    """Compare both photos with each other, and the live one with the list.

    One audit entry tells of both, and is durable before the answer leaves. Raises the errors of
    `antigone.identify.compare`, and `UsageError` where the list is too small to tell what a score is worth
    and no least score is given.
    """
    photos, analyser = (request.live, request.document), RememberingAnalyser(parts.analyser)
    with ThreadPoolExecutor(max_workers=2) as both:  # at once: somebody stands there and waits
        list(both.map(lambda photo: analyser.analyse(photo.content), photos))
    live, document = choose_faces(photos, request.choices, analyser)
    score = alike(live.face, document.face)
    model = parts.analyser.model
    probe = Probe(photos=(live,), template=live.face.template, agreement=None)
    references, exact, candidates = _look(probe, request, parts)
    at = datetime.now(UTC)
    first, second = for_audit((live, document))
    entry = parts.audit.append(
        IdentityChecked(
            case=request.case,
            by=request.person,
            live=first,
            document=second,
            model=model,
            score=round(score, 4),
            list_=None if request.sought is None else request.sought.name,
            references=references,
            candidates=[(one.reference, round(one.score, 4)) for one in candidates],
        ).event()
    )
    comparison = Comparison(
        score=score,
        photos=(live, document),
        model=model,
        strength=parts.strength.of_pair(score, (live.face, document.face), model=model),
        compared_at=at,
        audit=entry,
    )
    if request.sought is None:
        return IdentityCheck(comparison=comparison, listed=None)
    listed = CandidateList(
        case=request.case,
        probe=probe,
        candidates=candidates,
        references=references,
        collections=(request.sought.name,),
        model=model,
        exact=exact,
        searched_at=at,
        audit=entry,
    )
    return IdentityCheck(comparison=comparison, listed=listed)


def _look(probe: Probe, request: CheckRequest, parts: Parts) -> tuple[int, bool, tuple[Candidate, ...]]:
    """Return how many references the list has, whether all were compared exactly, and whom to tell of."""
    if request.sought is None:
        return 0, True, ()
    index = parts.catalogue.index(request.sought, parts.analyser.model, parts.analyser.dimension)
    if not index.count():  # nobody is on the list yet; the two photos can be compared all the same
        return 0, True, ()
    asked = SearchRequest(photos=(request.live,), top=MOST_TOLD, least=request.least)
    found, candidates = look_up(probe, [request.sought], asked, parts)
    return found.references, found.exact, candidates
