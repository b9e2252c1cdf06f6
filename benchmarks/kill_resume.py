"""Kill an import at random moments, run it again, and compare what it leaves with an undisturbed import.

    python -m benchmarks.kill_resume --kills 50             all of LFW
    python -m benchmarks.kill_resume --kills 5 --photos 500

Real processes are ended with SIGKILL, at any moment from their start on. After each kill the database is
examined as it lies there. When an import has come to its end in spite of it all, its report, its records and
its index are compared with those of the undisturbed one; then the next import begins, until all kills are
spent. Beside the photos there are an empty file, a truncated photo, a text and a copy of another photo.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from antigone import open as open_workspace
from benchmarks.lfw import data_folder
from benchmarks.record_contents import contents, faults, is_finished, visited
from benchmarks.report import Check, Report

COLLECTION = "people"
PROBES = 100
SHOWN = 10
LEAST_KILLS = 50
MOST_SECONDS = 3_600  # of one import; longer means that it hangs


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an import left."""

    report: Mapping[str, object]  # the document that it printed, less what differs from run to run
    seconds: float
    records: Mapping[str, object]
    index: object  # candidates of some probes
    problems: tuple[str, ...]

    def differences(self, other: Outcome) -> list[str]:
        """Say in what two outcomes differ."""
        found = [
            f"{name} differ" for name in ("report", "index") if getattr(self, name) != getattr(other, name)
        ]
        found += [f"{table} differ" for table in self.records if self.records[table] != other.records[table]]
        return found


