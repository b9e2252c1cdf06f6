"""Imports of manifests with a made-up analyser: what is kept of each row, and that they are gone on with."""

import csv
import json
import random
from pathlib import Path

import pytest

from antigone.audit import AuditLog
from antigone.errors import UsageError
from antigone.gallery import NumpyIndex
from antigone.ingest import ImportReport, run_import
from antigone.records import Records, open_records
from antigone.settings import Settings
from antigone.types import CollectionInfo
from benchmarks.record_contents import contents
from made_up import DIMENSION, MadeUpAnalyser, add_collection

ROWS = 60


class Dying(MadeUpAnalyser):
    """Stops the import once it has seen so many photos."""

    def __init__(self, lives: int) -> None:
        super().__init__(ahead=3)
        self.lives = lives

    def analyse_many(self, photos):  # type: ignore[no-untyped-def]
        for given, analysis in enumerate(super().analyse_many(photos)):
            if given == self.lives:
                raise InterruptedError
            yield analysis


@pytest.fixture(params=["csv", "jsonl"])
def manifest(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Sixty rows: of 40 photos, some named twice, some without a face; and one bad row in ten."""
    chance = random.Random(5)
    for number in range(40):
        (tmp_path / f"{number}.jpg").write_bytes(b"noface %d" % number if number % 9 == 0 else b"%d" % number)
    said = []
    for number in range(ROWS):
        row = {
            "photo": f"{chance.randrange(40)}.jpg" if number % 10 else "",
            "page_url": f"https://x.org/{number}",
            "page_title": f"Page {number}",
            "subject_id": str(number % 7),
            "captured_at": f"2022-03-{number % 28 + 1:02}T10:00:00+02:00",
            "note": "x" * number,
        }
        said.append({name: text for name, text in row.items() if text or name == "photo"})
    path = tmp_path / f"table.{request.param}"
    if request.param == "csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, [*said[1]])
            writer.writeheader()
            writer.writerows(said)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in said))
    return path


def run(records: Records, manifest: Path | str, analyser: MadeUpAnalyser | None = None) -> ImportReport:
    return run_import(
        [manifest],
        collection=records.collection("archive"),
        records=records,
        index=NumpyIndex(DIMENSION),
        analyser=analyser or MadeUpAnalyser(),
        audit=AuditLog(records),
        settings=Settings(home=records.home, import_batch=4),
    )


def test_every_row_is_kept_with_what_it_says(
    records: Records, collection: CollectionInfo, manifest: Path
) -> None:
    report = run(records, manifest)
    assert report.new + report.known + report.failed == ROWS
    assert report.failures["row-without-photo"] == 6
    kept = contents(records.home)
    assert len(kept["provenance"]) == len(kept["appearances"]) == ROWS - 6
    by_location = {row[1]: row for row in kept["provenance"]}
    assert by_location[f"{manifest}#row=18"][3:9] == (
        "2022-03-18 10:00:00.000000",
        120,
        None,
        None,
        "3",
        json.dumps({"note": "x" * 17}),
    )
    (material,) = kept["materials"]
    assert material[1:3] == (str(manifest), manifest.suffix[1:])
    reference = records.references([1])[1]
    assert (reference.page_title, reference.captured_by) == ("Page 1", "source")
    assert reference.place.stored_at.startswith(str(manifest.parent))
    assert Path(reference.place.stored_at).is_file()


@pytest.mark.parametrize("lives", [0, 1, 5, 14, 23])
def test_a_manifest_is_gone_on_with_at_the_row(tmp_path: Path, manifest: Path, lives: int) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for home in (whole, cut):
        with open_records(home, create=True) as records:
            add_collection(records)
            if home is cut:
                with pytest.raises(InterruptedError):
                    run(records, manifest, Dying(lives))
                done = records.count_import(1).visited
    with open_records(whole) as records:
        undisturbed = run(records, manifest)
    with open_records(cut) as records:
        analyser = MadeUpAnalyser()
        report = run(records, manifest, analyser)
        assert report.resumed
        assert len(analyser.seen) < 40 or not done
    same = ("new", "known", "failed", "failures", "faces")
    assert [getattr(report, name) for name in same] == [getattr(undisturbed, name) for name in same]
    assert contents(cut) == contents(whole)


def test_what_is_no_manifest_begins_no_import(
    records: Records, collection: CollectionInfo, tmp_path: Path
) -> None:
    (tmp_path / "table.csv").write_text("name\n1\n")
    with pytest.raises(UsageError, match='no column "photo"'):
        run(records, tmp_path / "table.csv")
    assert contents(records.home)["imports"] == []


def test_a_photo_named_by_its_path_and_by_rows_is_one_photo_with_several_sources(
    records: Records, collection: CollectionInfo, manifest: Path
) -> None:
    run(records, manifest.parent)  # a manifest in a folder is a table like any other, and passed over
    photos = contents(records.home)["photos"]
    report = run(records, manifest)
    assert (report.new, report.known) == (0, ROWS - 6)
    assert contents(records.home)["photos"] == photos
