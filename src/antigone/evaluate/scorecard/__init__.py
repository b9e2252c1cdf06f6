"""Scorecards: measured error rates as one page that can be handed to a judge."""

from antigone.evaluate.scorecard.build import Origin, identification_card, verification_card
from antigone.evaluate.scorecard.content import FacePair, Plot, Scorecard, Section, Table

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
