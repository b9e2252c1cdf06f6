"""Which faces of a collection probably show one person: clusters, and what people correct in them by hand.

A cluster is no identity. It says that its faces are alike enough to be looked at as one person's.
"""

from antigone.persons.by_hand import CorrectionReport, merge, split
from antigone.persons.desk import Persons
from antigone.persons.parts import Model
from antigone.persons.rule import Rule
from antigone.persons.run import RunReport, run
from antigone.persons.view import ClusterList, ShownCluster, list_clusters, show_cluster

__all__ = [
    "ClusterList",
    "CorrectionReport",
    "Model",
    "Persons",
    "Rule",
    "RunReport",
    "ShownCluster",
    "list_clusters",
    "merge",
    "run",
    "show_cluster",
    "split",
]
