"""The particulars of a dead person for an authority: as JSON values, and laid out for print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from antigone.casework.onward import EntryKind, OnwardState
from antigone.casework.particulars import Standing
from antigone.casework.report.tables import plain, when, words_table
from antigone.evaluate.scorecard import FacePair, Scorecard, Section, Table
from antigone.identify.sheet.blur import BLURRED
from antigone.records.cases import CaseRecord, ProbeRecord
from antigone.records.deceased import OnwardRecord, ParticularRecord

FORM = "antigone-particulars-1"
NOTICE = (
    "Particulars of a person found dead, for the authority that the law names. They are what people "
    "recorded, each "
    "with its source. A face identifies nobody; where an identity stands here, a named source established "
    "it. A "
    "family is informed by the proper authority alone: pass this to nobody else."
)
KINDS = {
    "national-information-bureau": "National Information Bureau",
    "central-tracing-agency": "Central Tracing Agency",
    "police-liaison": "police liaison",
    "other": "other authority",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ParticularsInput:
    """What a document of particulars is made of."""

    case: CaseRecord
    organisation: str
    standing: Sequence[Standing]
    probes: Sequence[ProbeRecord]
    names: Mapping[int, str]
    notices: Sequence[str]
    faces: Sequence[FacePair]
    veiled: bool
    made_at: datetime
    made_by: str
    version: str


def particulars_document(given: ParticularsInput) -> dict[str, object]:
    """Return the particulars as JSON values, every change included."""
    return {
        "form": FORM,
        "case": given.case.number,
        "organisation": given.organisation,
        "legal_basis": given.case.basis,
        "made_at": given.made_at.isoformat(),
        "made_by": given.made_by,
        "antigone": given.version,
        "notices": [*given.notices, NOTICE],
        "particulars": [standing_document(one, given.names) for one in given.standing if one.entries],
        "photos": [
            {
                "sha256": probe.sha256,
                "bytes": probe.byte_size,
                "source": probe.source,
                "added_at": probe.added_at.isoformat(),
            }
            for probe in given.probes
        ],
    }


def standing_document(one: Standing, names: Mapping[int, str]) -> dict[str, object]:
    """Return a field with what stands in it and every entry that was ever made."""
    return {
        **one.field.document(one.name),
        "value": None if one.latest is None else one.latest.value,
        "entries": [entry_document(entry, names) for entry in one.entries],
    }


def entry_document(entry: ParticularRecord, names: Mapping[int, str]) -> dict[str, object]:
    """Return one entry; a value of None says that what stood there does not hold."""
    return {
        "entry": entry.id,
        "value": entry.value,
        "source": entry.source,
        "recorded_by": entry.recorded_by,
        "recorded_by_name": names.get(entry.recorded_by),
        "recorded_at": entry.recorded_at.isoformat(),
    }


def onward_document(entry: OnwardRecord, state: OnwardState) -> dict[str, object]:
    """Return one entry of an onward record."""
    return {
        "entry": entry.id,
        "kind": entry.kind,
        "holds": entry in state.standing,
        "authority_kind": entry.authority_kind,
        "authority": entry.authority,
        "reference": entry.reference,
        "document": entry.document,
        "on": entry.on_day.isoformat(),
        "by_whom": entry.by_whom,
        "note": entry.note,
        "corrects": entry.corrects,
        "recorded_by": entry.recorded_by,
        "recorded_at": entry.recorded_at.isoformat(),
    }


def onward_state_document(case: CaseRecord, state: OnwardState) -> dict[str, object]:
    """Return the onward record of a case."""
    return {
        "case": case.number,
        "family_informed": state.family_informed,
        "entries": [onward_document(entry, state) for entry in state.entries],
    }


def particulars_card(given: ParticularsInput) -> Scorecard:
    """Lay the particulars out for print."""
    changed = [one for one in given.standing if len(one.entries) > 1 or (one.entries and one.latest is None)]
    sections = [Section(title="Particulars", tables=(particulars_table(given.standing, given.names),))]
    if given.probes:
        rows = tuple(
            (probe.sha256, f"{probe.byte_size:,} bytes, added {when(probe.added_at)}")
            for probe in given.probes
        )
        sections.append(
            Section(
                title="Photos",
                tables=(words_table("Photos of the person, by hash", ("SHA-256", ""), rows, (5, 3)),),
                faces=tuple(given.faces),
            )
        )
    if changed:
        entries = tuple(
            (
                one.field.label,
                "does not hold" if entry.value is None else entry.value,
                f"{entry.source}; {given.names.get(entry.recorded_by, '')}, {when(entry.recorded_at)}",
            )
            for one in changed
            for entry in one.entries
        )
        table = words_table("Every entry, oldest first", ("field", "entry", "source"), entries, (2, 2.5, 3))
        sections.append(Section(title="What was changed", tables=(table,)))
    return Scorecard(
        title=f"Particulars, case {given.case.number}",
        facts=(
            ("Recorded by", plain(given.organisation)),
            ("Legal basis", plain(given.case.basis)),
            ("Made at", when(given.made_at)),
            ("Made by", plain(given.made_by)),
        ),
        notice=" ".join(
            (
                *(one[:1].upper() + one[1:] for one in given.notices),
                NOTICE,
                *((BLURRED,) if given.veiled and given.faces else ()),
            )
        ),
        sections=tuple(sections),
    )


def known_section(standing: Sequence[Standing], names: Mapping[int, str]) -> Section:
    """Return what stands, and name the fields that nothing is known of in a sentence."""
    known = [one for one in standing if one.latest is not None]
    unknown = ", ".join(one.field.label.lower() for one in standing if one.latest is None)
    return Section(
        title="Particulars",
        text=(f"Nothing is recorded as: {unknown}.",) if unknown else (),
        tables=(particulars_table(known, names),) if known else (),
    )


def particulars_table(standing: Sequence[Standing], names: Mapping[int, str]) -> Table:
    """Return what stands in each field with its source; fields that nothing is known of are listed too."""
    rows = tuple(
        (
            one.field.label,
            one.value or "not known",
            "" if one.latest is None else _source(one.latest, names),
            one.field.source,
        )
        for one in standing
    )
    return words_table(
        "As they stand", ("field", "recorded", "source", "asked for in"), rows, (2.2, 2.6, 2.6, 1.8)
    )


def onward_tables(state: OnwardState, names: Mapping[int, str]) -> tuple[Table, ...]:
    """Return the onward record, entries that do not hold included."""
    if not state.entries:
        return (words_table("Entries", ("",), (("Nothing was given to any authority.",),), (1,)),)
    standing = state.standing
    rows = tuple(
        (
            str(entry.id),
            entry.kind.replace("-", " ") + ("" if entry in standing else " (does not hold)"),
            f"{KINDS[entry.authority_kind]}: {entry.authority}, {entry.reference}",
            f"{entry.on_day:%Y-%m-%d}, {entry.by_whom}",
            _what(entry),
            f"{names.get(entry.recorded_by, '')}, {when(entry.recorded_at)}",
        )
        for entry in state.entries
    )
    columns = ("no.", "entry", "authority", "when, by whom", "what", "recorded by")
    word = (
        "The family is recorded as informed."
        if state.family_informed
        else "The family is not recorded as informed."
    )
    return (words_table(word, columns, rows, (0.5, 1.4, 2.4, 1.8, 2.6, 1.9)),)


def _source(entry: ParticularRecord, names: Mapping[int, str]) -> str:
    return f"{entry.source}; {names.get(entry.recorded_by, '')}, {when(entry.recorded_at)}"


def _what(entry: OnwardRecord) -> str:
    said = [entry.note, f"document {entry.document}" if entry.document else ""]
    if entry.corrects is not None:
        verb = "withdraws" if entry.kind == EntryKind.WITHDRAWN else "corrects"
        said.append(f"{verb} {entry.corrects}")
    return "; ".join(part for part in said if part) or "-"