@dataclass(slots=True, kw_only=True)
class Torture:
    """What came of it."""

    photos: int  # files visited
    kills: list[int] = field(default_factory=list)  # files dealt with when each kill came
    imports: int = 0  # imports that were brought to their end
    problems: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """All of it in one line."""
        early = sum(done == 0 for done in self.kills)
        spread = f"{min(self.kills):,} to {max(self.kills):,}, median {statistics.median(self.kills):,.0f}"
        equal = "reports, records and indexes equal the undisturbed"
        return (
            f"{len(self.kills)} kills in {self.imports} imports of {self.photos:,} files (done: {spread}; "
            f"{early} before the first batch): {'; '.join(dict.fromkeys(self.problems)) or equal}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """Makes imports of the same paths in processes of their own."""

    paths: Sequence[Path]
    folder: Path  # for workspaces
    batch: int

    def workspace(self, name: str) -> Path:
        """Make a workspace with an empty collection."""
        home = self.folder / name
        self._antigone(home, "init").communicate()
        terms = [f"--{term}=benchmark" for term in ("owner", "source", "purpose", "basis")]
        self._antigone(
            home, "collection", "add", COLLECTION, *terms, "--retain-until=2999-01-01"
        ).communicate()
        return home

    def start(self, home: Path) -> subprocess.Popen[str]:
        """Start the import."""
        return self._antigone(home, "import", *map(str, self.paths), "--into", COLLECTION, "--json")

    def _antigone(self, home: Path, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "antigone", *arguments],
            env={**os.environ, "ANTIGONE_HOME": str(home), "ANTIGONE_IMPORT_BATCH": str(self.batch)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )


def torture(imports: Imports, *, kills: int, seed: int = 0) -> Torture:
    """Spend ``kills`` kills on imports, and compare each with one that was left alone."""
    chance = random.Random(seed)
    home = imports.workspace("undisturbed")
    begun = time.monotonic()
    output = imports.start(home).communicate(timeout=MOST_SECONDS)[0]
    whole = time.monotonic() - begun
    undisturbed = _outcome(home, output)
    result = Torture(photos=visited(home), problems=list(undisturbed.problems))
    seconds = undisturbed.seconds
    starting = max(whole - seconds, 0.5)
    # Long enough to get on by some batches at every other kill, short enough not to end before the last one.
    longest = starting + 3 * seconds / kills + 2 * seconds * imports.batch / max(result.photos, 1)
    while len(result.kills) < kills:
        home = imports.workspace(f"disturbed-{result.imports}")
        report = None
        while report is None:
            process = imports.start(home)
            try:
                patience = chance.uniform(0, longest) if len(result.kills) < kills else MOST_SECONDS
                report = process.communicate(timeout=patience)[0]
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                if _examine(home, imports.folder / "copy", result):
                    report = output  # all was done, and nobody is left to say so
        result.imports += 1
        result.problems += _outcome(home, report).differences(undisturbed)
        shutil.rmtree(home)
    return result


def _examine(home: Path, copy: Path, result: Torture) -> bool:
    """Look at a copy of the database, so that the next run finds it as the kill has left it.

    Returns whether the import had come to its end before it was killed.
    """
    copy.mkdir()
    for file in home.glob("records.db*"):
        shutil.copy(file, copy)
    result.problems += [f"after kill {len(result.kills) + 1}: {fault}" for fault in faults(copy)]
    result.kills.append(visited(copy))
    finished = is_finished(copy)
    shutil.rmtree(copy)
    return finished


def _outcome(home: Path, output: str) -> Outcome:
    document = json.loads(output)
    with closing(open_workspace(home)) as workspace:
        collection = workspace.records.collection(COLLECTION)
        model, dimension = workspace.analyser.model, workspace.analyser.dimension
        index = workspace.catalogue.index(collection, model, dimension)
        ids = workspace.records.reference_ids(collection.id, model)
        problems = [] if index.ids().tolist() == ids.tolist() else ["the index holds other references"]
        chosen, templates = workspace.records.templates(ids[:: max(len(ids) // PROBES, 1)].tolist())
        found = index.search(templates.astype("float32"), min(SHOWN, len(ids)), exact=True)
        known = workspace.records.references(sorted({int(id_) for id_ in found.ids.ravel() if id_ >= 0}))
        name = {id_: (record.photo, record.face) for id_, record in known.items()}
        names = workspace.records.references(chosen.tolist())
        candidates = {
            (names[int(probe)].photo, names[int(probe)].face): sorted(
                (-float(score), *name[int(id_)]) for id_, score in zip(row, scores, strict=True)
            )
            for probe, row, scores in zip(chosen, found.ids, found.scores, strict=True)
        }
    return Outcome(
        report={key: value for key, value in document.items() if key not in ("seconds", "resumed")},
        seconds=document["seconds"],
        records=contents(home),
        index=candidates,
        problems=tuple(problems + faults(home)),
    )


def gather(folder: Path, most: int) -> list[Path]:
    """Return the paths to import: LFW, or links to its first photos, and a folder of files with trouble."""
    lfw = data_folder() / "lfw"
    photos = sorted(lfw.rglob("*.jpg"))
    trouble = folder / "trouble"
    trouble.mkdir()
    (trouble / "empty.jpg").touch()
    (trouble / "text.jpg").write_text("this is a text")
    (trouble / "truncated.jpg").write_bytes(photos[0].read_bytes()[:2_000])
    shutil.copy(photos[min(most or len(photos), len(photos)) // 2], trouble / "copy.jpg")
    if not most:
        return [lfw, trouble]
    some = folder / "photos"
    some.mkdir()
    for photo in photos[:most]:
        (some / photo.name).symlink_to(photo)
    return [some, trouble]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; return 0 when there were enough kills and nothing differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--photos", type=int, default=0, help="so many photos of LFW; 0 means all")
    parser.add_argument("--batch", type=int, default=256, help="photos in one transaction")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    report = Report("kill_resume", title="Imports that are killed and run again")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="antigone-kill-") as name:
        imports = Imports(paths=gather(Path(name), options.photos), folder=Path(name), batch=options.batch)
        result = torture(imports, kills=options.kills, seed=options.seed)
    report.note(
        f"SIGKILL at any moment from the start of a process on, batches of {options.batch} photos, seed "
        f"{options.seed}; {time.monotonic() - begun:,.0f} s in all."
    )
    report.note(result.summary)
    report.keep("kills", result.kills)
    report.keep("problems", result.problems)
    met = report.checks(
        [
            Check(what="kills", value=len(result.kills), target=LEAST_KILLS, at_least=True),
            Check(
                what="differences from an import left alone",
                value=len(result.problems),
                target=0,
                at_least=False,
            ),
        ]
    )
    report.save()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
