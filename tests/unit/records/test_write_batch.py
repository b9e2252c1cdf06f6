"""A batch of visits: what counts as what, and that it is written whole or not at all."""

import hashlib
import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sqlalchemy import text

from antigone.errors import StorageFullError
from antigone.provenance import Place
from antigone.records import ImportInfo, Outcome, Records, Visit
from antigone.types import Analysis, Failure, FailureCode
from made_up import BROKEN, NO_FACE, add_collection, analysis, face, facts, template, undecodable

UNREADABLE = Failure(code=FailureCode.UNREADABLE, message="Permission denied.")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def visit(location: str, content: str, result: Analysis | None = None, *, replaces: bool = False) -> Visit:
    return Visit(
        location=location,
        place=Place.of_file(location),
        sha256=sha(content),
        byte_size=len(content),
        analysis=result,
        replaces=replaces,
    )


def failed(location: str) -> Visit:
    return Visit(location=location, place=Place.of_file(location), failure=UNREADABLE)


def count(records: Records, table: str) -> int:
    with records._engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_each_visit_has_one_outcome_and_they_sum_up(records: Records, running: ImportInfo) -> None:
    written = records.write_batch(
        running,
        [
            visit("/a", "one face", analysis(1)),
            visit("/b", "two faces", analysis(2, 3)),
            visit("/c", "no face", analysis()),
            visit("/d", "broken", undecodable()),
            failed("/e"),
            visit("/f", "one face"),
            visit("/g", "no face"),
        ],
    )
    outcomes = {Outcome.NEW: 2, Outcome.FAILED: 3, Outcome.KNOWN: 2}
    failures = {"face-not-detected": 1, "cannot-parse": 1, "unreadable": 1}
    for counts in (written.counts, records.count_import(running.id)):
        assert counts.outcomes == Counter(outcomes)
        assert counts.failures == failures
        assert counts.faces == 3
        assert counts.visited == 7
    whole = records.collection_counts(running.collection_id)
    assert (whole.photos, whole.faces, whole.imports) == (3, 3, 1)
    assert whole.failures == failures


def test_known_photos_are_those_that_this_model_analysed(records: Records, running: ImportInfo) -> None:
    records.write_batch(
        running,
        [
            visit("/a", "face", analysis(1)),
            visit("/b", "no face", analysis()),
            visit("/c", "broken", undecodable()),
        ],
    )
    asked = [sha(content) for content in ("face", "no face", "broken", "never seen")]

    def known(model: str, collection_id: int = running.collection_id) -> set[str]:
        return records.known_photos(collection_id=collection_id, model=model, sha256s=asked)

    assert known("m-1") == {sha("face"), sha("no face")}  # a broken one is tried again
    assert known("m-2") == set()
    assert known("m-1", add_collection(records, "other").id) == set()


def test_another_model_adds_templates_to_the_same_photo(records: Records, running: ImportInfo) -> None:
    records.write_batch(running, [visit("/a", "face", analysis(1))])
    second = records.begin_import(collection_id=running.collection_id, model="m-2", request="again")
    written = records.write_batch(second, [visit("/a", "face", analysis(1, 2))])
    assert written.counts.outcomes == {Outcome.NEW: 1}
    assert records.collection_counts(running.collection_id).photos == 1
    assert records.reference_summary(running.collection_id, "m-1").count == 1
    assert records.reference_summary(running.collection_id, "m-2").count == 2


def test_bytes_that_were_analysed_twice_count_once(records: Records, running: ImportInfo) -> None:
    written = records.write_batch(
        running, [visit("/a", "face", analysis(1)), visit("/b", "face", analysis(1))]
    )
    assert written.counts.outcomes == {Outcome.NEW: 1, Outcome.KNOWN: 1}
    again = records.write_batch(running, [visit("/c", "face", analysis(1))])
    assert again.counts.outcomes == {Outcome.KNOWN: 1}
    assert len(again.reference_ids) == 0
    assert records.reference_summary(running.collection_id, "m-1").count == 1


