"""A whole case of each kind, from the first photo to a report that reads back and proves itself offline."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pypdfium2
import pytest
from PIL import Image

from antigone.identify.sheet.blur import blurred_image
from command_line import Cli, Gallery, Shell
from server import member, serving

LABEL = "ot validated for post-mortem faces"
DNA = {"identifier": "dna", "identifier_reference": "Lab 12/26"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a case of one kind goes."""

    purpose: str
    verdict: str
    conclusion: dict[str, str]
    rests_on_candidate: bool = True


COURSES = (
    Course(
        purpose="unidentified-deceased",
        verdict="potential-match",
        conclusion={"conclusion": "identified", **DNA},
    ),
    Course(
        purpose="missing-person", verdict="potential-match", conclusion={"conclusion": "investigative-lead"}
    ),
    Course(
        purpose="detained-person", verdict="potential-match", conclusion={"conclusion": "investigative-lead"}
    ),
    Course(purpose="suspect", verdict="potential-match", conclusion={"conclusion": "investigative-lead"}),
    Course(
        purpose="identity-check",
        verdict="inconclusive",
        conclusion={"conclusion": "excluded", "authority": "Registry", "authority_reference": "R 9"},
        rests_on_candidate=False,
    ),
    Course(
        purpose="whose photo this album holds",
        verdict="no-match",
        conclusion={"conclusion": "not-found"},
        rests_on_candidate=False,
    ),
)
KINDS = pytest.mark.parametrize("course", COURSES, ids=lambda course: course.purpose.replace(" ", "-"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """People who work on one served workspace."""

    gallery: Gallery
    examiner: httpx2.Client
    reviewer: httpx2.Client
    supervisor: httpx2.Client
    reviewer_token: str
    keys: Path  # public keys of the log

    @property
    def cli(self) -> Cli:
        return self.gallery.cli


@pytest.fixture(scope="module")
def unit(gallery: Gallery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unit]:
    keys = tmp_path_factory.mktemp("keys") / "antigone.keys"
    gallery.cli("audit", "key", "--to", keys)
    with serving(gallery.cli.home) as address:
        people = {
            role: member(address, gallery.cli, f"whole-{role}", role)
            for role in ("examiner", "reviewer", "supervisor")
        }
        scopes = people["reviewer"].get("/me").json()["permissions"]
        asked = {"label": "command line", "scopes": scopes, "days": 1}
        token = people["reviewer"].post("/tokens", json=asked).json()["token"]
        yield Unit(gallery=gallery, keys=keys, reviewer_token=token, **people)


@pytest.fixture
def shell(unit: Unit, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The commands in this process, on the served workspace."""
    monkeypatch.setenv("ANTIGONE_HOME", str(unit.cli.home))
    return Shell(home=unit.cli.home, capture=capsys)


@KINDS
def test_over_the_api(unit: Unit, shell: Shell, tmp_path: Path, course: Course) -> None:
    title = f"Справа: {course.purpose}"
    opened = {"title": title, "purpose": course.purpose, "basis": "section 12"}
    number = done(unit.examiner.post("/cases", json=opened))["case"]
    path = f"/cases/{number}"
    if course.purpose == "suspect":
        allowed = {"authority": "Court", "reference": "C 4/26"}
        done(unit.supervisor.post(f"{path}/authorisations", json=allowed))
    photo = (unit.gallery.probes / "hopper.jpg").read_bytes()
    found = done(unit.examiner.post(f"{path}/searches", files={"photos": ("probe.jpg", photo)}))
    best = found["candidates"][0]
    dead = course.purpose == "unidentified-deceased"
    assert any(LABEL in notice for notice in found["notices"]) == dead
    decision = {"verdict": course.verdict, "features": {"ears": "similar"}, "note": "Форма вуха"}
    for who in (unit.examiner, unit.reviewer):
        done(who.post(f"/candidates/{best['candidate']}/decisions", json=decision))
    stated: dict[str, Any] = dict(course.conclusion)
    if course.rests_on_candidate:
        stated["candidate"] = best["candidate"]
    statement = done(unit.examiner.post(f"{path}/conclusions", json=stated))["statement"]
    done(unit.reviewer.post(f"{path}/conclusions/{statement}/confirm"))
    if dead:
        hand_on(unit, path)
        pictures_are_blurred(unit, path, best["candidate"], hashlib.sha256(photo).hexdigest())
    assert unit.reviewer.get(f"{path}/report").status_code == 403
    made = unit.examiner.get(f"{path}/report")
    assert hashlib.sha256(made.content).hexdigest() == made.headers["X-Antigone-SHA256"]
    proofs = unit.examiner.get(f"{path}/proofs").content
    page = unit.examiner.get(f"{path}/report", params={"form": "html"})
    report = {
        "file": tmp_path / "report.pdf",
        "title": title,
        "photo": hashlib.sha256(photo).hexdigest(),
        "conclusion": course.conclusion["conclusion"],
        "verdict": course.verdict.replace("-", " "),
    }
    (tmp_path / "report.pdf").write_bytes(made.content)
    (tmp_path / "report.pdf.proofs").write_bytes(proofs)
    reads_back(report, dead=dead)
    assert title in page.text
    assert "<script" not in page.text
    verify = ("audit", "verify", "--proof", f"{tmp_path}/report.pdf.proofs", "--key", unit.keys)
    out, _ = shell(*verify, "--document", tmp_path / "report.pdf")
    assert "are proven" in out
    (tmp_path / "other.pdf").write_bytes(made.content + b"\n")
    shell(*verify, "--document", tmp_path / "other.pdf", code=1)


@KINDS
def test_on_the_command_line(
    unit: Unit, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, course: Course
) -> None:
    title = f"Справа: {course.purpose}"
    opened = ("case", "open", title, "--purpose", course.purpose, "--basis", "section 12")
    number = shell.document(*opened)["case"]
    case = ("--case", number)
    if course.purpose == "suspect":
        shell("case", "authorise", "--authority", "Court", "--reference", "C 4/26", *case)
    probe = unit.gallery.probes / "collins.jpg"
    sheet = tmp_path / "sheet.html"
    found = shell.document("search", probe, "--in", "people", *case, "--sheet", sheet)
    dead = course.purpose == "unidentified-deceased"
    assert any(LABEL in notice for notice in found["notices"]) == dead
    assert (LABEL in sheet.read_text(encoding="utf-8")) == dead
    assert ("Pictures are blurred" in sheet.read_text(encoding="utf-8")) == dead
    best = shell.document("case", "show", number)["searches"][0]["candidates"][0]["candidate"]
    decided = (
        "case",
        "decide",
        str(best),
        course.verdict,
        "--feature",
        "ears=similar",
        "--note",
        "Форма вуха",
    )
    shell(*decided)
    stated = [f"--{name.replace('_', '-')}={value}" for name, value in course.conclusion.items()]
    (kind,) = (option.partition("=")[2] for option in stated if option.startswith("--conclusion="))
    rests = ("--candidate", str(best)) if course.rests_on_candidate else ()
    with monkeypatch.context() as as_reviewer:
        as_reviewer.setenv("ANTIGONE_TOKEN", unit.reviewer_token)
        shell(*decided)
    evidence = [option for option in stated if not option.startswith("--conclusion=")]
    statement = shell.document("case", "conclude", kind, *rests, *evidence, *case)["statement"]
    with monkeypatch.context() as as_reviewer:
        as_reviewer.setenv("ANTIGONE_TOKEN", unit.reviewer_token)
        shell("case", "confirm", str(statement), *case)
    if dead:
        hand_on_by_command(shell, tmp_path, case)
    out = tmp_path / "report.pdf"
    unit.cli("case", "report", number, "--out", out)  # a process of its own
    report = {
        "file": out,
        "title": title,
        "photo": hashlib.sha256(probe.read_bytes()).hexdigest(),
        "conclusion": kind,
        "verdict": course.verdict.replace("-", " "),
    }
    reads_back(report, dead=dead)
    monkeypatch.setenv("ANTIGONE_HOME", str(tmp_path / "nowhere"))
    verify = ("audit", "verify", "--proof", f"{out}.proofs", "--key", unit.keys, "--document", out)
    assert "are proven" in shell(*verify)[0]


def done(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    document: dict[str, Any] = answer.json()
    return document


def hand_on(unit: Unit, path: str) -> None:
    said = {"said": {"sex": "female", "found-place": "Берег річки"}, "source": "scene report"}
    done(unit.examiner.post(f"{path}/particulars", json=said))
    exported = unit.examiner.get(f"{path}/particulars/document", params={"form": "json"})
    authority = {"kind": "central-tracing-agency", "authority": "Tracing Agency", "reference": "T-7"}
    day = {"on": "2026-03-01"}
    digest = hashlib.sha256(exported.content).hexdigest()
    wrong = unit.examiner.post(f"{path}/onward/given", json={**authority, **day, "document": "ab" * 32})
    assert wrong.status_code == 404
    done(unit.examiner.post(f"{path}/onward/given", json={**authority, **day, "document": digest}))
    informed = {**authority, **day, "known_by": "letter of the agency"}
    done(unit.examiner.post(f"{path}/onward/family-informed", json=informed))
    assert done(unit.reviewer.get(f"{path}/onward"))["family_informed"]


def hand_on_by_command(shell: Shell, folder: Path, case: tuple[str, str]) -> None:
    said = ("sex=female", "found-place=Берег річки", "face-condition=injured")
    shell("case", "particulars", "record", *said, "--source", "scene report", *case)
    exported = folder / "particulars.pdf"
    shell("case", "particulars", "export", "--to", exported, *case)
    read = text_of(exported.read_bytes())
    assert "Берег річки" in read
    assert "GC I, Art. 16 (a)" in read
    authority = (
        "--kind",
        "police-liaison",
        "--authority",
        "Liaison",
        "--reference",
        "L-1",
        "--on",
        "2026-03-01",
    )
    digest = hashlib.sha256(exported.read_bytes()).hexdigest()
    shell("case", "onward", "given", *authority, "--document", digest, *case)
    shell("case", "onward", "family", *authority, "--known-by", "letter", *case)


def pictures_are_blurred(unit: Unit, path: str, candidate: int, photo: str) -> None:
    for where in (f"/candidates/{candidate}/picture", f"{path}/probes/{photo}/picture"):
        plain = unit.examiner.get(where)
        asked = unit.examiner.get(where, params={"unblurred": "true"})
        assert detail(plain.content) < 8, where
        assert detail(asked.content) > 16, where
    shown = unit.cli("audit", "list", "--kind", "pictures-unblurred", "--json").document["entries"]
    assert [entry["body"]["where"] for entry in shown[-2:]] == ["candidate", "probe"]


def detail(picture: bytes) -> float:
    """Return how much a picture loses when it is blurred, in grey levels."""
    image = Image.open(io.BytesIO(picture)).convert("L")
    before, after = (np.asarray(one, dtype=np.float64) for one in (image, blurred_image(image)))
    return float(np.abs(before - after).mean())


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def reads_back(report: dict[str, Any], *, dead: bool) -> None:
    text = text_of(report["file"].read_bytes())
    flat = re.sub(r"\s+", "", text)
    for wanted in ("title", "photo", "conclusion", "verdict"):
        assert re.sub(r"\s+", "", report[wanted]) in flat, wanted
    for section in ("Question", "Material", "Method", "Decisions", "Limits, in plain words", "Audit proof"):
        assert section in text
    assert "Форма вуха" in text
    assert "were never measured by this organisation" in re.sub(r"\s+", " ", text)
    assert (LABEL in text) == dead
    assert ("The family is recorded as informed" in text) == dead
