"""Linked data in a page (JSON-LD, schema.org): whose page it is, and the pictures that it lists."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

MAX_SCRIPT = 256 << 10
"""Characters of a script of linked data; a longer one is passed over."""

_MAX_NODES = 5_000
_AUTHORS = ("author", "creator")
_PICTURES = ("image", "thumbnailUrl", "contentUrl")


@dataclass(slots=True, kw_only=True)
class Linked:
    """What linked data says, put together from all scripts of a page."""

    author: str | None = None
    author_url: str | None = None
    pictures: list[tuple[str, str]] = field(default_factory=list)  # address and caption

    def read(self, script: str) -> None:
        """Add what a script says; one that cannot be understood adds nothing."""
        if len(script) > MAX_SCRIPT:
            return
        try:
            waiting = [json.loads(script)]
        except (ValueError, RecursionError):
            return
        for _ in range(_MAX_NODES):
            if not waiting:
                return
            node = waiting.pop()
            if isinstance(node, list):
                waiting += reversed(node)
            elif isinstance(node, dict):
                self._add(node)
                waiting += (value for value in reversed(node.values()) if isinstance(value, (dict, list)))

    def _add(self, node: dict[str, object]) -> None:
        for key in _AUTHORS:
            if self.author is None and key in node:
                self._add_author(node[key])
        caption = next((text for key in ("caption", "name") if isinstance(text := node.get(key), str)), "")
        for key in _PICTURES:
            value = node.get(key)
            is_object = key != "image" and node.get("@type") != "ImageObject"
            for one in value if isinstance(value, list) else [value]:
                address = one.get("url") if isinstance(one, dict) else one
                if isinstance(address, str):
                    self.pictures.append((address, "" if is_object else caption))

    def _add_author(self, value: object) -> None:
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, str):
            self.author = first
        elif isinstance(first, dict):
            name, url = first.get("name"), first.get("url") or first.get("@id")
            self.author = name if isinstance(name, str) else None
            self.author_url = url if isinstance(url, str) else None
