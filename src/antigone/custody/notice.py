"""What an operator is told before a collection is made, in plain words, and how the log remembers it."""

from __future__ import annotations

import hashlib

SCRAPING_NOTICE = """\
Before photos enter it: Article 5(1)(e) of the EU AI Act (Regulation (EU) 2024/1689) forbids to make or
widen a facial recognition database by untargeted scraping of facial images from the internet or from
CCTV footage. That holds whoever did the scraping and for every purpose: a search for the missing or
the dead is no exception. Untargeted means: whatever faces could be found, instead of material about
certain people, places or events that you may lawfully hold. Antigone has no crawler. By going on you
state that the declared source is no such scraping. The audit log keeps that you were shown this."""
"""Shown once, when a collection is added."""


def notice_digest() -> str:
    """Return the SHA-256 of the notice, for the audit log: which wording was shown."""
    return hashlib.sha256(SCRAPING_NOTICE.encode()).hexdigest()
