"""Whether a WACZ is signed, by whom, and when (https://specs.webrecorder.net/wacz-auth/0.1.0/).

The signature covers the hash of the description, which holds the hash of every file. Verification goes by
the steps of the specification, whose numbers stand in the code:

1. The files are those that the description lists (see `wacz_checks`).
2. The digest names the description with its hash; the signed hash is that one too.
3. The signed data has the form of one of the two kinds of signature.
4. The signature is that of the public key, or of the certificate's key.
5. The certificate is that of the domain that is named.
6. The time stamp (RFC 3161) is one of this signature, by the key of the time stamp's certificate.
7. The stated time lies within ten minutes of the time stamp.
8. The chain of the domain's certificate leads to a trusted root.
9. So does the chain of the time stamp's certificate.

An anonymous signature ends with step 4: it shows that nothing was changed since, not who made it.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import rfc3161_client as rfc3161
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from antigone.printable import printable
from antigone.provenance import Check, CheckOutcome
from antigone.sources.wacz_trust import UntrustedError, certificates, check_clock, check_domain, name_of

APART = timedelta(minutes=10)
"""Most time between the stated moment and the time stamp, as the specification has it."""

_SIGNATURE, _CERTIFICATE, _TIMESTAMP = "wacz-signature", "wacz-certificate", "wacz-timestamp"


class _RefusedError(Exception):
    """A step failed; the text is a sentence."""


def check_signature(signed: object, digest: str, further: Path | None) -> tuple[Check, Check, Check]:
    """Check the signed data of a package whose description has the hash ``digest`` ("sha256:...").

    ``further`` is a file of roots that are trusted besides those of the web. Returns the checks of the
    signature, of its certificate and of its time stamp.
    """
    if signed is None:
        return _none("The package is not signed.")
    try:
        data = _Signed.of(signed, digest)  # step 3, and the second half of step 2
    except _RefusedError as error:
        return _failed(_SIGNATURE, str(error)), *_unchecked()
    if data.public_key is not None:
        return (
            _anonymous(data, data.public_key),
            _absent(_CERTIFICATE, "The signature names nobody, so there is no certificate."),
            _absent(_TIMESTAMP, "An anonymous signature has no time stamp."),
        )
    try:
        chain = certificates(data.domain_chain)
        _verify(data, chain[0].public_key())  # step 4
    except UntrustedError as error:
        return _failed(_SIGNATURE, f"The certificate of the signature {error}."), *_unchecked()
    except _RefusedError as error:
        return _failed(_SIGNATURE, str(error)), *_unchecked()
    who = printable(data.domain or "")
    passed = _passed(_SIGNATURE, f"Signed with the key of the certificate for {who}. {data.software_told()}")
    stamp, moment = _check_time(data, further)
    return passed, _check_certificate(data, chain, moment, further), stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """The signed data of a digest."""

    hash: str
    signature: str  # base64
    created: datetime
    software: str
    public_key: str | None  # base64; of an anonymous signature
    domain: str | None
    domain_chain: object
    time_signature: object
    time_chain: object

    @classmethod
    def of(cls, signed: object, digest: str) -> _Signed:
        if not isinstance(signed, dict):
            raise _RefusedError("The signature is not of a form that is known.")
        texts = {name: value for name, value in signed.items() if isinstance(value, str)}
        try:
            created = datetime.fromisoformat(texts["created"])
            created = created.replace(tzinfo=UTC) if created.tzinfo is None else created.astimezone(UTC)
            data = cls(
                hash=texts["hash"],
                signature=texts["signature"],
                created=created,
                software=texts.get("software", ""),
                public_key=texts.get("publicKey"),
                domain=texts.get("domain"),
                domain_chain=texts.get("domainCert"),
                time_signature=texts.get("timeSignature"),
                time_chain=texts.get("timestampCert"),
            )
        except (KeyError, ValueError, OverflowError) as error:
            raise _RefusedError("The signature lacks its hash, its time or itself.") from error
        if data.hash != digest:
            raise _RefusedError("What is signed is the hash of another description.")
        if data.public_key is None and data.domain is None:
            raise _RefusedError("The signature names neither a key nor a domain.")
        return data

    def software_told(self) -> str:
        return f"Made by {printable(self.software[:100])}." if self.software else ""


def _anonymous(data: _Signed, public_key: str) -> Check:
    try:
        der = base64.b64decode(public_key, validate=True)
        key = serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return _failed(_SIGNATURE, "The public key of the signature cannot be read.")
    try:
        _verify(data, key)  # step 4
    except _RefusedError as error:
        return _failed(_SIGNATURE, str(error))
    message = (
        f"Signed anonymously with the key of SHA-256 {hashlib.sha256(der).hexdigest()}: nothing was changed "
        f"since. Who holds that key is not shown. {data.software_told()}"
    )
    return _passed(_SIGNATURE, message)


def _verify(data: _Signed, key: object) -> None:
    """Verify the signature of the hash's text by ECDSA, in DER or as two plain numbers. Step 4."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise _RefusedError("The key of the signature is of a kind that the specification does not have.")
    try:
        raw = base64.b64decode(data.signature, validate=True)
    except ValueError as error:
        raise _RefusedError("The signature cannot be read.") from error
    forms = [raw]
    half = (key.curve.key_size + 7) // 8
    if len(raw) == 2 * half:  # as browsers make them
        forms.append(
            encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
        )
    for form in forms:
        try:
            key.verify(form, data.hash.encode("utf-8"), ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError):
            continue
        return
    raise _RefusedError(
        "The signature is wrong: the package was changed after it was signed, or never signed."
    )


