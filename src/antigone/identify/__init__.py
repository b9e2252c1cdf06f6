"""Search, compare and contact sheets: a probe in, a candidate list out."""

from antigone.identify.choice import FaceChoice
from antigone.identify.compare import compare
from antigone.identify.filters import Filters, Near, filters_sentence
from antigone.identify.parts import Parts, PhotoInput
from antigone.identify.probe import ProbeInput, UndecidedFacesError, read_probe
from antigone.identify.search import DEFAULT_TOP, MOST_TOP, SearchRequest, search
from antigone.identify.sheet import candidate_sheet, check_target, faces_sheet, linked_sheet, write_sheet

__all__ = [
    "DEFAULT_TOP",
    "MOST_TOP",
    "FaceChoice",
    "Filters",
    "Near",
    "Parts",
    "PhotoInput",
    "ProbeInput",
    "SearchRequest",
    "UndecidedFacesError",
    "candidate_sheet",
    "check_target",
    "compare",
    "faces_sheet",
    "filters_sentence",
    "linked_sheet",
    "read_probe",
    "search",
    "write_sheet",
]
