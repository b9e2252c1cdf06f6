"""Cases: a purpose and a legal basis for every search, and decisions that people answer for."""

from antigone.casework.cases import CaseBook, Purpose
from antigone.casework.conclusions import Conclusions, Evidence, Kind, Standing
from antigone.casework.decisions import Decisions, Verdict
from antigone.casework.features import FEATURES

__all__ = [
    "FEATURES",
    "CaseBook",
    "Conclusions",
    "Decisions",
    "Evidence",
    "Kind",
    "Purpose",
    "Standing",
    "Verdict",
]
