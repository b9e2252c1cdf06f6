"""From files to records and references: bounded, resumable, every failure counted."""

from antigone.ingest.analyser import PhotoAnalyser
from antigone.ingest.progress import ImportProgress, ImportReport, ImportState
from antigone.ingest.run import run_import

__all__ = ["ImportProgress", "ImportReport", "ImportState", "PhotoAnalyser", "run_import"]
