"""Particulars and onward records: typed, never overwritten, for cases about the dead, and sent to nobody."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from access_flows import kinds
from antigone.casework.onward import Authority, AuthorityKind, OnwardBook
from antigone.casework.particulars import FIELDS, Form, Particulars, read_value
from antigone.errors import CaseClosedError, ConflictError, ForbiddenError, NotFoundError, UsageError
from antigone.records.cases import CaseRecord
from case_unit import Unit

TRACING = Authority(kind=AuthorityKind.CENTRAL_TRACING_AGENCY, name="Tracing Agency", reference="T-7")
DOCUMENT = "ab" * 32
DAY = date(2026, 3, 1)


@pytest.fixture
def case(unit: Unit) -> CaseRecord:
    return unit.case("unidentified-deceased")


@pytest.fixture
def particulars(unit: Unit) -> Particulars:
    return Particulars(unit.records.deceased, unit.audit)


@pytest.fixture
def book(unit: Unit, case: CaseRecord) -> OnwardBook:
    unit.records.deceased.add_export(
        case_id=case.id,
        what="particulars",
        form="json",
        sha256=DOCUMENT,
        unblurred=False,
        person_id=unit.examiner.person,
        at=datetime.now(UTC),
        audit=1,
    )
    return OnwardBook(unit.records.deceased, unit.audit)


def test_the_fields_are_those_of_article_16_and_of_a_post_mortem_record() -> None:
    letters = [field.source[-2] for field in FIELDS.values() if "Art. 16 (" in field.source]
    assert sorted(set(letters)) == list("abcdefgh")
    post_mortem = {name for name, field in FIELDS.items() if field.source.startswith("DVI")}
    assert post_mortem >= {
        "pm-number",
        "found-date",
        "found-place",
        "sex",
        "age",
        "stature",
        "face-condition",
    }


def test_what_was_recorded_is_never_overwritten(
    unit: Unit, case: CaseRecord, particulars: Particulars
) -> None:
    examiner = unit.examiner
    particulars.record(case, {"sex": "Male", "age": "25 - 35"}, source="scene report", by=examiner)
    particulars.record(case, {"sex": "undetermined"}, source="pathologist", by=unit.supervisor)
    particulars.withdraw(case, "age", reason="wrong body", by=examiner)
    standing = {one.name: one for one in particulars.standing(case, by=unit.reviewer)}
    assert standing["sex"].value == "undetermined"
    assert [(one.value, one.source, one.recorded_by) for one in standing["sex"].entries] == [
        ("male", "scene report", examiner.person),
        ("undetermined", "pathologist", unit.supervisor.person),
    ]
    assert standing["age"].value == ""
    assert [one.value for one in standing["age"].entries] == ["25-35", None]
    assert kinds(unit.audit).count("particular-recorded") == 4
    told = " ".join(str(entry.body) for entry in unit.audit.entries())
    assert "scene report" not in told
    with pytest.raises(NotFoundError, match="nothing recorded"):
        particulars.withdraw(case, "age", reason="again", by=examiner)


def test_one_bad_value_records_nothing(unit: Unit, case: CaseRecord, particulars: Particulars) -> None:
    with pytest.raises(UsageError):
        particulars.record(case, {"sex": "male", "age": "old"}, source="s", by=unit.examiner)
    with pytest.raises(UsageError, match="source"):
        particulars.record(case, {"sex": "male"}, source=" ", by=unit.examiner)
    assert not any(one.entries for one in particulars.standing(case, by=unit.examiner))


def test_they_belong_to_open_cases_of_ones_own_about_the_dead(
    unit: Unit, case: CaseRecord, particulars: Particulars
) -> None:
    said = {"sex": "male"}
    with pytest.raises(UsageError, match="dead"):
        particulars.record(unit.case(), said, source="s", by=unit.examiner)
    with pytest.raises(NotFoundError):
        particulars.record(case, said, source="s", by=unit.stranger)
    with pytest.raises(ForbiddenError):
        particulars.record(case, said, source="s", by=unit.reviewer)
    unit.book.close(case, by=unit.examiner)
    with pytest.raises(CaseClosedError):
        particulars.record(unit.book.case(case.number, by=unit.examiner), said, source="s", by=unit.examiner)


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        ("birth-date", "1987", "1987"),
        ("birth-date", "1987-02-28", "1987-02-28"),
        ("stature", "170\N{EN DASH}180", "170-180"),
        ("age", "40", "40"),
        ("face-condition", "Burnt, injured", "injured, burnt"),
        ("surname", " Шевченко ", "Шевченко"),
        ("clothing", "coat\r\nboots", "coat\nboots"),
    ],
)
def test_values_are_read_in_one_form(field: str, given: str, kept: str) -> None:
    assert read_value(field, given) == kept


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("birth-date", "1987-02-30"),
        ("birth-date", f"{date.today() + timedelta(days=3)}"),
        ("age", "35-25"),
        ("age", "300"),
        ("sex", "male, female"),
        ("face-condition", ""),
        ("surname", "two\nlines"),
        ("clothing", "a\x00b"),
        ("surname", "x" * 2_001),
        ("nickname", "x"),
    ],
)
def test_values_that_do_not_do_are_refused(field: str, given: str) -> None:
    with pytest.raises(UsageError):
        read_value(field, given)


@given(name=st.sampled_from(sorted(FIELDS)), value=st.text(max_size=40))
def test_a_kept_value_is_read_as_itself(name: str, value: str) -> None:
    try:
        kept = read_value(name, value)
    except UsageError:
        return
    assert kept
    assert read_value(name, kept) == kept
    assert FIELDS[name].form is Form.TEXT or "\n" not in kept


def test_an_onward_entry_is_corrected_by_later_ones(unit: Unit, case: CaseRecord, book: OnwardBook) -> None:
    examiner = unit.examiner
    first = book.given(case, TRACING, document=DOCUMENT.upper(), on=DAY, by=examiner)
    assert (first.by_whom, first.document) == (examiner.shown_as, DOCUMENT)
    second = book.given(
        case, TRACING, document=DOCUMENT, on=DAY, by_whom="courier", corrects=first.id, by=examiner
    )
    informed = book.family_informed(case, TRACING, on=DAY, known_by="letter", by=examiner)
    state = book.state(case, by=unit.reviewer)
    assert state.standing == (second, informed)
    assert state.family_informed
    book.withdraw(case, informed.id, reason="another family", by=examiner)
    state = book.state(case, by=unit.reviewer)
    assert state.standing == (second,)
    assert not state.family_informed
    assert len(state.entries) == 4
    assert kinds(unit.audit)[-4:] == ["handed-on", "handed-on", "family-informed", "onward-withdrawn"]
    for wrong in (first.id, informed.id, 99):
        with pytest.raises(NotFoundError):
            book.withdraw(case, wrong, reason="r", by=examiner)
    with pytest.raises(ConflictError):
        book.family_informed(case, TRACING, on=DAY, known_by="k", corrects=second.id, by=examiner)


def test_only_what_was_exported_was_given_and_only_in_the_past(
    unit: Unit, case: CaseRecord, book: OnwardBook
) -> None:
    other = unit.case("unidentified-deceased")
    with pytest.raises(NotFoundError, match="exported"):
        book.given(other, TRACING, document=DOCUMENT, on=DAY, by=unit.examiner)
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    with pytest.raises(UsageError, match="future"):
        book.given(case, TRACING, document=DOCUMENT, on=tomorrow, by=unit.examiner)
    with pytest.raises(NotFoundError):
        book.given(case, TRACING, document=DOCUMENT, on=DAY, by=unit.stranger)
    with pytest.raises(ForbiddenError):
        book.family_informed(case, TRACING, on=DAY, known_by="k", by=unit.reviewer)
    assert book.state(case, by=unit.examiner).entries == ()


@pytest.mark.parametrize("table", ["particulars", "onward", "case_exports", "evaluations"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_keeps_what_was_written(
    unit: Unit,
    case: CaseRecord,
    particulars: Particulars,
    book: OnwardBook,
    *,
    table: str,
    statement: str,
) -> None:
    particulars.record(case, {"sex": "male"}, source="s", by=unit.examiner)
    book.given(case, TRACING, document=DOCUMENT, on=DAY, by=unit.examiner)
    unit.records.evaluations.keep(
        organisation_id=unit.examiner.organisation,
        model="m",
        kind="verification",
        people=60,
        photos=120,
        material=DOCUMENT,
        body="{}",
        sha256=DOCUMENT,
        audit=1,
        note="n",
        kept_by=unit.supervisor.person,
        kept_at=datetime.now(UTC),
    )
    with unit.records._writer.begin() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(text(statement.format(table)))


def test_the_database_refuses_a_document_that_was_not_exported(unit: Unit, case: CaseRecord) -> None:
    with pytest.raises(ConflictError, match="exported from this case"):
        unit.records.deceased.hand_on(
            case_id=case.id,
            kind="given",
            authority_kind="other",
            authority="a",
            reference="r",
            document=DOCUMENT,
            on_day=DAY,
            by_whom="b",
            note="",
            corrects=None,
            recorded_by=unit.examiner.person,
            recorded_at=datetime.now(UTC),
        )
