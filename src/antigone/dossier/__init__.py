"""All photos of one person, probably, in the permitted collections, and whatever stands beside them.

Each statement carries its sources and its score. Nothing in a dossier is an identity.
"""

from antigone.dossier.content import Dossier
from antigone.dossier.make import DossierRequest, make_dossier

__all__ = ["Dossier", "DossierRequest", "make_dossier"]
