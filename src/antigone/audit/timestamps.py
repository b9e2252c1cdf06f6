"""Time stamps of RFC 3161: an authority confirms that a checkpoint existed at a certain time.

Antigone makes the request and checks the response. Carrying one to the authority and the other back is left
to the operator, so that no connection is made. The library `rfc3161-client` reads and verifies the formats.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from antigone.audit.events import CheckpointTimestamped
from antigone.audit.log import AuditLog
from antigone.audit.verifier import NoteError, SignedCheckpoint, encode_base64
from antigone.audit.witness import check_extends
from antigone.errors import AuditError, UsageError
from antigone.printable import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamp:
    """What an authority confirms."""

    time: datetime  # UTC; the checkpoint existed then
    authority: str  # subject of the certificate that signed
    size: int  # entries under the checkpoint
    root: str  # base64
    response: str  # sha256 of the response


def make_request(checkpoint: bytes) -> bytes:
    """Return the request to have a checkpoint's SHA-256 stamped (RFC 3161, section 2.4.1).

    Raises `UsageError` for what is no checkpoint.
    """
    _parse(checkpoint)
    builder = TimestampRequestBuilder().data(checkpoint).hash_algorithm(HashAlgorithm.SHA256)
    return builder.nonce(nonce=True).cert_request(cert_request=True).build().as_bytes()


def verify_response(checkpoint: bytes, response: bytes, certificates: bytes) -> TimeStamp:
    """Check an authority's response (RFC 3161, section 2.4.2) about a checkpoint.

    ``certificates`` are those of the authority that the caller trusts, as PEM: at least the root, and those
    between it and the signer where the response does not bring them. Raises `UsageError` for files that are
    not what they should be, and `AuditError` where the response does not confirm this checkpoint.
    """
    stamped = _parse(checkpoint).checkpoint
    try:
        trusted = x509.load_pem_x509_certificates(certificates)
    except ValueError as error:
        raise UsageError("the certificates of the authority are no PEM certificates") from error
    try:
        decoded = decode_timestamp_response(response)
    except ValueError as error:
        raise UsageError(
            "this is no response of a time-stamping authority", hint="give the file that it answered with"
        ) from error
    if decoded.status not in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS):
        raise AuditError(f"the authority did not stamp it: status {decoded.status}, RFC 3161, section 2.4.2")
    builder = VerifierBuilder()
    for certificate in dict.fromkeys(trusted):
        if certificate.issuer == certificate.subject:
            builder = builder.add_root_certificate(certificate)
        else:
            builder = builder.add_intermediate_certificate(certificate)
    try:
        builder.build().verify_message(decoded, checkpoint)
    except (VerificationError, ValueError) as error:
        why = printable(str(error).partition(": ErrorStack")[0])
        raise AuditError(
            f"the response does not confirm this checkpoint: {why}",
            hint="check that checkpoint, response and the authority's root certificate belong together",
        ) from error
    return TimeStamp(
        time=decoded.tst_info.gen_time.astimezone(UTC),
        authority=_signer(decoded),
        size=stamped.size,
        root=encode_base64(stamped.root),
        response=hashlib.sha256(response).hexdigest(),
    )


def accept_response(
    log: AuditLog, checkpoint: bytes, response: bytes, certificates: bytes
) -> tuple[TimeStamp, int]:
    """Check a response about a checkpoint of ``log`` and write it down; return it with the entry's number."""
    stamp = verify_response(checkpoint, response, certificates)
    check_extends(log, log.checkpoint(), _parse(checkpoint))
    told = CheckpointTimestamped(
        size=stamp.size, root=stamp.root, time=stamp.time.isoformat(), response=stamp.response
    )
    return stamp, log.append(told.event())


def _parse(checkpoint: bytes) -> SignedCheckpoint:
    try:
        return SignedCheckpoint.parse(checkpoint)
    except NoteError as error:
        raise UsageError(
            f"this is no checkpoint: {error}", hint="antigone audit checkpoint --to FILE writes one"
        ) from error


def _signer(response: TimeStampResponse) -> str:
    """Return the subject of the certificate that signed, empty where the response does not bring it."""
    signers = {(info.issuer, info.serial_number) for info in response.signed_data.signer_infos}
    for der in response.signed_data.certificates:
        certificate = x509.load_der_x509_certificate(der)
        if (certificate.issuer, certificate.serial_number) in signers:
            return certificate.subject.rfc4514_string()
    return ""
