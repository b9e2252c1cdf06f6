"""Words for what the records keep as short names; nobody should have to read a slug."""

from __future__ import annotations

from antigone.access import Role
from antigone.failures import FailureCode
from antigone.web.pages.words import mark as _

ROLES = {
    Role.EXAMINER: _("Examiner"),
    Role.REVIEWER: _("Reviewer"),
    Role.SUPERVISOR: _("Supervisor"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.AUDITOR: _("Auditor"),
}
ROLE_DUTIES = {
    Role.EXAMINER: _("searches in cases and decides first"),
    Role.REVIEWER: _("decides second, without seeing the first decision"),
    Role.SUPERVISOR: _("approves people, authorises searches, settles differing decisions"),
    Role.ADMINISTRATOR: _("keeps collections, models and accounts; sees no case"),
    Role.AUDITOR: _("reads the audit log"),
}
INTAKE_STATES = {
    "receiving": _("receiving files"),
    "waiting": _("waiting"),
    "running": _("importing"),
    "done": _("done"),
    "stopped": _("stopped"),
}
FAILURES = {
    FailureCode.UNREADABLE: _("the file cannot be opened"),
    FailureCode.EMPTY: _("the file is empty"),
    FailureCode.UNSUPPORTED_FORMAT: _("no photo that can be read"),
    FailureCode.CANNOT_PARSE: _("damaged or cut off"),
    FailureCode.FILE_TOO_LARGE: _("the file is too large"),
    FailureCode.TOO_MANY_PIXELS: _("too many pixels"),
    FailureCode.LINK_LOOP: _("a link that leads to itself"),
    FailureCode.NOT_ALLOWED: _("reading from there is not allowed"),
    FailureCode.ROW_UNREADABLE: _("a row that cannot be understood"),
    FailureCode.ROW_WITHOUT_PHOTO: _("a row that names no photo"),
    FailureCode.NOT_A_MANIFEST: _("no column of photos"),
    FailureCode.MATERIAL_DAMAGED: _("an archive or manifest that is damaged here"),
    FailureCode.MATERIAL_CUT_OFF: _("an archive that ends too early"),
    FailureCode.MATERIAL_TOO_LARGE: _("an archive that is too large"),
    FailureCode.ORIGINAL_MISSING: _("refers to a record that is missing"),
    FailureCode.NO_VIDEO: _("no video"),
    FailureCode.VIDEO_TOO_LONG: _("the video is too long"),
    FailureCode.FACE_NOT_DETECTED: _("no face was found"),
    FailureCode.EXTRACTION_FAILED: _("a face from which no template came"),
}
PROBLEMS = {
    "error": _("This did not work"),
    "usage": _("Something was asked for in a way that cannot be understood"),
    "not-found": _("This does not exist, or is not yours to see"),
    "empty-gallery": _("There is nothing to search in"),
    "not-signed-in": _("Nobody is signed in"),
    "forbidden": _("You may not do this"),
    "rate-limited": _("Too many requests or searches; try again later"),
    "overloaded": _("The server is busy; try again in a moment"),
    "conflict": _("This does not fit what is there already"),
    "collection-busy": _("Somebody else is writing to this collection"),
    "collection-expired": _("The retention period of this collection is over"),
    "no-case": _("A search needs a case"),
    "case-closed": _("This case is closed"),
    "case-locked": _("This case is locked until a supervisor has recorded an authorisation"),
    "workspace": _("The server's workspace has a problem"),
    "disk-full": _("The server's disk is full"),
    "model-pack": _("The model pack has a problem"),
    "device": _("The device that runs the models is not available"),
    "photo": _("This photo cannot be used"),
    "upload-too-large": _("This is too large"),
    "source": _("The source cannot be read"),
    "probe": _("There is no face to search with on this photo"),
    "several-faces": _("There are several faces; choose one"),
    "index-mismatch": _("The index does not fit the records"),
    "audit": _("The audit log cannot be written or does not hold"),
    "invalid-request": _("The request does not have the form that is documented"),
    "method-not-allowed": _("This cannot be done here"),
    "http-error": _("This did not work"),
    "defect": _("This is a defect of Antigone"),
}
"""What went wrong, in a plain sentence for each code of an error."""


def plain_sentence(code: str, failure: object = None) -> str:
    """Return what went wrong: by the code of a photo's ``failure`` if known, else by that of the error.

    It is not translated yet.
    """
    if failure in set(FailureCode):
        return FAILURES[FailureCode(str(failure))]
    return PROBLEMS.get(code, PROBLEMS["error"])
