"""The server: the REST API under ``/api/v1``. Pages come with their own part."""

from antigone.web.app import create_app

__all__ = ["create_app"]