def test_visited_tells_locations_and_what_was_seen(records: Records, running: ImportInfo) -> None:
    records.write_batch(
        running,
        [
            visit("/a", "face", analysis(1)),
            visit("/b", "broken", undecodable()),
            failed("/\udce9"),
        ],
    )
    asked = ["/a", "/b", "/\udce9", "/z"]
    assert records.visited(running.id, asked) == {"/a": sha("face"), "/b": sha("broken"), "/\udce9": None}
    assert records.visited(running.id + 1, asked) == {}


def test_what_changed_between_two_runs_is_on_record_as_it_was_and_as_it_is(
    records: Records, running: ImportInfo
) -> None:
    records.write_batch(
        running,
        [
            visit("/a", "old", analysis(1)),
            failed("/b"),
        ],
    )
    records.write_batch(
        running,
        [visit("/a", "new", analysis(2), replaces=True), visit("/b", "more", analysis(3), replaces=True)],
    )
    assert records.visited(running.id, ["/a", "/b"]) == {"/a": sha("new"), "/b": sha("more")}
    assert records.count_import(running.id).outcomes == Counter({Outcome.NEW: 3})
    assert {found.source for found in records.references([1, 2, 3]).values()} == {"/a", "/b"}
    records.write_batch(running, [visit("/a", "broken", undecodable(), replaces=True)])
    assert records.visited(running.id, ["/a"]) == {"/a": sha("broken")}
    records.write_batch(running, [visit("/a", "old", replaces=True)])
    assert records.visited(running.id, ["/a"]) == {"/a": sha("old")}
    assert len(records.references([1, 2, 3])) == 3


def test_a_batch_is_written_whole_or_not_at_all(records: Records, running: ImportInfo) -> None:
    with pytest.raises(LookupError, match="/b"):
        records.write_batch(running, [visit("/a", "face", analysis(1)), visit("/b", "of unknown origin")])
    for table in ("photos", "sources", "analyses", "faces", "templates", "failures"):
        assert count(records, table) == 0


def test_a_full_disk_leaves_what_was_written_and_nothing_half(records: Records, running: ImportInfo) -> None:
    records.write_batch(running, [visit("/a", "face", analysis(1))])
    with records._writer.connect() as connection:  # the pool hands the same connection to the next batch
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    batch = [visit(f"/{number}", f"{number}", analysis(number)) for number in range(200)]
    with pytest.raises(StorageFullError, match="is full") as caught:
        records.write_batch(running, batch)
    assert "same command again" in caught.value.hint
    assert count(records, "photos") == count(records, "sources") == count(records, "templates") == 1
    with records._writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert records.write_batch(running, batch).counts.outcomes == {Outcome.NEW: 200}


def test_reference_ids_are_never_used_again(records: Records, running: ImportInfo) -> None:
    first = records.write_batch(running, [visit("/a", "1", analysis(1)), visit("/b", "2", analysis(2))])
    with records._writer.begin() as connection:
        connection.execute(text("DELETE FROM photos"))
    assert count(records, "templates") == 0  # all that hangs on a photo goes with it
    second = records.write_batch(running, [visit("/c", "3", analysis(3))])
    assert second.reference_ids.min() > first.reference_ids.max()


def test_a_collection_goes_with_all_that_it_holds(records: Records, running: ImportInfo) -> None:
    records.write_batch(running, [visit("/a", "1", analysis(1)), visit("/b", "broken", undecodable())])
    with records._writer.begin() as connection:
        connection.execute(text("DELETE FROM collections"))
    tables = ("imports", "photos", "sources", "failures", "analyses", "faces", "templates")
    assert [count(records, table) for table in tables] == [0] * len(tables)


