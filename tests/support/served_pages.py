"""A served workspace and the people who are signed in to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import httpx2

from browser import Tab
from command_line import Gallery
from server import Address

ROLES = {
    "iryna": "examiner",
    "maria": "reviewer",
    "olena": "supervisor",
    "petro": "administrator",
    "sofia": "auditor",
}
Open: TypeAlias = Callable[..., Tab]  # see the fixture `tab`


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The server, its gallery, and a signed-in client for each name of `ROLES`."""

    address: Address
    gallery: Gallery
    people: dict[str, httpx2.Client] = field(default_factory=dict)
