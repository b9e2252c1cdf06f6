"""The pages: server-rendered, one file a subject, each calling the same objects as the REST API."""

from antigone.web.pages import (
    account,
    audit,
    candidates,
    case,
    cases,
    check,
    collections,
    comparing,
    conclude,
    deceased,
    doors,
    dossiers,
    inbox,
    learning,
    people,
    phone,
    reviews,
    searching,
    start,
    statistics,
    watch,
)

ROUTERS = (
    doors.routes,
    start.routes,
    searching.routes,
    candidates.routes,
    comparing.routes,
    cases.routes,
    case.routes,
    conclude.routes,
    deceased.routes,
    reviews.routes,
    dossiers.routes,
    watch.routes,
    inbox.routes,
    check.routes,
    phone.routes,
    statistics.routes,
    learning.routes,
    collections.routes,
    people.routes,
    account.routes,
    audit.routes,
)
"""Every router of pages, in the order in which paths are tried."""

__all__ = ["ROUTERS"]
