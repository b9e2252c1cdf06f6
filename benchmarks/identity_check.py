"""Identity checks at the API: from two photos to an answer, without and with a list of 10,000 people sought.

A server in a process of its own answers over HTTP. The live photo is a portrait of 1024 x 1024 pixels, the
document's a smaller, darker copy of the same. Between two requests the same two photos go through the models
alone, in this process: that is the time beside which the answers are to be seen. On a machine that does other
things as well, the processor time that the server spends on a check says more than the clock.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import numpy as np
from PIL import Image

from antigone import Workspace
from antigone.settings import Settings
from antigone.strength import Least
from benchmarks.cut_off import serving
from benchmarks.galleries import Gallery, from_spectra
from benchmarks.invented_records import write_faces
from benchmarks.lfw import data_folder
from benchmarks.lfw_workspace import add_collection
from benchmarks.report import Check, Report

TARGET_MS, TARGET_WITH_LIST_MS = 150.0, 200.0
FIRST_INVENTED = 1_000_000
WARM = 5


def main() -> int:
    """Measure; 1 when a figure misses its target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity_check", description=__doc__)
    parser.add_argument("--checks", type=int, default=150, help="of each kind")
    parser.add_argument("--sought", type=int, default=10_000, help="people on the list")
    options = parser.parse_args()
    report = Report("identity_check", title="Identity checks at the API")
    with tempfile.TemporaryDirectory(prefix="antigone-check-") as folder:
        settings = Settings(home=Path(folder) / "home", searches_a_day=1_000_000)
        with Workspace.init(settings=settings) as workspace:
            case, headers = _prepare(workspace, options.sought)
            with serving(settings.home) as server:
                before = _processor_seconds()
                times = _measure(workspace, server, case, headers, options.checks)
                spent = (_processor_seconds() - before) / (2 * (options.checks + WARM))
            sizes = len(list(workspace.audit.entries()))
    report.note(f"{options.checks} checks of each kind, {sizes:,} entries in the log at the end")
    rows = [
        (name, *(f"{1000 * np.quantile(taken, share):.0f}" for share in (0.1, 0.5, 0.9, 0.99)))
        for name, taken in times.items()
    ]
    report.table("times", "Milliseconds", ("", "p10", "p50", "p90", "p99"), rows)
    plain, alone, listed = (1000 * float(np.median(taken)) for taken in times.values())
    report.keep("p50_ms", {"models": plain, "check": alone, "check_with_list": listed})
    report.note(f"the server spends {1000 * spent:.0f} ms of processor time on a check, over both kinds")
    report.keep("processor_ms", 1000 * spent)
    report.note(
        f"the models alone take {plain / alone:.0%} of a check, {plain / listed:.0%} of one with a list"
    )
    met = report.checks(
        [
            Check(what="check, p50", value=alone, target=TARGET_MS, at_least=False, unit=" ms"),
            Check(
                what=f"check with a list of {options.sought:,}, p50",
                value=listed,
                target=TARGET_WITH_LIST_MS,
                at_least=False,
                unit=" ms",
            ),
        ]
    )
    report.save()
    return 0 if met else 1


def _processor_seconds() -> float:
    """Return the processor time of all that this process started and that still runs."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[1]) == os.getpid():
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _prepare(workspace: Workspace, sought: int) -> tuple[str, dict[str, str]]:
    office, records = workspace.office, workspace.records
    who = office.principal
    add_collection(workspace, "sought")
    templates, _ = Gallery(population=from_spectra(), seed=0).first(sought)
    info = records.collection("sought")
    write_faces(records, info, workspace.analyser.model, templates, first=FIRST_INVENTED)
    office.checks.mark("sought", basis="benchmark", by=who)
    case = office.book.open("Checkpoint", purpose="identity-check", basis="benchmark", by=who)
    least = Least(at_most=0.1)
    office.checks.permit(case, "sought", authority="-", reference="-", least=least, parts=workspace, by=who)
    token = office.sessions.new_token("benchmark", who.permissions, lasts=timedelta(days=1), by=who)
    return case.number, {"Authorization": f"Bearer {token.text}"}


def _measure(
    workspace: Workspace, server: str, case: str, headers: dict[str, str], checks: int
) -> dict[str, list[float]]:
    models: list[float] = []
    alone: list[float] = []
    listed: list[float] = []
    with httpx2.Client(base_url=f"{server}/api/v1", headers=headers, timeout=60) as client:
        for number, (live, document) in enumerate(_pairs(checks + WARM)):
            began = time.perf_counter()
            for photo in (live, document):
                assert workspace.analyser.analyse(photo).faces
            between = time.perf_counter()
            _ask(client, case, live, document, {})
            then = time.perf_counter()
            _ask(client, case, live, document, {"list": "sought"})
            done = time.perf_counter()
            if number >= WARM:
                models.append(between - began)
                alone.append(then - between)
                listed.append(done - then)
    return {"the models alone, both photos": models, "check": alone, "check with a list": listed}


def _ask(client: httpx2.Client, case: str, live: bytes, document: bytes, fields: dict[str, str]) -> None:
    files = {"live": ("live.jpg", live), "document": ("document.jpg", document)}
    answer = client.post(f"/cases/{case}/checks", files=files, data=fields)
    answer.raise_for_status()
    told = answer.json()
    assert told["comparison"]["score"] > 0.5
    assert (told["list"] is not None) == bool(fields)


def _pairs(count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield live photo and document's photo; no two pairs have the same bytes."""
    portraits = sorted(path for path in (data_folder() / "portraits").iterdir() if path.suffix == ".jpg")
    for number in range(count):
        with Image.open(portraits[number % len(portraits)]) as opened:
            photo = opened.convert("RGB")
        small = photo.resize((420, 420)).point(lambda value: round(value * 0.8))
        quality = 70 + number // len(portraits)
        yield _jpeg(photo, quality + 15), _jpeg(small, quality)


def _jpeg(photo: Image.Image, quality: int) -> bytes:
    written = io.BytesIO()
    photo.save(written, "JPEG", quality=quality)
    return written.getvalue()


if __name__ == "__main__":
    sys.exit(main())
