from datetime import UTC, date, datetime, timedelta

import pytest

from antigone.errors import BusyError, ConflictError, NotFoundError, UsageError
from antigone.records import Records
from made_up import add_collection

FIELDS = {
    "name": "portraits",
    "owner": "Unit 7",
    "source": "passport office",
    "purpose": "missing persons",
    "basis": "section 12",
    "jurisdiction": "Ukraine",
}


def test_a_collection_comes_back_as_it_was_given(records: Records) -> None:
    before = datetime.now(UTC)
    added = records.add_collection(**FIELDS, retain_until=date(2999, 12, 31))
    assert records.collection("portraits") == added
    assert {field: getattr(added, field) for field in FIELDS} == FIELDS
    assert added.retain_until == date(2999, 12, 31)
    assert before <= added.created_at <= datetime.now(UTC)


@pytest.mark.parametrize("field", sorted(FIELDS))
@pytest.mark.parametrize("value", ["", "  \t", "two\nlines", "\udce9"])
def test_every_field_is_required_and_one_line(records: Records, field: str, value: str) -> None:
    with pytest.raises(UsageError, match=field):
        records.add_collection(**FIELDS | {field: value}, retain_until=date(2999, 1, 1))
    assert records.collections() == ()


def test_a_retention_date_that_has_passed_is_refused(records: Records) -> None:
    today = datetime.now(UTC).date()
    with pytest.raises(UsageError, match="has passed"):
        records.add_collection(**FIELDS, retain_until=today - timedelta(days=1))
    records.add_collection(**FIELDS, retain_until=today)


def test_a_name_is_taken_once_however_it_is_composed(records: Records) -> None:
    add_collection(records, "caf\N{LATIN SMALL LETTER E WITH ACUTE}")
    with pytest.raises(ConflictError, match="already"):
        add_collection(records, " cafe\N{COMBINING ACUTE ACCENT}")
    assert records.collection("cafe\N{COMBINING ACUTE ACCENT}").id == 1


def test_a_name_that_is_too_long_is_refused(records: Records) -> None:
    with pytest.raises(UsageError, match="100 characters"):
        add_collection(records, "x" * 101)


def test_an_unknown_name_is_answered_with_the_known_ones(records: Records) -> None:
    with pytest.raises(NotFoundError, match="nowhere") as caught:
        records.collection("nowhere")
    assert "antigone collection add" in caught.value.hint
    add_collection(records, "here")
    with pytest.raises(NotFoundError) as caught:
        records.collection("nowhere")
    assert "here" in caught.value.hint


def test_collections_are_listed_by_name(records: Records) -> None:
    for name in ("b", "a", "c"):
        add_collection(records, name)
    assert [collection.name for collection in records.collections()] == ["a", "b", "c"]


def test_one_writer_at_a_time_and_only_in_its_collection(records: Records) -> None:
    one, other = add_collection(records, "one"), add_collection(records, "other")
    with records.writer_lock(one):
        with (
            pytest.raises(BusyError, match="another import is writing to the collection one"),
            records.writer_lock(one),
        ):
            pass
        with records.writer_lock(other):
            pass
    with records.writer_lock(one):
        pass
