"""What a report holds, what it keeps back, and what its readers may see of the dead."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

import antigone
from access_flows import kinds
from antigone.access import Principal
from antigone.access.directory import pack_roles, principal_of
from antigone.access.roles import Role
from antigone.audit.verifier import EntryProof, split_proofs, verify_proofs
from antigone.casework import Verdict
from antigone.casework.handing import Form
from antigone.casework.measured import NOT_VALIDATED
from antigone.casework.report.method import rate_text
from antigone.casework.searching import CaseSearch, Showing
from antigone.errors import ForbiddenError, NotFoundError, UsageError
from antigone.evaluate.metrics import ErrorRate, Estimate
from antigone.identify import SearchRequest
from antigone.records.cases import CaseRecord


@pytest.fixture
def workspace(tmp_path: Path, portraits: Mapping[str, Path]) -> antigone.Workspace:
    """A workspace whose collection holds all portraits."""
    workspace = antigone.Workspace.init(tmp_path / "home")
    who = workspace.office.principal
    info = workspace.add_collection(
        name="archive",
        owner="o",
        source="s",
        purpose="p",
        basis="b",
        jurisdiction="j",
        retain_until=date(2999, 1, 1),
    )
    workspace.office.visible.take(info, by=who)
    workspace.import_(list(portraits.values()), into="archive")
    return workspace


def member(workspace: antigone.Workspace, name: str, *roles: Role) -> Principal:
    by = workspace.office.principal
    now = workspace.records.people.person(by.person).created_at
    return principal_of(
        workspace.records.people.add_person(
            organisation_id=by.organisation,
            name=name,
            shown_as=name.title(),
            roles=pack_roles(roles),
            created_at=now,
            approved_at=now,
        )
    )


def searched(
    workspace: antigone.Workspace, photo: Path, purpose: str, *, by: Principal, showing: Showing | None = None
) -> tuple[CaseRecord, CaseSearch]:
    office = workspace.office
    case = office.book.open("<b>Міст</b> & \u202ecod", purpose=purpose, basis="B", by=by)
    request = SearchRequest(photos=[photo], top=2)
    made = office.searching.search(case, request, workspace, by=by, showing=showing or Showing())
    return case, made


def test_what_is_hidden_stays_hidden_in_report_and_proofs(
    workspace: antigone.Workspace, portraits: Mapping[str, Path]
) -> None:
    with workspace:
        office = workspace.office
        examiner = member(workspace, "iryna", Role.EXAMINER)
        second = member(workspace, "maria", Role.EXAMINER, Role.REVIEWER)
        showing = Showing(hidden=True, seeds=1)
        case, made = searched(workspace, portraits["hopper"], "missing-person", by=examiner, showing=showing)
        office.decisions.decide(made.records[0].id, Verdict.NO_MATCH, by=examiner)
        report = office.documents.report(case, Form.HTML, by=second).content.decode()
        assert "kept back until decided" in report
        for candidate in made.records:
            assert f"{candidate.score:.3f}" not in report
        assert "no match" not in report.partition("Decisions")[2].partition("Conclusion")[0].replace(
            "potential match, no match, or inconclusive", ""
        )
        told = office.documents.proofs(case, by=second)
        proven = [json.loads(EntryProof.parse(part).entry) for part in split_proofs(told)]
        assert not {"search", "seeds-mixed-in", "decision"} & {entry["kind"] for entry in proven}
        own = office.documents.proofs(case, by=examiner)
        seen = [json.loads(EntryProof.parse(part).entry)["kind"] for part in split_proofs(own)]
        assert "decision" in seen  # the examiner's own
        assert "search" not in seen
        assert verify_proofs(told, workspace.audit.keys.public()).intact


def test_pictures_of_the_dead_are_shown_for_the_asking_which_is_written_down(
    workspace: antigone.Workspace, portraits: Mapping[str, Path]
) -> None:
    with workspace:
        office, by = workspace.office, workspace.office.principal
        case, made = searched(workspace, portraits["hopper"], "unidentified-deceased", by=by)
        office.decisions.decide(made.records[0].id, Verdict.POTENTIAL_MATCH, by=by)
        veiled = office.documents.report(case, Form.HTML, by=by)
        assert "Pictures are blurred" in veiled.content.decode()
        assert NOT_VALIDATED[1:] in veiled.content.decode()
        assert not veiled.unblurred
        assert "pictures-unblurred" not in kinds(workspace.audit)
        shown = office.documents.report(case, Form.HTML, by=by, unblurred=True)
        assert "Pictures are blurred" not in shown.content.decode()
        (entry,) = [one for one in workspace.audit.entries() if one.kind == "pictures-unblurred"]
        assert entry.body["where"] == "report"
        assert hashlib.sha256(portraits["hopper"].read_bytes()).hexdigest() in entry.body["photos"]  # type: ignore[operator]
        exports = workspace.records.deceased.exports(case.id)
        assert [(one.what, one.unblurred) for one in exports] == [("report", False), ("report", True)]
        assert [one.sha256 for one in exports] == [veiled.sha256, shown.sha256]


def test_a_report_of_the_living_shows_faces_and_carries_no_label(
    workspace: antigone.Workspace, portraits: Mapping[str, Path]
) -> None:
    with workspace:
        office, by = workspace.office, workspace.office.principal
        case, _ = searched(workspace, portraits["collins"], "missing-person", by=by)
        text = office.documents.report(case, Form.HTML, by=by).content.decode()
        assert "post-mortem" not in text
        assert "<b>" not in text
        assert "&lt;b&gt;Міст" in text
        assert office.documents.report(case, Form.PDF, by=by).content.startswith(b"%PDF")
        with pytest.raises(UsageError, match="not about somebody dead"):
            office.documents.particulars(case, Form.PDF, by=by)


def test_a_case_with_nothing_in_it_has_a_report_and_no_particulars(workspace: antigone.Workspace) -> None:
    with workspace:
        office, by = workspace.office, workspace.office.principal
        case = office.book.open("T", purpose="unidentified-deceased", basis="B", by=by)
        assert "Nothing was searched" in office.documents.report(case, Form.HTML, by=by).content.decode()
        with pytest.raises(NotFoundError, match="nothing is recorded"):
            office.documents.particulars(case, Form.JSON, by=by)
        with pytest.raises(UsageError):
            office.documents.report(case, Form.JSON, by=by)
        with pytest.raises(ForbiddenError):
            office.documents.report(case, Form.PDF, by=member(workspace, "maria", Role.REVIEWER))
        office.particulars.record(case, {"sex": "male"}, source="s", by=by)
        made = office.documents.particulars(case, Form.JSON, by=by)
        document = json.loads(made.content)
        assert document["particulars"][0]["value"] == "male"
        assert made.sha256 == hashlib.sha256(made.content).hexdigest()
        assert workspace.audit.entry(made.audit).body["sha256"] == made.sha256


def test_a_kept_rate_reads_as_the_scorecard_says_it() -> None:
    for errors, trials in ((40, 1_000), (3, 1_000), (0, 50)):
        share = Estimate(value=errors / trials, low=0.02, high=0.06, trials=trials)
        rate = ErrorRate(share=share, errors=errors, support=errors, at_most=0.0631)
        assert rate_text(rate.document()) == rate.text()
