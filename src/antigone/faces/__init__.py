"""Pixels to templates; knows no database."""

from antigone.faces.analyse import FaceAnalyser, PhotoInput
from antigone.faces.runtime import RuntimeReport

__all__ = ["FaceAnalyser", "PhotoInput", "RuntimeReport"]
