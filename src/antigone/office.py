"""The people's side of a workspace: who acts, in which case, and what they decide.

Whoever can write the files of a workspace acts as the account of the operating system they use; with
``ANTIGONE_TOKEN`` they act as the person who made that API token, and may do no more than its scopes.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from antigone import home as folder
from antigone.access import Directory, Principal, Sessions, Vault
from antigone.access.account import account_name
from antigone.access.openid import OpenId
from antigone.access.passkeys import Passkeys, Site
from antigone.access.readable import ReadableLog
from antigone.access.visible import Visible
from antigone.audit import AuditLog
from antigone.casework import CaseBook, Conclusions, Decisions
from antigone.casework.beside import Beside
from antigone.casework.bulk import BulkSearches
from antigone.casework.cases import Budget
from antigone.casework.checks import Checks
from antigone.casework.dossier_pictures import DossierPictures
from antigone.casework.exhibits import Exhibits
from antigone.casework.failed import FailedPhotos
from antigone.casework.file import CaseFile, case_file
from antigone.casework.handing import CaseDocuments
from antigone.casework.inbox import Inbox
from antigone.casework.lists import Desk
from antigone.casework.measured import Measurements
from antigone.casework.onward import OnwardBook
from antigone.casework.originals import Originals
from antigone.casework.particulars import Particulars
from antigone.casework.pictures import CandidatePictures, ProbePictures, ReferencePictures
from antigone.casework.searching import Searching
from antigone.casework.sheets import CaseSheets
from antigone.casework.standing import Standing
from antigone.casework.statistics import Counting
from antigone.casework.story import CaseStory, case_story
from antigone.casework.webhooks import Announcing, WebhookBook
from antigone.errors import NoCaseError
from antigone.ingest.intake import IntakeDesk
from antigone.records import Records
from antigone.records.cases import CaseRecord
from antigone.settings import Settings

if TYPE_CHECKING:
    from antigone.casework.exercises import Exercises

_CURRENT = "current_cases"


class Office:
    """Accounts, cases and decisions of one workspace."""

    def __init__(self, settings: Settings, records: Records, audit: AuditLog) -> None:
        self._settings = settings
        self._records = records
        self._audit = audit

    @cached_property
    def directory(self) -> Directory:
        """Organisations and people."""
        return Directory(self._records.people, self._audit)

    @cached_property
    def sessions(self) -> Sessions:
        """Who is signed in."""
        return Sessions(self._records.people, self._audit, self._vault)

    @cached_property
    def openid(self) -> OpenId:
        """The agency's own directory."""
        return OpenId(self._records.people, self.sessions, self._audit, self._vault, self._settings)

    def passkeys(self, site: Site) -> Passkeys:
        """Passkeys that are bound to the web address of this server."""
        return Passkeys(self._records.people, self.sessions, self._audit, site)

    @cached_property
    def book(self) -> CaseBook:
        """The cases."""
        budget = Budget(a_day=self._settings.searches_a_day, alarm_after=self._settings.alarm_after)
        return CaseBook(self._records.cases, self._announcing, budget)

    @cached_property
    def desk(self) -> Desk:
        """Lists over the cases."""
        return Desk(self._records.case_lists)

    @cached_property
    def decisions(self) -> Decisions:
        """What examiners decided."""
        return Decisions(self._records.cases, self._announcing)

    @cached_property
    def conclusions(self) -> Conclusions:
        """What cases come to."""
        return Conclusions(self._records.cases, self._announcing)

    @cached_property
    def visible(self) -> Visible:
        """Collections as one person sees them."""
        return Visible(self._records, self._audit)

    @cached_property
    def log(self) -> ReadableLog:
        """The audit log as one auditor sees it."""
        return ReadableLog(self._audit, self._records.people)

    @cached_property
    def originals(self) -> Originals:
        """The probe photos of cases."""
        return Originals(self._settings.home)

    @cached_property
    def exhibits(self) -> Exhibits:
        """The files that belong to cases."""
        return Exhibits(self._records.cases, self.originals, self._audit)

    @cached_property
    def searching(self) -> Searching:
        """Searches within cases."""
        return Searching(self._records.cases, self.book, self.visible, self.originals)

    @cached_property
    def bulk(self) -> BulkSearches:
        """Many photos searched one after the other."""
        return BulkSearches(
            self._records,
            self._announcing,
            book=self.book,
            searching=self.searching,
            originals=self.originals,
        )

    @cached_property
    def standing(self) -> Standing:
        """Cases that keep looking."""
        return Standing(
            self._records,
            self._audit,
            self._announcing,
            book=self.book,
            visible=self.visible,
            originals=self.originals,
        )

    @cached_property
    def checks(self) -> Checks:
        """Identity checks, and the lists that they may use."""
        return Checks(
            self._records,
            self._announcing,
            book=self.book,
            visible=self.visible,
            searching=self.searching,
        )

    @cached_property
    def counting(self) -> Counting:
        """Statistics."""
        return Counting(self._records, self._audit)

    @cached_property
    def exercises(self) -> Exercises:
        """Made-up cases on which people learn."""
        from antigone.casework.exercises import Exercises  # loads what makes pictures

        return Exercises(
            self._records,
            self._audit,
            book=self.book,
            searching=self.searching,
            visible=self.visible,
            originals=self.originals,
        )

    @cached_property
    def inbox(self) -> Inbox:
        """New candidates of cases that keep looking."""
        return Inbox(self._records, self._audit)

    @cached_property
    def intakes(self) -> IntakeDesk:
        """Where files are handed in."""
        return IntakeDesk(self._records, self.visible, self._settings)

    @cached_property
    def webhooks(self) -> WebhookBook:
        """Where news of each organisation are sent."""
        return WebhookBook(self._records.webhooks, self._audit, self._vault, self._settings)

    @property
    def _announcing(self) -> Announcing:
        return Announcing(self._audit, self._records)

    @cached_property
    def _vault(self) -> Vault:
        return Vault(self._settings.home)

    @cached_property
    def failed_photos(self) -> FailedPhotos:
        """Pictures of photos that could not be imported."""
        return FailedPhotos(self._records, self.visible, self._audit, self._settings)

    @cached_property
    def pictures(self) -> CandidatePictures:
        """Pictures of candidates, derived from their photos."""
        return CandidatePictures(self._records, self.visible, self._audit, self._settings)

    @cached_property
    def principal(self) -> Principal:
        """Who is at the keyboard. Raises `NotSignedInError` for a token that does not hold (any more)."""
        token = self._settings.token.get_secret_value()
        return self.sessions.of_token(token) if token else self.directory.local(account_name())

    def local_link(self) -> str:
        """Return the secret that lets the person at this machine's keyboard into its pages, once."""
        account = account_name()
        self.directory.local(account)  # made at first use
        return self.sessions.local_link(account)

    @cached_property
    def beside(self) -> Beside:
        """Pictures of probe and candidate to compare."""
        return Beside(
            self._records, self._audit, self._settings, visible=self.visible, originals=self.originals
        )

    @cached_property
    def reference_pictures(self) -> ReferencePictures:
        """Pictures of references outside candidate lists."""
        return ReferencePictures(self._records, self.visible, self._audit, self._settings)

    @cached_property
    def probe_pictures(self) -> ProbePictures:
        """Pictures of probes, derived from the originals."""
        return ProbePictures(self._records, self.originals, self._audit, self._settings)

    @cached_property
    def particulars(self) -> Particulars:
        """What is recorded of the dead."""
        return Particulars(self._records.deceased, self._audit)

    @cached_property
    def onward(self) -> OnwardBook:
        """To whom that was given."""
        return OnwardBook(self._records.deceased, self._audit)

    @cached_property
    def measurements(self) -> Measurements:
        """What was measured of the models."""
        return Measurements(self._records.evaluations, self._audit)

    @cached_property
    def documents(self) -> CaseDocuments:
        """Documents of cases that leave the workspace."""
        return CaseDocuments(self, self._records, self._audit)

    @cached_property
    def dossier_pictures(self) -> DossierPictures:
        """Pictures of the faces of dossiers."""
        return DossierPictures(self._settings, self._audit)

    def sheets(self, number: str | None, *, unblurred: bool) -> CaseSheets:
        """Return what writes sheets of a case for whoever is at the keyboard; None: of no case."""
        who = self.principal
        case = None if number is None else self.book.case(number, by=who)
        return CaseSheets(case, self._audit, self._settings, by=who, unblurred=unblurred)

    def file(self, case: CaseRecord, *, by: Principal) -> CaseFile:
        """Return a case with all that it holds and this person may see."""
        return case_file(case, self._records.cases, self.conclusions, by=by)

    def story(self, case: CaseRecord, *, by: Principal) -> CaseStory:
        """Return a case as it went, as far as this person may see it."""
        return case_story(self.file(case, by=by), self._records, by=by)

    # The current case of the command line

    def case_at_hand(self, number: str | None) -> CaseRecord:
        """Return the case of that number, or without one the current case.

        Raises `NoCaseError` where there is neither, and the errors of `CaseBook.case`.
        """
        wanted = number or self.current_case
        if wanted is None:
            raise NoCaseError(
                "no case is named, but every search of a collection is made for one",
                hint='open one: antigone case open TITLE --purpose "missing-person" --basis "section 12"; '
                "or name it: --case C-000001, antigone case use C-000001",
            )
        return self.book.case(wanted, by=self.principal)

    @property
    def current_case(self) -> str | None:
        """Number of the case that this person works on, unless they named another one."""
        number = self._current_cases().get(str(self.principal.person))
        return number if isinstance(number, str) else None

    def use_case(self, case: CaseRecord) -> None:
        """Make a case the current one of whoever is at the keyboard."""
        cases = {**self._current_cases(), str(self.principal.person): case.number}
        marker = folder.read_marker(self._settings.home)
        folder.write_marker(self._settings.home, {**marker, _CURRENT: cases})

    def _current_cases(self) -> dict[str, object]:
        kept = folder.read_marker(self._settings.home).get(_CURRENT)
        return dict(kept) if isinstance(kept, dict) else {}
