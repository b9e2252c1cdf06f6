"""Time stamps of RFC 3161: an authority confirms that a checkpoint existed at a certain time.

Antigone makes the request and checks the response. Carrying one to the authority and the other back is left
to the operator, so that no connection is made. The library `rfc3161-client` reads and verifies the formats.
"""

from __future__ import annotations

import hashlib
import ssl
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
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

_GRANTED = (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS)
_UNREADABLE = (
    ValueError,
    TypeError,
    ssl.SSLError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
)
"""What the libraries raise at certificates and messages that are not well formed."""


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
        with _panics_as_errors():
            roots, between = _sorted(x509.load_pem_x509_certificates(certificates))
    except _UNREADABLE as error:
        raise UsageError(
            "the certificates of the authority are no PEM certificates that can be read"
        ) from error
    try:
        with _panics_as_errors():
            decoded = decode_timestamp_response(response)
            if decoded.status in _GRANTED:  # a refusal brings nothing to read
                _check_readable(map(x509.load_der_x509_certificate, decoded.signed_data.certificates))
    except _UNREADABLE as error:
        raise UsageError(
            "this is no response of a time-stamping authority", hint="give the file that it answered with"
        ) from error
    if decoded.status not in _GRANTED:
        raise AuditError(f"the authority did not stamp it: status {decoded.status}, RFC 3161, section 2.4.2")
    builder = VerifierBuilder()
    for certificate in roots:
        builder = builder.add_root_certificate(certificate)
    for certificate in between:
        builder = builder.add_intermediate_certificate(certificate)
    try:
        with _panics_as_errors():
            builder.build().verify_message(decoded, checkpoint)
            time, authority = decoded.tst_info.gen_time.astimezone(UTC), _signer(decoded)
    except (VerificationError, *_UNREADABLE) as error:
        why = printable(str(error).partition(": ErrorStack")[0])
        raise AuditError(
            f"the response does not confirm this checkpoint: {why}",
            hint="check that checkpoint, response and the authority's root certificate belong together",
        ) from error
    return TimeStamp(
        time=time,
        authority=authority,
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


def _sorted(
    trusted: Iterable[x509.Certificate],
) -> tuple[list[x509.Certificate], list[x509.Certificate]]:
    """Return the roots among certificates, and the others, each once. Raises one of `_UNREADABLE`."""
    known = list(dict.fromkeys(trusted))
    _check_readable(known)
    roots = [one for one in known if one.issuer == one.subject]
    return roots, [one for one in known if one not in roots]


def _check_readable(certificates: Iterable[x509.Certificate]) -> None:
    """Read every part of certificates, also by OpenSSL, which the library hands them to unseen.

    `cryptography` reads parts only when they are asked for, and `rfc3161-client` panics at what OpenSSL does
    not read. Raises one of `_UNREADABLE`.
    """
    with warnings.catch_warnings(action="ignore"):  # of peculiar numbers and dates
        for one in certificates:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(cadata=one.public_bytes(Encoding.DER))
            _ = one.public_key(), one.subject, one.issuer, one.extensions, one.not_valid_before_utc


@contextmanager
def _panics_as_errors() -> Iterator[None]:
    """Turn a panic of a parser written in Rust, which is no `Exception`, into a `ValueError`."""
    try:
        yield
    except BaseException as error:
        if (
            type(error).__name__ != "PanicException"
        ):  # each library has a class of its own, which none exports
            raise
        raise ValueError("the parser gave up") from error


def _signer(response: TimeStampResponse) -> str:
    """Return the subject of the certificate that signed, empty where the response does not bring it."""
    signers = {(info.issuer, info.serial_number) for info in response.signed_data.signer_infos}
    for der in response.signed_data.certificates:
        certificate = x509.load_der_x509_certificate(der)
        if (certificate.issuer, certificate.serial_number) in signers:
            return certificate.subject.rfc4514_string()
    return ""
