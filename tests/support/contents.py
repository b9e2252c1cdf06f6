"""The whole content of a workspace's records, without row numbers and times: equal content, equal value."""

from __future__ import annotations

from sqlalchemy import text

from antigone.records import Records

QUERIES = {
    "photos": """
        SELECT c.name, p.sha256, p.perceptual_hash, p.byte_size, p.width, p.height, p.format,
               p.captured_at, p.captured_offset
        FROM photos p JOIN collections c ON c.id = p.collection_id""",
    "analyses": """
        SELECT p.sha256, a.model, a.faces, a.import_id FROM analyses a JOIN photos p ON p.id = a.photo_id""",
    "sources": """
        SELECT s.import_id, s.location, p.sha256, s.outcome
        FROM sources s JOIN photos p ON p.id = s.photo_id""",
    "failures": """
        SELECT f.import_id, f.location, f.code, f.message, f.sha256, p.sha256
        FROM failures f LEFT JOIN photos p ON p.id = f.photo_id""",
    "faces": """
        SELECT p.sha256, f.model, f.number, f.x, f.y, f.w, f.h, f.landmarks, f.detection_score, f.roll,
               f.quality, f.quality_size, f.quality_sharpness, f.quality_light, f.quality_pose,
               f.quality_occlusion, t.model, t.vector
        FROM faces f JOIN photos p ON p.id = f.photo_id JOIN templates t ON t.face_id = f.id""",
    "imports": "SELECT id, model, request, finished_at IS NOT NULL FROM imports",
    "templates": "SELECT count(*) FROM templates",
}


def contents(records: Records) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of every table, sorted."""
    with records._engine.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(text(query))), key=repr)
            for name, query in QUERIES.items()
        }
