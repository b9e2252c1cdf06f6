"""The strength of a candidate: how many wrong ones to expect at its score, and its likelihood ratio."""

from antigone.evaluate.strength.strengths import Known, Strengths

__all__ = ["Known", "Strengths"]
