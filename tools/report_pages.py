"""Makes the pictures of docs/report.md and docs/deceased.md: real reports, page by page.

    python tools/report_pages.py

A workspace is made in a temporary folder from the public-domain portraits that lie inside packages; cases are
opened, searched, decided twice and concluded in it, and every page of the documents is drawn as it prints.
"""

from __future__ import annotations

import tempfile
from contextlib import chdir
from datetime import UTC, date, datetime
from pathlib import Path

import matplotlib
import pypdfium2
import skimage
from PIL import Image

import antigone
from antigone.access import Principal
from antigone.access.directory import pack_roles, principal_of
from antigone.access.roles import Role
from antigone.casework import Evidence, Kind, Verdict
from antigone.casework.handing import Form
from antigone.casework.onward import Authority, AuthorityKind
from antigone.identify import SearchRequest
from antigone.records.cases import CaseRecord

FIGURES = Path(__file__).resolve().parents[1] / "docs" / "figures"
SCALE = 1.6  # pixels a point
COLOURS = 96  # of a picture; pages are mostly white
HOPPER = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
COLLINS = Path(skimage.__file__).parent / "data" / "astronaut.png"
SEEN = {
    "outline": "similar",
    "eyes": "similar",
    "nose": "similar",
    "ears": "not-comparable",
    "marks": "similar",
}
TRACING = Authority(
    kind=AuthorityKind.CENTRAL_TRACING_AGENCY, name="Central Tracing Agency", reference="CTA 4711"
)
PARTICULARS = {
    "pm-number": "PM 0001",
    "found-date": "2026-03-02",
    "found-place": "Берег річки, 4 км",
    "sex": "female",
    "age": "45-60",
    "stature": "160-168",
    "hair": "grey, short",
    "clothing": "dark uniform jacket, white shirt",
    "face-condition": "intact",
}


def main() -> None:
    """Make all pictures."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        with antigone.Workspace.init("home") as workspace:
            maria, olena = _member(workspace, "Maria K.", "maria"), _member(workspace, "Olena T.", "olena")
            _collection(workspace)
            missing = _searched(workspace, COLLINS, "Missing astronaut", "missing-person", maria)
            _decided(workspace, missing, Kind.INVESTIGATIVE_LEAD, (maria, olena), None)
            report = workspace.office.documents.report(missing, Form.PDF, by=maria)
            dead = _searched(workspace, HOPPER, "Невідома жінка, міст", "unidentified-deceased", maria)
            dna = Evidence(identifier="dna", identifier_reference="Laboratory report 12/26")
            _handed_on(workspace, dead, maria)
            _decided(workspace, dead, Kind.IDENTIFIED, (maria, olena), dna)
            veiled = workspace.office.documents.report(dead, Form.PDF, by=maria)
            particulars = workspace.office.documents.particulars(dead, Form.PDF, by=maria)
        _draw("report", report.content)
        _draw("report-deceased", veiled.content)
        _draw("particulars", particulars.content)


def _member(workspace: antigone.Workspace, shown_as: str, name: str) -> Principal:
    now = datetime.now(UTC)
    return principal_of(
        workspace.records.people.add_person(
            organisation_id=workspace.office.principal.organisation,
            name=name,
            shown_as=shown_as,
            roles=pack_roles([Role.EXAMINER, Role.REVIEWER, Role.SUPERVISOR]),
            created_at=now,
            approved_at=now,
        )
    )


def _collection(workspace: antigone.Workspace) -> None:
    workspace.add_collection(
        name="portraits",
        owner="Example unit",
        source="Public-domain portraits inside packages",
        purpose="Documentation",
        basis="Public domain",
        jurisdiction="Example",
        retain_until=date(2100, 1, 1),
    )
    photos = Path("photos")
    photos.mkdir()
    for source in (HOPPER, COLLINS):
        (photos / source.name).write_bytes(source.read_bytes())
    workspace.import_(photos, into="portraits")


def _searched(
    workspace: antigone.Workspace, portrait: Path, title: str, purpose: str, by: Principal
) -> CaseRecord:
    """Search with a smaller and poorer copy of a portrait, as a phone might have taken it."""
    office = workspace.office
    case = office.book.open(title, purpose=purpose, basis="Code of procedure, section 12", by=by)
    probe = Path(f"{case.number}.jpg")
    with Image.open(portrait) as whole:
        whole.convert("RGB").resize((whole.width * 2 // 3, whole.height * 2 // 3)).save(probe, quality=55)
    office.searching.search(case, SearchRequest(photos=[probe]), workspace, by=by)
    return case


def _decided(
    workspace: antigone.Workspace,
    case: CaseRecord,
    kind: Kind,
    examiners: tuple[Principal, Principal],
    evidence: Evidence | None,
) -> None:
    office, cases = workspace.office, workspace.records.cases
    best = cases.candidates(cases.searches(case.id)[0].id)[0]
    for examiner, note in zip(
        examiners, ("Same lines beside the mouth", "Форма обличчя та очей"), strict=True
    ):
        office.decisions.decide(best.id, Verdict.POTENTIAL_MATCH, features=SEEN, note=note, by=examiner)
    first, second = examiners
    stated = office.conclusions.propose(case, kind, candidate=best.id, evidence=evidence, by=first)
    office.conclusions.confirm(case, stated.id, by=second)


def _handed_on(workspace: antigone.Workspace, case: CaseRecord, by: Principal) -> None:
    office = workspace.office
    office.particulars.record(case, PARTICULARS, source="report of the scene", by=by)
    office.particulars.record(case, {"age": "50-60"}, source="pathologist", by=by)
    given = office.documents.particulars(case, Form.JSON, by=by)
    today = datetime.now(UTC).date()
    office.onward.given(case, TRACING, document=given.sha256, on=today, by=by)
    office.onward.family_informed(case, TRACING, on=today, known_by="letter CTA 4711/2", by=by)


def _draw(name: str, pdf: bytes) -> None:
    for old in FIGURES.glob(f"{name}-[0-9].png"):
        old.unlink()
    document = pypdfium2.PdfDocument(pdf)
    for number, page in enumerate(document, 1):
        picture = page.render(scale=SCALE).to_pil().convert("RGB").quantize(COLOURS)
        picture.save(FIGURES / f"{name}-{number}.png", optimize=True)
        print(f"docs/figures/{name}-{number}.png")
    document.close()


if __name__ == "__main__":
    main()
