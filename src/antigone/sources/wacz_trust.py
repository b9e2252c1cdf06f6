"""Whose certificates are trusted for the signatures of archives: the roots of the web, and known clocks.

All is decided offline, at the moment at which the archive was signed. What takes the network is not: whether
a certificate was revoked, and whether it stands in the public logs of certificates.
"""

from __future__ import annotations

import base64
import re
import ssl
import warnings
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

MAX_CERTIFICATES = 10
"""Certificates of one chain; real ones have two to four."""

# Roots of time-stamping authorities that are no roots of the web: SHA-256 of the certificate, name.
CLOCKS = {"a6379e7cecc05faa3cbf076013d745e327bbbaa38c0b9af22469d4701d18aabc": "Free TSA"}

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\s.*?-----END CERTIFICATE-----", re.DOTALL)


class UntrustedError(Exception):
    """A chain of certificates leads to nobody who is trusted; the text is the middle of a sentence."""


def certificates(pem: object) -> list[x509.Certificate]:
    """Return the certificates of a chain in PEM, the leaf first. Raises `UntrustedError`."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of peculiar numbers and dates
            chain = x509.load_pem_x509_certificates(pem.encode("ascii")) if isinstance(pem, str) else []
    except (ValueError, UnicodeError, UnsupportedAlgorithm) as error:
        raise UntrustedError("cannot be read") from error
    if not 0 < len(chain) <= MAX_CERTIFICATES:
        raise UntrustedError("is missing" if not chain else "has too many certificates")
    _check_encoding(chain)
    return chain


def check_domain(chain: Sequence[x509.Certificate], domain: str, at: datetime, further: Path | None) -> str:
    """Return the name of the trusted root to which a chain for ``domain`` led at the moment ``at``.

    Raises `UntrustedError`.
    """
    roots = _roots_named_by(chain, further)
    if not roots:
        raise UntrustedError(f"leads to no trusted root: its chain ends at {issuer_of(chain[-1])}")
    try:
        verifier = PolicyBuilder().store(Store(roots)).time(at).build_server_verifier(x509.DNSName(domain))
        path = verifier.verify(chain[0], list(chain[1:]))
    except (VerificationError, ValueError, OverflowError) as error:
        raise UntrustedError(f"does not hold for {domain} at that time") from error
    return name_of(path[-1].subject)


def check_clock(chain: Sequence[x509.Certificate], at: datetime, further: Path | None) -> str:
    """Return the name of the known root to which the chain of a time-stamping authority led at ``at``.

    Raises `UntrustedError`.
    """
    for certificate in chain:
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            raise UntrustedError("was not valid at that time")
    for issued, issuer in pairwise(chain):
        if not _issued(issued, issuer):
            raise UntrustedError("is no chain: one of its certificates was not issued by the next")
    top = chain[-1]
    known = CLOCKS.get(top.fingerprint(hashes.SHA256()).hex())
    if known is not None:
        return known
    for root in _roots_named_by([top], further):
        if root == top or _issued(top, root):
            return name_of(root.subject)
    raise UntrustedError(f"leads to no known clock: its chain ends at {issuer_of(top)}")


def name_of(name: x509.Name) -> str:
    """Return what a person calls the owner of a certificate."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        values = name.get_attributes_for_oid(kind)
        if values:
            return str(values[0].value)
    return name.rfc4514_string()


def issuer_of(certificate: x509.Certificate) -> str:
    """Return the name of whoever issued a certificate."""
    return name_of(certificate.issuer)


def _check_encoding(chain: Sequence[x509.Certificate]) -> None:
    """Refuse certificates of which some part cannot be read, or that OpenSSL does not read.

    `cryptography` looks at the parts only when they are asked for. The library that verifies time stamps
    hands certificates to OpenSSL, and panics at what that cannot read.
    """
    try:
        for one in chain:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(cadata=one.public_bytes(Encoding.DER))
            one.public_key()
            with warnings.catch_warnings(action="ignore"):
                _ = (
                    one.subject,
                    one.issuer,
                    one.extensions,
                    one.not_valid_before_utc,
                    one.not_valid_after_utc,
                )
    except (ssl.SSLError, ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise UntrustedError("cannot be read") from error


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether a certificate was issued by another that may issue any; not each holder of one may."""
    try:
        certificate.verify_directly_issued_by(issuer)
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound):
        return False
    return constraints.value.ca


def _roots_named_by(chain: Sequence[x509.Certificate], further: Path | None) -> list[x509.Certificate]:
    """Return the trusted roots that a chain names as issuers; no other is parsed, for some are peculiar."""
    names = {certificate.issuer.public_bytes() for certificate in chain}
    blocks = _blocks(certifi.where()) + (_blocks(str(further)) if further is not None else ())
    roots = (x509.load_pem_x509_certificate(pem) for pem, der in blocks if any(name in der for name in names))
    return [root for root in roots if root.subject.public_bytes() in names]


@lru_cache(maxsize=4)
def _blocks(path: str) -> tuple[tuple[bytes, bytes], ...]:
    """Return the certificates of a file, each in PEM and in DER."""
    found = _PEM.findall(Path(path).read_bytes())
    return tuple((pem, base64.b64decode(b"".join(pem.splitlines()[1:-1]))) for pem in found)