def test_what_is_written_is_what_is_read_back(records: Records, running: ImportInfo) -> None:
    batch = [visit(f"/{number}", f"{number}", analysis(number, number + 500)) for number in range(300)]
    written = records.write_batch(running, batch)
    assert (np.diff(written.reference_ids) > 0).all()
    (ids, templates), *rest = records.iter_templates(running.collection_id, "m-1")
    assert rest == []
    np.testing.assert_array_equal(ids, written.reference_ids)
    np.testing.assert_array_equal(templates, written.templates)
    expected = np.stack([template(seed) for number in range(300) for seed in (number, number + 500)])
    np.testing.assert_allclose(templates, expected, atol=2**-11)


EXAMPLE = itertools.count()
unit_vectors = (
    arrays(np.float64, 128, elements=st.floats(-1, 1))
    .filter(lambda vector: np.linalg.norm(vector) > 0.1)
    .map(lambda vector: (vector / np.linalg.norm(vector)).astype(np.float32))
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(vector=unit_vectors, name=st.text(st.characters(exclude_categories=()), min_size=1))
def test_any_template_and_any_name_survive(
    records: Records, running: ImportInfo, vector: np.ndarray, name: str
) -> None:
    """Rounding to float16 moves no number by more than half a step, and so no score by more than 0.001."""
    one = face(1)
    made = type(one)(
        box=one.box,
        landmarks=one.landmarks,
        detection_score=one.detection_score,
        roll=one.roll,
        quality=one.quality,
        template=vector,
    )
    tag = next(EXAMPLE)  # the same import goes on from one example to the next
    location = f"/{tag}/{name}"
    result = Analysis(faces=(made,), failure=None, facts=facts())
    written = records.write_batch(running, [visit(location, str(tag), result)])
    (reference,) = written.reference_ids.tolist()
    _, templates = records.templates([reference])
    np.testing.assert_allclose(templates[0], vector, atol=2**-12, rtol=2**-11)
    assert abs(float(templates[0].astype(np.float32) @ vector) - 1) < 1e-3
    assert records.references([reference])[reference].source == location


def test_failures_are_listed_by_code_as_the_latest_import_met_them(
    records: Records, running: ImportInfo
) -> None:
    records.write_batch(
        running,
        [visit(f"/{n}", f"no face {n}", analysis()) for n in range(5)]
        + [visit("/x", "broken", undecodable())],
    )
    later = records.begin_import(collection_id=running.collection_id, model="m-1", request="later")
    records.write_batch(later, [visit("/x", "broken", undecodable())])
    found = records.failures(running.collection_id, each=2)
    assert [(failure.code, failure.source, failure.message) for failure in found] == [
        ("cannot-parse", "/x", BROKEN.message),
        ("face-not-detected", "/0", NO_FACE.message),
        ("face-not-detected", "/1", NO_FACE.message),
    ]
    assert found[0].import_id == later.id
    assert len(records.failures(running.collection_id)) == 6
    assert records.collection_counts(running.collection_id).failures == {
        "cannot-parse": 1,
        "face-not-detected": 5,
    }


def test_the_same_request_finds_its_unfinished_import(records: Records, running: ImportInfo) -> None:
    def begin(**different: object) -> ImportInfo:
        asked = {"collection_id": running.collection_id, "model": "m-1", "request": "all of it"}
        return records.begin_import(**asked | different)  # type: ignore[arg-type]

    again = begin()
    assert (again.id, again.resumed) == (running.id, True)
    assert not begin(request="something else").resumed
    assert not begin(model="m-2").resumed
    assert not begin(collection_id=add_collection(records, "other").id).resumed
    records.finish_import(running.id)
    assert not begin().resumed


def test_what_somebody_received_stays_in_their_name(
    records: Records, running: ImportInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(collector: str) -> ImportInfo:
        return records.begin_import(
            collection_id=running.collection_id, model="m-1", request="all of it", collector=collector
        )

    first, second = begin("Anna"), begin("Borys")
    assert len({running.id, first.id, second.id}) == 3
    assert (begin("Anna").id, begin("Anna").resumed) == (first.id, True)
    monkeypatch.setattr("antigone.records.imports.version", lambda name: "99.0")
    assert begin("Anna").id not in {running.id, first.id, second.id}
