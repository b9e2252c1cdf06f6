"""What stands in the report of a case, section by section, before anyone decides how it looks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from antigone.audit import AuditEntry
from antigone.audit.case_proofs import CaseProofs
from antigone.casework.decisions import Stage, settled
from antigone.casework.features import FEATURES
from antigone.casework.file import CaseFile, SearchFile
from antigone.casework.measured import KeptEvaluation
from antigone.casework.onward import OnwardState
from antigone.casework.particulars import Standing
from antigone.casework.probes import faces_of_search
from antigone.casework.report.method import method_section
from antigone.casework.report.particulars import known_section, onward_tables
from antigone.casework.report.tables import plain, when, words_table
from antigone.evaluate.calibration import Calibration
from antigone.evaluate.scorecard import FacePair, Scorecard, Section, Table
from antigone.faces.adjust import steps_document
from antigone.identify.filters import filters_sentence
from antigone.identify.sheet.blur import BLURRED
from antigone.records.cases import CandidateRecord, ConclusionRecord, DecisionRecord
from antigone.types import CollectionInfo

NOTICE = (
    "A comparison score says how alike two faces look to a model. It is not an identity, and this report "
    "identifies nobody by a face: examiners compared photos, and what they hold is an opinion on pictures."
)
LIMITS = (
    "Photos show a moment: age, light, angle, injury, make-up and the quality of the picture change a face "
    "more "
    "than one would think. Relatives and strangers can look alike, and in large collections some do.",
    "A person who is in no searched collection cannot be found. That nobody was found proves nothing.",
    "A score ranks faces; it is not the chance that two photos show one person. The strength beside it says "
    "how "
    "many unrelated people would score as high, and holds for collections of this size.",
    "Error rates were measured on other people and other photos than those of this case. Where the photos "
    "differ "
    "from those that were measured, so do the errors.",
    "Two examiners decided apart from each other, the second without seeing the first decision; both can "
    "err, "
    "and on hard photos people err often.",
    "Antigone does not check what sources say of a photo: names, dates and places are theirs.",
)
MOST_PICTURES = 12  # candidates shown with a picture; all are listed
WORDS = {"potential-match": "potential match", "no-match": "no match", "inconclusive": "inconclusive"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReportInput:
    """Everything that a report is made of, as its reader may see it."""

    file: CaseFile
    names: Mapping[int, str]  # of people, by number
    collections: Mapping[str, CollectionInfo]
    evaluations: Sequence[KeptEvaluation]
    calibrations: Mapping[str, Calibration]  # in use, by model
    faces: Mapping[int, FacePair]  # of candidates, by number
    veiled: bool
    particulars: Sequence[Standing]  # () unless it is about somebody dead
    onward: OnwardState | None
    statements: Sequence[ConclusionRecord]
    proofs: CaseProofs
    kept_back: Sequence[AuditEntry]  # entries that tell what is not to be seen yet
    made_at: datetime
    made_by: str
    version: str


def case_report(given: ReportInput) -> Scorecard:
    """Lay out the report of a case."""
    case = given.file.case
    notices = list(dict.fromkeys(one for shown in given.file.searches for one in shown.notices))
    return Scorecard(
        title=f"Report of case {case.number}",
        facts=(
            ("Purpose", plain(case.explanation or case.purpose)),
            ("Opened", when(case.opened_at)),
            ("Closed", "open" if case.closed_at is None else when(case.closed_at)),
            ("Conclusion", _conclusion_word(given)),
            ("Made at", when(given.made_at)),
            ("Made by", plain(given.made_by)),
            ("Antigone", given.version),
        ),
        notice=" ".join(
            (*(one[:1].upper() + one[1:] for one in notices), NOTICE, *((BLURRED,) if given.veiled else ()))
        ),
        sections=(
            _question(given),
            *_about_the_dead(given),
            _material(given),
            method_section(given.file.searches, given.evaluations, given.calibrations),
            *_candidates(given),
            _decisions(given),
            _conclusion(given),
            *_onward(given),
            Section(title="Limits, in plain words", points=(*LIMITS, *_own_limits(given))),
            _audit(given),
        ),
    )


def _question(given: ReportInput) -> Section:
    case = given.file.case
    rows = [
        ("Title", case.title),
        (
            "Question",
            f"Who is the person on the probe photos? Searched as: {case.explanation or case.purpose}.",
        ),
        ("Legal basis", case.basis),
        ("Opened by", _name(given, case.opened_by)),
        *(
            (
                "Authorised",
                f"{one.authority}, {one.reference}, "
                f"{'without end' if one.expires_at is None else f'until {when(one.expires_at)}'}; recorded "
                f"by "
                f"{_name(given, one.recorded_by)}, {when(one.recorded_at)}",
            )
            for one in given.file.authorisations
        ),
    ]
    return Section(title="Question", tables=(_pairs("The case", rows),))


def _about_the_dead(given: ReportInput) -> list[Section]:
    if not given.particulars:
        return []
    return [known_section(given.particulars, given.names)]


def _onward(given: ReportInput) -> list[Section]:
    if given.onward is None:
        return []
    return [
        Section(
            title="Onward record",
            text=(
                "What people recorded they gave to authorities; Antigone itself sends nothing to anybody.",
            ),
            tables=onward_tables(given.onward, given.names),
        )
    ]


def _material(given: ReportInput) -> Section:
    probes = tuple(
        (
            probe.sha256,
            f"{probe.byte_size:,} bytes, {probe.source}",
            f"{_name(given, probe.added_by)}, {when(probe.added_at)}",
        )
        for probe in given.file.probes
    )
    exhibits = tuple(
        (note.sha256, note.text, f"{_name(given, note.person_id)}, {when(note.noted_at)}")
        for note in given.file.notes
        if note.sha256 is not None
    )
    used = dict.fromkeys(
        name for shown in given.file.searches for name in json.loads(shown.search.collections)
    )
    searched = tuple(
        (name, info.owner, info.source, f"{info.basis}; {info.jurisdiction}".strip("; "))
        for name in used
        if (info := given.collections.get(name)) is not None
    )
    steps = tuple(
        (face.photo, f"search {number}: {json.dumps(steps_document(face.steps), ensure_ascii=False)}")
        for number, shown in enumerate(given.file.searches, 1)
        for face in faces_of_search(shown.search)
        if face.steps
    )
    columns = ("SHA-256", "what it is", "added by")
    tables = []
    if probes:
        tables.append(words_table("Probe photos, as they were handed in", columns, probes, (4, 3, 2.5)))
    if steps:
        tables.append(
            words_table("Adjusted copies that were searched with", ("SHA-256", "steps"), steps, (4, 5.5))
        )
    if exhibits:
        tables.append(words_table("Exhibits", columns, exhibits, (4, 3, 2.5)))
    if searched:
        tables.append(
            words_table(
                "Collections that were searched", ("name", "owner", "source", "basis"), searched, (2, 2, 3, 3)
            )
        )
    return Section(
        title="Material",
        text=() if tables else ("The case holds no photo yet.",),
        tables=tuple(tables),
    )


def _candidates(given: ReportInput) -> list[Section]:
    sections = [_candidate_list(number, shown, given) for number, shown in enumerate(given.file.searches, 1)]
    shown = [
        one.id for search in given.file.searches for one, _ in search.candidates if one.id in given.faces
    ]
    if shown:
        sections.append(
            Section(
                title="Pictures",
                text=("The face on the first probe photo beside the candidate, each cut out and scaled.",),
                faces=tuple(given.faces[one] for one in shown),
            )
        )
    return sections


def _candidate_list(number: int, shown: SearchFile, given: ReportInput) -> Section:
    search = shown.search
    names = ", ".join(json.loads(search.collections)) or "no collection"
    way = "every reference compared" if search.exact else "compressed scan, shortlist compared exactly"
    text = [
        f"{search.kind} of {when(search.at)} by {plain(_name(given, search.person_id))} in {plain(names)}, "
        "model "
        f"{search.model}; {way}; audit entry {search.audit}."
    ]
    if search.hidden:
        text.append("The list was shown shuffled, without scores, until each candidate was decided.")
    extent = json.loads(search.extent)
    if extent.get("filters"):
        text.append(plain(filters_sentence(extent["filters"], extent["looked_at"], extent["references"])))
    text += [one[:1].upper() + one[1:] for one in shown.notices]
    listed = sorted(shown.candidates, key=lambda pair: (shown.hides(pair[0].id), pair[0].rank))
    rows = tuple(_candidate(one, decisions, shown) for one, decisions in listed)
    if not rows:
        return Section(title=f"Search {number}", text=(*text, "No candidate list belongs to it."))
    columns = ("candidate", "score", "by chance", "LR", "collection, photo", "outcome")
    table = words_table("Candidates in the order of their scores", columns, rows, (1.1, 0.9, 1, 1, 4.5, 1.6))
    said = (
        "By chance: how many unrelated people are expected to score as high in a gallery of that size. LR: "
        "how "
        "much likelier the score is for one person than for two. A dash: not known."
    )
    return Section(title=f"Search {number}: candidates", text=(*text, said), tables=(table,))


def _candidate(
    one: CandidateRecord, decisions: Sequence[DecisionRecord], shown: SearchFile
) -> tuple[str, ...]:
    where = f"{one.collection}, {one.photo[:16]}, face {one.face}"
    if shown.hides(one.id):
        return (str(one.id), "kept back", "", "", where, "not decided")
    outcome = settled(tuple(decisions))
    word = "not decided" if outcome is None else WORDS[outcome.value]
    if one.seeded:
        word += "; a known non-mate, put in to measure errors"
    expected, ratio = _strength(one)
    return (str(one.id), f"{one.score:.3f}", expected, ratio, where, word)


def _strength(one: CandidateRecord) -> tuple[str, str]:
    said = json.loads(one.returned).get("strength") or {}
    wrong, ratio = said.get("expected_wrong"), said.get("likelihood_ratio")
    return (
        "-" if not wrong else f"{'< ' if wrong['at_most'] else ''}{wrong['value']:g}",
        "-" if not ratio else f"{ratio['value']:,.3g}",
    )


def _decisions(given: ReportInput) -> Section:
    tables = []
    for shown in given.file.searches:
        for one, decisions in shown.candidates:
            if decisions and not one.seeded:
                tables.append(_decided(one, decisions, given))
    if not tables:
        return Section(title="Decisions", text=("Nothing was decided about any candidate.",))
    text = (
        "Each examiner looked at features of the face one by one (components after FISWG and ASTM E3149) and "
        "decided: potential match, no match, or inconclusive. None of them says who it is."
    )
    return Section(title="Decisions", text=(text,), tables=tuple(tables))


def _decided(one: CandidateRecord, decisions: Sequence[DecisionRecord], given: ReportInput) -> Table:
    observed = [json.loads(decision.features) for decision in decisions]
    rows = [
        ("decided by", *(_name(given, decision.person_id) for decision in decisions)),
        ("at", *(when(decision.decided_at) for decision in decisions)),
        ("holds", *(WORDS[decision.verdict] for decision in decisions)),
        *(
            (feature, *(seen.get(feature, "-") for seen in observed))
            for feature in FEATURES
            if any(feature in seen for seen in observed)
        ),
        *(
            [("note", *(decision.note or "-" for decision in decisions))]
            if any(d.note for d in decisions)
            else []
        ),
    ]
    outcome = settled(tuple(decisions))
    if outcome is None:
        open_ = "a second decision is open" if len(decisions) == 1 else "they differ, a supervisor resolves"
    else:
        open_ = f"outcome: {WORDS[outcome.value]}"
    return words_table(
        f"Candidate {one.id}: {open_}",
        ("", *(f"{Stage(decision.stage).value} decision" for decision in decisions)),
        tuple(rows),
        (1.2, *(2.5 for _ in decisions)),
    )


def _conclusion(given: ReportInput) -> Section:
    in_force = given.file.standing.in_force
    text = []
    if in_force is None:
        text.append("No conclusion is in force.")
    elif in_force.kind == "identified":
        text.append(
            "In force: identified. It rests on a primary identifier or an authority's decision, as stated "
            "below, "
            "not on a face."
        )
    else:
        text.append(f"In force: {in_force.kind}. Faces alone identify nobody.")
    if given.file.standing.proposed:
        text.append(f"{len(given.file.standing.proposed)} statement(s) wait for a second person.")
    rows = tuple(_statement(one, given) for one in given.statements)
    columns = ("no.", "statement", "by", "rests on")
    tables = (words_table("Statements", columns, rows, (0.6, 2, 2.6, 4)),) if rows else ()
    return Section(title="Conclusion", text=tuple(text), tables=tables)


def _statement(one: ConclusionRecord, given: ReportInput) -> tuple[str, ...]:
    rests = [
        f"candidate {one.candidate_id}" if one.candidate_id is not None else "",
        f"{one.identifier}: {one.identifier_reference}" if one.identifier else "",
        f"decision of {one.authority}: {one.authority_reference}" if one.authority else "",
        one.note,
    ]
    what = one.kind if one.confirms is None else f"{one.kind}, confirms {one.confirms}"
    by = f"{_name(given, one.person_id)}, {when(one.stated_at)}"
    return (str(one.id), what, by, "; ".join(part for part in rests if part) or "-")


def _own_limits(given: ReportInput) -> tuple[str, ...]:
    found = []
    if not given.evaluations:
        found.append("This organisation has kept no measurement of the errors of its models.")
    if any(one.seeded for shown in given.file.searches for one, _ in shown.candidates):
        found.append(
            "Known non-mates were mixed into a hidden list to measure how often examiners err; nothing was "
            "concluded from them."
        )
    if any(not shown.search.exact for shown in given.file.searches):
        found.append(
            "A compressed scan may leave out a reference that an exact search would have listed near the end."
        )
    return tuple(found)


def _audit(given: ReportInput) -> Section:
    proofs = given.proofs
    rows = tuple(
        (f"{entry.seq:,}", f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.kind, proofs.leaf(place))
        for place, (entry, _) in enumerate(proofs.entries)
    )
    held = tuple(
        (f"{entry.seq:,}", f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.kind, "kept back until decided")
        for entry in given.kept_back
    )
    return Section(
        title="Audit proof",
        text=(
            f"The entries of the audit log about this case, {len(rows):,} of them, under the signed "
            f"checkpoint "
            f"below over {proofs.checkpoint.checkpoint.size:,} entries. The file beside this report with the "
            "ending .proofs proves each of them, and the entry that holds the SHA-256 of this very report. "
            "Anyone can check that, on a machine of their own, with the public key of the log:",
            "antigone audit verify --proof REPORT.proofs --key antigone.keys --document REPORT",
        ),
        points=tuple(line for line in proofs.note.decode().split("\n") if line),
        tables=(
            words_table(
                "Entries", ("entry", "time (UTC)", "kind", "leaf hash"), rows + held, (0.8, 2, 2.2, 5.6)
            ),
        ),
    )


def _conclusion_word(given: ReportInput) -> str:
    in_force = given.file.standing.in_force
    return "none in force" if in_force is None else in_force.kind


def _pairs(title: str, rows: Sequence[tuple[str, str]]) -> Table:
    return words_table(title, ("", ""), tuple(rows), (1.3, 5))


def _name(given: ReportInput, person: int) -> str:
    return given.names.get(person, f"person {person}")
