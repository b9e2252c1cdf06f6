"""The particulars of a dead person, as the Geneva Conventions and disaster victim identification list them.

Articles 16 and 17 of the First Convention say what a party records of the dead who fall into its hands and
sends on; the fields of the second group are the first facts of a post-mortem record as INTERPOL's guide to
disaster victim identification orders them, in our own words. Nothing that was recorded is overwritten: the
latest entry of a field stands, and all earlier ones stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from antigone.access import Permission, Principal
from antigone.access.directory import AuditSink
from antigone.audit.deceased_events import ParticularRecorded
from antigone.casework.cases import Purpose
from antigone.casework.words import one_line, some_lines
from antigone.errors import CaseClosedError, NotFoundError, UsageError
from antigone.records.cases import CaseRecord
from antigone.records.deceased import Deceased, ParticularRecord


class Form(StrEnum):
    """What can stand in a field."""

    LINE = "line"  # one line of text
    TEXT = "text"  # several lines
    DATE = "date"  # 1987, 1987-04 or 1987-04-12: what is known of it
    RANGE = "range"  # one whole number or two, such as 25-35
    CHOICE = "choice"  # one of the listed words
    CHOICES = "choices"  # one or several of them, with commas between


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the particulars."""

    label: str
    form: Form
    source: str  # where it is asked for
    choices: tuple[str, ...] = ()
    unit: str = ""
    most: int = 0  # largest number of a range

    def document(self, name: str) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "field": name,
            "label": self.label,
            "form": self.form.value,
            "asked_for_in": self.source,
            "choices": list(self.choices),
            "unit": self.unit,
        }


def _gc(letter: str) -> str:
    return f"GC I, Art. 16 ({letter})"


_GRAVE = "GC I, Art. 17"
_EFFECTS = "GC I, Art. 16"
_DVI = "DVI, post-mortem"
_L, _T, _D = Form.LINE, Form.TEXT, Form.DATE

FIELDS: Mapping[str, Field] = {
    "power": Field(label="Power on which the person depends", form=_L, source=_gc("a")),
    "service-number": Field(label="Army, regimental, personal or serial number", form=_L, source=_gc("b")),
    "surname": Field(label="Surname", form=_L, source=_gc("c")),
    "first-names": Field(label="First name or names", form=_L, source=_gc("d")),
    "birth-date": Field(label="Date of birth", form=_D, source=_gc("e")),
    "identity-card": Field(label="Other particulars on the identity card or disc", form=_T, source=_gc("f")),
    "event": Field(
        label="What befell the person", form=Form.CHOICE, source=_gc("g"), choices=("capture", "death")
    ),
    "event-date": Field(label="Date of capture or death", form=_D, source=_gc("g")),
    "event-place": Field(label="Place of capture or death", form=_L, source=_gc("g")),
    "health": Field(label="Wounds or illness, or cause of death", form=_T, source=_gc("h")),
    "burial-place": Field(label="Place of the grave, or where the remains are kept", form=_T, source=_GRAVE),
    "grave-marking": Field(label="How the grave is marked", form=_L, source=_GRAVE),
    "effects": Field(label="Effects, money, last will, half of the identity disc", form=_T, source=_EFFECTS),
    "pm-number": Field(label="Post-mortem number of the body", form=_L, source=_DVI),
    "found-date": Field(label="Date found", form=_D, source=_DVI),
    "found-place": Field(label="Place found", form=_L, source=_DVI),
    "sex": Field(label="Sex", form=Form.CHOICE, source=_DVI, choices=("female", "male", "undetermined")),
    "age": Field(label="Estimated age", form=Form.RANGE, source=_DVI, unit="years", most=120),
    "stature": Field(label="Stature", form=Form.RANGE, source=_DVI, unit="cm", most=260),
    "hair": Field(label="Hair", form=_L, source=_DVI),
    "eyes": Field(label="Eyes", form=_L, source=_DVI),
    "marks": Field(label="Marks, scars, tattoos", form=_T, source=_DVI),
    "clothing": Field(label="Clothing", form=_T, source=_DVI),
    "face-condition": Field(
        label="Condition of the face",
        form=Form.CHOICES,
        source=_DVI,
        choices=(
            "intact",
            "injured",
            "swollen",
            "discoloured",
            "decomposed",
            "burnt",
            "incomplete",
            "skeletal",
        ),
    ),
}
"""Name of a field and what it holds, in the order in which documents list them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A field as it stands, and every entry that was ever made of it, oldest first."""

    name: str
    field: Field
    entries: tuple[ParticularRecord, ...]

    @property
    def latest(self) -> ParticularRecord | None:
        """The entry that stands; None where there is none, or the last one was taken back."""
        last = self.entries[-1] if self.entries else None
        return None if last is None or last.value is None else last

    @property
    def value(self) -> str:
        """What stands, with its unit; empty where nothing does."""
        if self.latest is None:
            return ""
        return f"{self.latest.value} {self.field.unit}".strip()


