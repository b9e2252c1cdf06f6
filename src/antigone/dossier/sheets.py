"""A cluster as a sheet of its faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antigone.identify import linked_sheet
from antigone.persons import ShownCluster
from antigone.printable import printable

if TYPE_CHECKING:
    from antigone.identify.sheet import Sheet
    from antigone.settings import Settings


def cluster_sheet(shown: ShownCluster, settings: Settings) -> Sheet:
    """Lay out the faces of a cluster, the loosest first."""
    facts = [
        ("Cluster", str(shown.cluster.id)),
        ("Collection", printable(shown.cluster.collection)),
        ("Model", shown.cluster.model),
        ("Audit entry", str(shown.audit)),
    ]
    if shown.mixed is not None:
        facts.append(("How mixed", shown.mixed.sentence()))
    faces = [(face.record, face.link) for face in shown.faces]
    return linked_sheet("Faces of one person, probably", facts, faces, settings)
