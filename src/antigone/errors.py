"""The family of errors that a caller can catch and a person can read.

Every error carries a stable ``code``, a ``message`` that says what happened, a ``hint`` that says what to
do about it, the exit code of the command line and the HTTP status of the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from antigone.failures import Failure, FailureCode


class AntigoneError(Exception):
    """The base of every error that Antigone raises on purpose."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 3
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, hint: str = "", details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = dict(details or {})  # the same facts for programs: JSON values only


class UsageError(AntigoneError):
    """The request itself is off: a wrong option, an impossible box, a missing argument."""

    code = "usage"
    exit_code = 2
    http_status = 400


class NotFoundError(AntigoneError):
    """Something named in the request does not exist."""

    code = "not-found"
    exit_code = 4
    http_status = 404


class EmptyGalleryError(NotFoundError):
    """The collections that were asked for hold no reference of the model in use."""

    code = "empty-gallery"


class NotSignedInError(AntigoneError):
    """Nobody is signed in, or not any more: a wrong password, an ended session, a cut-off account."""

    code = "not-signed-in"
    exit_code = 12
    http_status = 401


class ForbiddenError(AntigoneError):
    """Whoever asks may not do this."""

    code = "forbidden"
    exit_code = 13
    http_status = 403


class RateLimitedError(AntigoneError):
    """Too many attempts; ``details["retry_after"]`` says after how many seconds to try again."""

    code = "rate-limited"
    exit_code = 14
    http_status = 429


class OverloadedError(RateLimitedError):
    """The server has as much to do as it takes on; ``details["retry_after"]`` says when to try again."""

    code = "overloaded"


class ConflictError(AntigoneError):
    """The request fights with what is already there: a taken name, a second writer."""

    code = "conflict"
    exit_code = 5
    http_status = 409


class BusyError(ConflictError):
    """Another process is writing to the same collection."""

    code = "collection-busy"


class CollectionExpiredError(ConflictError):
    """The retention date of a collection has passed, so nothing may enter it."""

    code = "collection-expired"


class NoCaseError(AntigoneError):
    """A collection was to be searched without naming the case that it is for."""

    code = "no-case"
    exit_code = 17
    http_status = 400


class CaseClosedError(ConflictError):
    """The case is closed."""

    code = "case-closed"


class CaseLockedError(ConflictError):
    """The case is locked until a supervisor records the authorisation that it lacks."""

    code = "case-locked"


class WorkspaceError(AntigoneError):
    """The workspace is missing, cannot be written, is full, or is of another version."""

    code = "workspace"
    exit_code = 6


class StorageFullError(WorkspaceError):
    """The disk is full; what was committed before is safe."""

    code = "disk-full"
    http_status = 507


class ModelPackError(AntigoneError):
    """A model pack is incomplete, altered, or of a kind that is refused."""

    code = "model-pack"
    exit_code = 7


class DeviceError(AntigoneError):
    """The device that was asked for is not there, or a model cannot run on it."""

    code = "device"
    exit_code = 8


class PhotoError(AntigoneError):
    """A photo cannot be read or decoded; ``failure`` is the same as data, to be counted and kept."""

    code = "photo"
    exit_code = 11
    http_status = 422

    def __init__(self, code: FailureCode, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint, details={"failure": code.value})
        self.failure = Failure(code=code, message=message)


class UploadTooLargeError(AntigoneError):
    """A request brings more than the server reads of one."""

    code = "upload-too-large"
    exit_code = 18
    http_status = 413


class SourceError(AntigoneError):
    """A place that was named for an import cannot be asked what it holds, such as a store out of reach."""

    code = "source"
    exit_code = 15
    http_status = 502


class ProbeError(AntigoneError):
    """A probe photo gave no single face to search with; ``failure_code`` says why."""

    code = "probe"
    exit_code = 9
    http_status = 422

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        details: Mapping[str, object] | None = None,
        failure_code: str = "",
    ) -> None:
        extra = {"failure": failure_code} if failure_code else {}
        super().__init__(message, hint=hint, details={**extra, **(details or {})})
        self.failure_code = failure_code


class AmbiguousFaceError(ProbeError):
    """A probe photo holds several faces and none was chosen; ``details["photos"]`` lists them."""

    code = "several-faces"


class IndexMismatchError(AntigoneError):
    """The index and the records differ in a way that catching up did not mend."""

    code = "index-mismatch"
    exit_code = 10


class AuditError(AntigoneError):
    """The audit log cannot be extended or checked: its key, tree or signatures are not what they were."""

    code = "audit"
    exit_code = 16
