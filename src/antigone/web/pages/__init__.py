"""The pages: server-rendered, one file a subject, each calling the same objects as the REST API."""

from antigone.web.pages import doors, start

ROUTERS = (doors.routes, start.routes)
"""Every router of pages, in the order in which paths are tried."""

__all__ = ["ROUTERS"]
