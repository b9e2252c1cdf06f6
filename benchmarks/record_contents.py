"""The whole content of a workspace's records, without row numbers and times: equal content, equal value."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

Rows = list[tuple[Any, ...]]

_QUERIES = {
    "photos": """
        SELECT c.name, p.sha256, p.perceptual_hash, p.byte_size, p.width, p.height, p.format,
               p.captured_at, p.captured_offset, p.evidence
        FROM photos p JOIN collections c ON c.id = p.collection_id""",
    "analyses": """
        SELECT p.sha256, a.model, a.faces, a.import_id FROM analyses a JOIN photos p ON p.id = a.photo_id""",
    "sources": """
        SELECT s.import_id, s.location, p.sha256, s.outcome, s.holding, s.stored_at, s.position
        FROM sources s JOIN photos p ON p.id = s.photo_id""",
    "provenance": """
        SELECT s.import_id, s.location, s.source_url, s.captured_at, s.captured_offset, s.collected_at,
               s.licence, s.subject_id, s.attributes, m.location, m.sha256
        FROM sources s LEFT JOIN materials m ON m.id = s.material_id""",
    "appearances": """
        SELECT s.import_id, s.location, a.page_url, a.page_title, a.how, a.caption, a.text, a.author,
               a.author_url, a.language
        FROM appearances a JOIN sources s ON s.id = a.source_id""",
    "materials": "SELECT import_id, location, kind, sha256, byte_size, checks FROM materials",
    "failures": """
        SELECT f.import_id, f.location, f.code, f.message, f.sha256, p.sha256
        FROM failures f LEFT JOIN photos p ON p.id = f.photo_id""",
    "faces": """
        SELECT p.sha256, f.model, f.number, f.x, f.y, f.w, f.h, f.landmarks, f.detection_score, f.roll,
               f.quality, f.quality_size, f.quality_sharpness, f.quality_light, f.quality_pose,
               f.quality_occlusion, f.quality_evidence
        FROM faces f JOIN photos p ON p.id = f.photo_id""",
    "templates": """
        SELECT c.name, p.sha256, f.number, t.model, t.vector
        FROM templates t JOIN faces f ON f.id = t.face_id JOIN photos p ON p.id = f.photo_id
        JOIN collections c ON c.id = t.collection_id""",
    "tracks": """
        SELECT m.import_id, m.location, t.model, t.number, t.begins, t.ends, t.frames, p.sha256, f.number
        FROM tracks t JOIN materials m ON m.id = t.material_id
        LEFT JOIN faces f ON f.track_id = t.id LEFT JOIN photos p ON p.id = f.photo_id""",
    "segments": """
        SELECT m.import_id, m.location, m.sha256, s.model, s.begins, s.ends, s.scene, s.last
        FROM segments s JOIN materials m ON m.id = s.material_id""",
    "totals": "SELECT collection_id, model, number FROM reference_totals",
    "imports": "SELECT id, model, request, finished_at IS NOT NULL FROM imports",
}


def contents(home: Path) -> dict[str, Rows]:
    """Return the rows of every table, sorted."""
    with closing(sqlite3.connect(home / "records.db")) as database:
        return {name: sorted(database.execute(query), key=repr) for name, query in _QUERIES.items()}


def visited(home: Path) -> int:
    """Return how many locations imports have dealt with so far."""
    query = """
        SELECT (SELECT count(*) FROM sources WHERE outcome <> 'failed') + (SELECT count(*) FROM failures)"""
    with closing(sqlite3.connect(home / "records.db")) as database:
        return int(database.execute(query).fetchone()[0])


def is_finished(home: Path) -> bool:
    """Tell whether the latest import is complete."""
    query = "SELECT finished_at IS NOT NULL FROM imports ORDER BY id DESC LIMIT 1"
    with closing(sqlite3.connect(home / "records.db")) as database:
        row = database.execute(query).fetchone()
        return row is not None and bool(row[0])


def faults(home: Path) -> list[str]:
    """Return what the database finds wrong with itself."""
    with closing(sqlite3.connect(home / "records.db")) as database:
        found = [str(row[0]) for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"dangling row in {row[0]}" for row in database.execute("PRAGMA foreign_key_check")]
        return found
