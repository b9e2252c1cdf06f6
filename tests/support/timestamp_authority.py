"""A time-stamping authority of RFC 3161 for tests: real certificates and signatures in DER made here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

STAMPED_AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"
_SHA256, _ECDSA_SHA256 = "2.16.840.1.101.3.4.2.1", "1.2.840.10045.4.3.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A root and a signer below it."""

    root: x509.Certificate
    signer: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def make(cls, name: str = "Test Time Authority") -> Authority:
        """Make up an authority."""
        root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = _certificate(f"{name} Root", root_key, f"{name} Root", root_key, authority=True)
        signer = _certificate(name, key, f"{name} Root", root_key, authority=False)
        return cls(root=root, signer=signer, key=key)

    @property
    def pem(self) -> bytes:
        """The root, for those who trust it."""
        return self.root.public_bytes(Encoding.PEM)

    def answer(self, data: bytes) -> bytes:
        """Return the response (RFC 3161, section 2.4.2) that stamps ``data``."""
        info = _sequence(
            _integer(1),
            _oid("1.2.3.4.1"),
            _sequence(_sequence(_oid(_SHA256)), _octets(hashlib.sha256(data).digest())),
            _integer(4711),
            _tlv(0x18, STAMPED_AT.strftime("%Y%m%d%H%M%SZ").encode()),
        )
        certificate = self.signer.public_bytes(Encoding.DER)
        attributes = [
            _attribute(_CONTENT_TYPE, _oid(_TST_INFO)),
            _attribute(_MESSAGE_DIGEST, _octets(hashlib.sha256(info).digest())),
            _attribute(
                _SIGNING_CERTIFICATE,
                _sequence(_sequence(_sequence(_octets(hashlib.sha256(certificate).digest())))),
            ),
        ]
        signed = b"".join(sorted(attributes))
        signature = self.key.sign(_tlv(0x31, signed), ec.ECDSA(hashes.SHA256()))
        signer_info = _sequence(
            _integer(1),
            _sequence(self.signer.issuer.public_bytes(), _integer(self.signer.serial_number)),
            _sequence(_oid(_SHA256)),
            _tlv(0xA0, signed),
            _sequence(_oid(_ECDSA_SHA256)),
            _octets(signature),
        )
        signed_data = _sequence(
            _integer(3),
            _tlv(0x31, _sequence(_oid(_SHA256))),
            _sequence(_oid(_TST_INFO), _tlv(0xA0, _octets(info))),
            _tlv(0xA0, certificate),
            _tlv(0x31, signer_info),
        )
        token = _sequence(_oid(_SIGNED_DATA), _tlv(0xA0, signed_data))
        return _sequence(_sequence(_integer(0)), token)


def refusal() -> bytes:
    """Return a response that grants nothing (status 2, rejection)."""
    return _sequence(_sequence(_integer(2)))


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    authority: bool,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(STAMPED_AT - timedelta(days=30))
        .not_valid_after(STAMPED_AT + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        .add_extension(_key_usage(authority=authority), critical=True)
    )
    if not authority:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


# DER (ITU-T X.690), as much of it as is needed.


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        length = bytes([size])
    else:
        digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes([0x80 | len(digits)]) + digits
    return bytes([tag]) + length + content


def _sequence(*items: bytes) -> bytes:
    return _tlv(0x30, b"".join(items))


def _octets(content: bytes) -> bytes:
    return _tlv(0x04, content)


def _integer(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _attribute(kind: str, value: bytes) -> bytes:
    return _sequence(_oid(kind), _tlv(0x31, value))


def _oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = b""
    for number in (40 * first + second, *rest):
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        content += bytes(reversed(groups))
    return _tlv(0x06, content)
