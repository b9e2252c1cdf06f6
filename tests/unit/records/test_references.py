import hashlib
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from sqlalchemy import text

from antigone.provenance import Place
from antigone.records import ImportInfo, Records, Visit
from antigone.types import Analysis, Box
from made_up import add_collection, analysis, face, facts

SHA = hashlib.sha256(b"photo").hexdigest()


def fill(records: Records, running: ImportInfo, number: int, start: int = 0) -> None:
    records.write_batch(
        running,
        [
            Visit(
                location=f"/{n}.jpg",
                place=Place.of_file(f"/{n}.jpg"),
                sha256=hashlib.sha256(b"%d" % n).hexdigest(),
                analysis=analysis(n),
            )
            for n in range(start, start + number)
        ],
    )


@pytest.mark.parametrize("batch", [1, 7, 10, 11, 65_536])
def test_templates_come_in_pages_without_gap_or_repetition(
    records: Records, running: ImportInfo, batch: int
) -> None:
    fill(records, running, 10)
    pages = list(records.iter_templates(running.collection_id, "m-1", batch=batch))
    assert all(len(ids) == len(templates) <= batch for ids, templates in pages)
    ids = np.concatenate([ids for ids, _ in pages])
    np.testing.assert_array_equal(ids, records.reference_ids(running.collection_id, "m-1"))
    assert (np.diff(ids) > 0).all()
    templates = np.concatenate([templates for _, templates in pages])
    assert templates.dtype == np.float16
    np.testing.assert_array_equal(templates, records.templates(ids.tolist())[1])


def test_templates_after_an_id(records: Records, running: ImportInfo) -> None:
    fill(records, running, 10)
    ids = records.reference_ids(running.collection_id, "m-1")
    ((later, _),) = records.iter_templates(running.collection_id, "m-1", after=int(ids[3]))
    np.testing.assert_array_equal(later, ids[4:])
    assert list(records.iter_templates(running.collection_id, "m-1", after=int(ids[-1]))) == []


def test_more_templates_than_one_query_takes_parameters(records: Records, running: ImportInfo) -> None:
    fill(records, running, 3)
    ids, templates = records.templates([*range(40_000, 0, -1)])
    assert ids.tolist() == [1, 2, 3]
    assert templates.shape == (3, 128)
    assert len(records.references(range(40_000))) == 3


def test_collections_and_models_are_kept_apart(records: Records, running: ImportInfo) -> None:
    fill(records, running, 2)
    other = add_collection(records, "other").id
    elsewhere = records.begin_import(collection_id=other, model="m-1", request="")
    fill(records, elsewhere, 3)
    summary = records.reference_summary(running.collection_id, "m-1")
    assert (summary.count, summary.max_id) == (2, 2)
    assert records.reference_ids(other, "m-1").tolist() == [3, 4, 5]
    empty = records.reference_summary(running.collection_id, "m-2")
    assert (empty.count, empty.max_id) == (0, 0)
    assert len(records.reference_ids(running.collection_id, "m-2")) == 0


@pytest.mark.parametrize(
    "captured_at",
    [
        None,
        datetime(2019, 5, 4, 3, 2, 1, 500),
        datetime(2019, 5, 4, 3, 2, 1, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
    ],
)
def test_a_reference_tells_all_that_a_candidate_shows(
    records: Records, running: ImportInfo, captured_at: datetime | None
) -> None:
    seen = Analysis(faces=(face(7), face(8)), failure=None, facts=replace(facts(), captured_at=captured_at))
    records.write_batch(
        running,
        [
            Visit(
                location="/first \N{BABY}.jpg",
                place=Place.of_file("/first \N{BABY}.jpg"),
                sha256=SHA,
                analysis=seen,
            ),
            Visit(location="/second", place=Place.of_file("/second"), sha256=SHA),
        ],
    )
    found = records.references([2, 99, 1])
    assert set(found) == {1, 2}
    second = found[2]
    assert (second.reference, second.collection, second.collection_id) == (2, "archive", 1)
    assert (second.photo, second.face, second.box, second.quality) == (
        SHA,
        2,
        Box(9.5, 2.5, 30.25, 40.125),
        8,
    )
    assert (second.source, second.page_url, second.page_title) == ("/first \N{BABY}.jpg", None, None)
    assert second.captured_at == captured_at
    assert repr(second.captured_at) == repr(captured_at)  # in its own zone, where it has one


def test_no_ids_no_references(records: Records) -> None:
    assert records.references([]) == {}
    ids, templates = records.templates([])
    assert len(ids) == len(templates) == 0


def test_the_number_of_references_is_kept_however_they_come_and_go(
    records: Records, running: ImportInfo
) -> None:
    def summary() -> tuple[int, int]:
        found = records.reference_summary(running.collection_id, "m-1")
        assert found.count == len(records.reference_ids(running.collection_id, "m-1"))
        return found.count, found.max_id

    fill(records, running, 5)
    assert summary() == (5, 5)
    for deletion, expected in (
        ("DELETE FROM templates WHERE id = 5", (4, 4)),
        ("DELETE FROM faces WHERE id IN (1, 2)", (2, 4)),
        ("DELETE FROM photos WHERE id = 4", (1, 3)),
    ):
        with records._writer.begin() as connection:
            connection.execute(text(deletion))
        assert summary() == expected
    fill(records, running, 2, start=10)
    assert summary() == (3, 7)
    with records._writer.begin() as connection:
        connection.execute(text("DELETE FROM collections"))
    assert summary() == (0, 0)
