"""Scorecards: measured error rates as one page that can be handed to a judge."""

from antigone.evaluate.scorecard.build import identification_card, verification_card
from antigone.evaluate.scorecard.content import FacePair, Plot, Scorecard, Section, Table
from antigone.evaluate.scorecard.origin import Origin

__all__ = [
    "FacePair",
    "Origin",
    "Plot",
    "Scorecard",
    "Section",
    "Table",
    "identification_card",
    "verification_card",
]
