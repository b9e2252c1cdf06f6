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