def _check_certificate(
    data: _Signed, chain: list[x509.Certificate], moment: datetime | None, further: Path | None
) -> Check:
    """Steps 5 and 8, at the moment of the time stamp, or at the stated one where there is none."""
    domain, at = data.domain or "", moment or data.created
    try:
        root = check_domain(chain, domain, at, further)
    except UntrustedError as error:
        message = f"The certificate of the signature {error}: that {printable(domain)} signed is not shown."
        return _failed(_CERTIFICATE, printable(message))
    witness = "" if moment else " That it was signed then is only stated."
    message = (
        f"The certificate for {domain} leads to {root} and was valid at {_shown(at)}.{witness} Not checked, "
        "for it takes the network: whether it was revoked."
    )
    return _passed(_CERTIFICATE, printable(message))


def _check_time(data: _Signed, further: Path | None) -> tuple[Check, datetime | None]:
    """Steps 6, 7 and 9; the moment is given only if all of them passed."""
    if data.time_signature is None:
        return _absent(_TIMESTAMP, "The signature has no time stamp."), None
    try:
        chain = certificates(data.time_chain)
        moment = _stamped(data, chain)
        root = check_clock(chain, moment, further)  # step 9
        if abs(moment - data.created) > APART:  # step 7
            raise _RefusedError(f"The time stamp of {_shown(moment)} is not of the stated time.")
    except UntrustedError as error:
        return _failed(_TIMESTAMP, printable(f"The certificate of the time stamp {error}.")), None
    except _RefusedError as error:
        return _failed(_TIMESTAMP, str(error)), None
    clock = name_of(chain[0].subject)
    message = f"{clock} witnesses the signature at {_shown(moment)}; its certificate leads to {root}."
    return _passed(_TIMESTAMP, printable(message)), moment


def _stamped(data: _Signed, chain: list[x509.Certificate]) -> datetime:
    """Return when a clock with the certificate ``chain[0]`` saw the signature. Step 6."""
    refused = _RefusedError("The time stamp is not one of this signature.")
    try:
        raw = base64.b64decode(str(data.time_signature), validate=True)
        response = rfc3161.decode_timestamp_response(raw)
        verifier = rfc3161.VerifierBuilder(tsa_certificate=chain[0], roots=[chain[-1]]).build()
        verifier.verify_message(response, data.signature.encode("ascii"))
        moment = response.tst_info.gen_time
    except (ValueError, rfc3161.VerificationError) as error:
        raise refused from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _passed(name: str, message: str) -> Check:
    return Check(name=name, outcome=CheckOutcome.PASSED, message=message.strip())


def _failed(name: str, message: str) -> Check:
    return Check(name=name, outcome=CheckOutcome.FAILED, message=message)


def _absent(name: str, message: str) -> Check:
    return Check(name=name, outcome=CheckOutcome.ABSENT, message=message)


def _none(message: str) -> tuple[Check, Check, Check]:
    return _absent(_SIGNATURE, message), _absent(_CERTIFICATE, message), _absent(_TIMESTAMP, message)


def _unchecked() -> tuple[Check, Check]:
    message = "Not checked, for the signature does not hold."
    return _absent(_CERTIFICATE, message), _absent(_TIMESTAMP, message)
