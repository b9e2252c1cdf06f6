"""Videos in, people out: how fast, how many tracks, and whether a still finds its second.

Run with ``python -m benchmarks.video``, with ``--sheet FILE.png`` to see the best shots of every track, and
with paths of videos for other ones than those of the test data. Every video is imported into a workspace of
its own. Then stills are taken from within each track, at frames that are no best shot, enlarged by a third
and saved as JPEG of quality 70, and searched for: found is one whose first candidate is a frame of the same
video that lies within the same track.

The one-by-one video shows six people walking in, counted by eye. All turn their backs to the camera; three
show a profile for half a second as they leave.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from antigone import Workspace, identify
from antigone.errors import ProbeError
from antigone.identify.sheet.pictures import FACE_SIDE, picture_of_face
from antigone.provenance import Place
from antigone.settings import Settings
from antigone.sources.video import MICROSECONDS, open_video
from antigone.sources.video_frames import Sample, read_frame, samples
from antigone.sources.video_sampling import Sampler, Sampling
from antigone.types import Box
from benchmarks.lfw import data_folder
from benchmarks.report import Check, Report

COLLECTION = "video"
STILLS = 4  # of each track, at most
COLUMN, ROW = FACE_SIDE // 2, FACE_SIDE // 2 + 24  # of the sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A best shot, as the records have it."""

    track: int
    begins: int  # of the track, microseconds
    ends: int
    frames: int
    position: int
    sha256: str
    box: Box
    quality: float
    reference: bool