class Particulars:
    """The particulars of the dead of one workspace's cases."""

    def __init__(self, deceased: Deceased, audit: AuditSink) -> None:
        self._deceased = deceased
        self._audit = audit

    def record(
        self, case: CaseRecord, said: Mapping[str, str], *, source: str, by: Principal
    ) -> tuple[ParticularRecord, ...]:
        """Record particulars with how they are known; all of them or, where one does not do, none.

        Raises `UsageError`, `NotFoundError`, `CaseClosedError` and `ForbiddenError`.
        """
        self._check(case, by)
        if not said:
            raise UsageError("nothing was said", hint="give at least one field, such as sex=male")
        values = {name: read_value(name, given) for name, given in said.items()}
        how = one_line(source, "source (how this is known)")
        return self._add(case, values, how, by)

    def withdraw(self, case: CaseRecord, name: str, *, reason: str, by: Principal) -> ParticularRecord:
        """Say that what stands in a field does not hold. Raises as `record`; `NotFoundError` for none."""
        self._check(case, by)
        _field(name)
        standing = {one.name: one for one in self._standing(case)}[name]
        if standing.latest is None:
            raise NotFoundError(f"case {case.number} has nothing recorded as {name}")
        (withdrawn,) = self._add(case, {name: None}, one_line(reason, "reason"), by)
        return withdrawn

    def standing(self, case: CaseRecord, *, by: Principal) -> tuple[Standing, ...]:
        """Return every field with its entries, in the order of `FIELDS`. Raises as `record`."""
        by.require(Permission.CASE_READ)
        check_deceased(case, by)
        return self._standing(case)

    def _standing(self, case: CaseRecord) -> tuple[Standing, ...]:
        made: dict[str, list[ParticularRecord]] = {name: [] for name in FIELDS}
        for entry in self._deceased.particulars(case.id):
            made[entry.field].append(entry)
        return tuple(
            Standing(name=name, field=field, entries=tuple(made[name])) for name, field in FIELDS.items()
        )

    def _add(
        self, case: CaseRecord, values: Mapping[str, str | None], source: str, by: Principal
    ) -> tuple[ParticularRecord, ...]:
        now = datetime.now(UTC)
        said = {"case_id": case.id, "source": source, "recorded_by": by.person, "recorded_at": now}
        added = self._deceased.record(
            [{**said, "field": name, "value": value} for name, value in values.items()]
        )
        for one in added:
            recorded = ParticularRecorded(
                by=by.person, case=case.number, entry=one.id, field=one.field, holds=one.value is not None
            )
            self._audit.append(recorded.event())
        return added

    def _check(self, case: CaseRecord, by: Principal) -> None:
        by.require(Permission.CASE_WORK)
        check_deceased(case, by)
        if case.closed_at is not None:
            raise CaseClosedError(f"case {case.number} is closed", hint="a supervisor can reopen it")


def check_deceased(case: CaseRecord, by: Principal) -> None:
    """Raise unless it is a case of one's own organisation about somebody dead."""
    if case.organisation_id != by.organisation:
        raise NotFoundError(f"there is no case {case.number}")
    if case.purpose != Purpose.UNIDENTIFIED_DECEASED:
        raise UsageError(
            f"case {case.number} is not about somebody dead",
            hint="particulars and onward record belong to cases of the purpose unidentified-deceased",
        )


def read_value(name: str, given: str) -> str:
    """Return what is said in a field in its one form. Raises `UsageError`."""
    field = _field(name)
    match field.form:
        case Form.TEXT:
            return some_lines(given, field.label.lower())
        case Form.LINE:
            return one_line(given, field.label.lower())
        case Form.DATE:
            return _date(one_line(given, field.label.lower()), name)
        case Form.RANGE:
            return _range(one_line(given, field.label.lower()), name, field)
        case Form.CHOICE | Form.CHOICES:
            words = [word.strip().lower() for word in given.split(",")]
            wrong = [word for word in words if word not in field.choices]
            if wrong or (field.form is Form.CHOICE and len(words) > 1):
                some = "one of" if field.form is Form.CHOICE else "one or several of"
                raise UsageError(f"{name} is {some}: {', '.join(field.choices)}")
            return ", ".join(word for word in field.choices if word in words)


def _field(name: str) -> Field:
    if name not in FIELDS:
        raise UsageError(f"there is no field {name}", hint=f"there are: {', '.join(FIELDS)}")
    return FIELDS[name]


def _date(text: str, name: str) -> str:
    match = re.fullmatch(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", text)
    try:
        if match is None:
            raise ValueError(text)
        known = date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError as error:
        raise UsageError(
            f"{name} is a date", hint="such as 1987-04-12, or 1987-04, or 1987 where no more is known"
        ) from error
    if known > datetime.now(UTC).date():
        raise UsageError(f"{name} lies in the future")
    return text


def _range(text: str, name: str, field: Field) -> str:
    match = re.fullmatch(r"(\d{1,3})(?:\s*[-\N{EN DASH}]\s*(\d{1,3}))?", text)
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not low <= high <= field.most:
        raise UsageError(f"{name} is a number of {field.unit} or two of them, such as 25-35")
    return str(low) if low == high else f"{low}-{high}"
