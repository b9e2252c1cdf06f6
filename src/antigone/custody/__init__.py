"""Chain of custody: where photos come from, whether originals still stand, and how they are handed on."""

from antigone.custody.desk import Custody
from antigone.custody.export import (
    Chosen,
    ExportFormat,
    ExportParts,
    ExportProgress,
    ExportReport,
    ExportState,
    export_photos,
)
from antigone.custody.history import ExaminedSource, Held, PhotoHistory, tell_history
from antigone.custody.notice import SCRAPING_NOTICE, notice_digest
from antigone.custody.originals import Examined, Standing
from antigone.custody.particulars import change_particulars

__all__ = [
    "SCRAPING_NOTICE",
    "Chosen",
    "Custody",
    "Examined",
    "ExaminedSource",
    "ExportFormat",
    "ExportParts",
    "ExportProgress",
    "ExportReport",
    "ExportState",
    "Held",
    "PhotoHistory",
    "Standing",
    "change_particulars",
    "export_photos",
    "notice_digest",
    "tell_history",
]