def main() -> int:
    """Measure, print, and write ``results/video.json``; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--sheet", type=Path, help="write the best shots of every track to this PNG")
    options = parser.parse_args()
    videos = options.videos or sorted((data_folder() / "video").glob("*.m[pk][4v]"))

    report = Report("video", title="From a video to the people in it")
    rows, found, asked, shown = [], 0, 0, []
    for video in videos:
        with tempfile.TemporaryDirectory(prefix="antigone-") as folder:
            row, shots, hits = measure(video, Path(folder))
        rows.append(row)
        shown.append((video, shots))
        found, asked = found + hits[0], asked + hits[1]
    columns = ("video", "seconds", "decoded/s", "looked at", "import s", "times real time", "tracks", "shots")
    report.table("videos", "Each video", columns, rows)
    for video, shots in shown:
        for shot in shots:
            if shot.reference:
                report.note(
                    f"{video.name}: track {shot.track} from {shot.begins / MICROSECONDS:.1f} to "
                    f"{shot.ends / MICROSECONDS:.1f} s, seen in {shot.frames} frames, best at "
                    f"{shot.position / MICROSECONDS:.1f} s with quality {shot.quality:.0f}"
                )
    if options.sheet:
        draw(shown, options.sheet)
    met = report.checks(
        [
            Check(
                what="stills that find their track first",
                value=found / max(asked, 1),
                target=0.9,
                at_least=True,
                unit=f" of {asked}",
            )
        ]
    )
    report.save()
    return 0 if met else 1


def measure(video: Path, folder: Path) -> tuple[list[object], list[Shot], tuple[int, int]]:
    """Import one video; return its row, its shots, and how many stills were found of how many."""
    settings = Settings(home=folder / "home")
    decoded, looked_at, length = decode(video, settings)
    with Workspace.init(settings=settings) as workspace:
        workspace.add_collection(
            name=COLLECTION,
            owner="benchmark",
            source="test data",
            purpose="measuring",
            basis="research",
            jurisdiction="EU",
            retain_until=date(9999, 1, 1),
        )
        assert workspace.analyser  # loading the models is no part of it
        started = time.perf_counter()
        imported = workspace.import_(video, into=COLLECTION)
        seconds = time.perf_counter() - started
        shots = shots_of(settings.home)
        hits = search(workspace, looked_at, shots, folder)
    row: list[object] = [
        video.name,
        length,
        decoded,
        len(looked_at),
        seconds,
        length / seconds,
        imported.tracks,
        imported.new,
    ]
    return row, shots, hits


def decode(video: Path, settings: Settings) -> tuple[float, list[Sample], float]:
    """Return frames decoded and chosen from per second, the chosen ones, and the length in seconds."""
    frames = 0
    started = time.perf_counter()
    with open_video(str(video), settings) as opened:
        frames = sum(1 for _ in opened.frames())
    rate = frames / (time.perf_counter() - started)
    with open_video(str(video), settings) as opened:
        looked_at = list(samples(opened, Sampler(Sampling.of(settings)), opened.frames()))
        return rate, looked_at, (opened.duration or 0) / MICROSECONDS


def shots_of(home: Path) -> list[Shot]:
    """Read the best shots of every track from the records."""
    query = """
        SELECT t.number, t.begins, t.ends, t.frames, s.position, hex(p.sha256), f.x, f.y, f.w, f.h, f.quality,
               EXISTS (SELECT 1 FROM templates WHERE face_id = f.id)
        FROM tracks t JOIN faces f ON f.track_id = t.id JOIN photos p ON p.id = f.photo_id
        JOIN sources s ON s.photo_id = p.id ORDER BY t.number, s.position"""
    with closing(sqlite3.connect(home / "records.db")) as database:
        return [
            Shot(
                track=row[0],
                begins=row[1],
                ends=row[2],
                frames=row[3],
                position=row[4],
                sha256=row[5].lower(),
                box=Box(*row[6:10]),
                quality=row[10],
                reference=bool(row[11]),
            )
            for row in database.execute(query)
        ]


def search(workspace: Workspace, looked_at: list[Sample], shots: list[Shot], folder: Path) -> tuple[int, int]:
    """Search for stills of every track; return how many were found, and how many had a face to search for."""
    found = asked = 0
    best = {shot.position for shot in shots}
    for track in (shot for shot in shots if shot.reference):
        within = [s for s in looked_at if track.begins <= s.position <= track.ends and s.position not in best]
        for place in np.linspace(0, len(within) - 1, min(STILLS, len(within))).astype(int):
            image = Image.fromarray(within[place].pixels)
            still = folder / "still.jpg"
            image.resize((image.width * 4 // 3, image.height * 4 // 3)).save(still, quality=70)
            try:
                first = identify.search(identify.SearchRequest(photos=[still]), workspace).candidates[0]
            except ProbeError:
                continue  # no face, or several
            asked += 1
            seconds = first.place.seconds
            found += seconds is not None and track.begins <= seconds * MICROSECONDS <= track.ends
    return found, asked


def draw(shown: list[tuple[Path, list[Shot]]], target: Path) -> None:
    """Draw a row of best shots for every track, the reference marked."""
    rows: list[list[tuple[Image.Image, str]]] = []
    for video, shots in shown:
        for number in sorted({shot.track for shot in shots}):
            row = []
            for shot in (shot for shot in shots if shot.track == number):
                pixels = read_frame(Place.of_frame(str(video), shot.position), shot.sha256, Settings())
                face = picture_of_face(pixels, shot.box).face
                assert face is not None
                mark = ", reference" if shot.reference else ""
                at = f"{shot.position / MICROSECONDS:.1f} s, quality {shot.quality:.0f}{mark}"
                row.append((face.resize((COLUMN, COLUMN)), f"{video.stem[:12]} {number}: {at}"))
            rows.append(row)
    sheet = Image.new("RGB", (COLUMN * max(map(len, rows), default=1), ROW * max(len(rows), 1)), "white")
    pen = ImageDraw.Draw(sheet)
    for y, row in enumerate(rows):
        for x, (face, text) in enumerate(row):
            sheet.paste(face, (x * COLUMN, y * ROW))
            pen.text((x * COLUMN + 4, y * ROW + COLUMN + 4), text, fill="black")
    sheet.save(target)


if __name__ == "__main__":
    raise SystemExit(main())
