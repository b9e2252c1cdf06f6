"""Chain of custody: where photos come from, whether originals still stand, and how they are handed on."""

from antigone.custody.history import ExaminedSource, Held, PhotoHistory, tell_history
from antigone.custody.notice import SCRAPING_NOTICE, notice_digest
from antigone.custody.originals import Examined, Standing

__all__ = [
    "SCRAPING_NOTICE",
    "Examined",
    "ExaminedSource",
    "Held",
    "PhotoHistory",
    "Standing",
    "notice_digest",
    "tell_history",
]
