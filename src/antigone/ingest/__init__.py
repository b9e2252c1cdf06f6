"""From files to records and references: bounded, resumable, every failure counted."""

from antigone.ingest.progress import ImportProgress, ImportReport, ImportState
from antigone.ingest.run import PhotoAnalyser, run_import

__all__ = ["ImportProgress", "ImportReport", "ImportState", "PhotoAnalyser", "run_import"]
