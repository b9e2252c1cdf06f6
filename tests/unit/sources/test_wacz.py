"""WACZ packages: read in place, checked against their list of files, and against whoever signed it."""

from __future__ import annotations

import base64
import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import archived
from antigone.failures import FailureCode
from antigone.provenance import Check, CheckOutcome, Material
from antigone.settings import Settings
from antigone.sources.expand import expand
from antigone.sources.offer import Met, Offer
from antigone.sources.originals import read_original
from antigone.sources.wacz_package import MAX_DIRECTORY_BYTES
from antigone.sources.wacz_trust import UntrustedError, check_clock
from antigone.sources.walk import Found

SETTINGS = Settings()
WARC = "archive/data.warc.gz"
FILES = {WARC: archived.compressed(archived.album(4)), "pages/pages.jsonl": b'{"format": "json-pages-1.0"}\n'}
PHOTOS = [archived.photo(seed) for seed in (0, 2, 1, 3)]


def met_in(path: Path, settings: Settings = SETTINGS) -> list[Met]:
    return list(expand(Found(location=str(path)), settings))


def read(path: Path, settings: Settings = SETTINGS) -> tuple[dict[str, Check], list[Offer]]:
    met = met_in(path, settings)
    (material,) = [one for one in met if isinstance(one, Material)]
    assert material.kind == "wacz"
    return {check.name: check for check in material.checks}, [one for one in met if isinstance(one, Offer)]


def outcomes(path: Path, settings: Settings = SETTINGS) -> dict[str, str]:
    return {name: check.outcome.value for name, check in read(path, settings)[0].items()}


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "crawl.wacz"
    path.write_bytes(data)
    return path


def rezipped(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """Return a package with other contents; None leaves a file out."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(target, "w") as changed:
        for name in package.namelist():
            content = change(name, package.read(name))
            if content is not None:
                changed.writestr(name, content)
    return target.getvalue()


# ---- what is in it ----


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_photos_of_a_package_name_the_file_they_lie_in(tmp_path: Path, compression: int) -> None:
    path = written(tmp_path, archived.wacz(FILES, compression=compression))
    checks, offers = read(path)
    assert [offer.data for offer in offers] == PHOTOS
    for offer in offers:
        assert offer.location == f"{path}#{WARC}&record={offer.place.position}"
        assert offer.place.member == WARC
        assert read_original(offer.place, SETTINGS) == offer.data
    assert {name: check.outcome.value for name, check in checks.items()} == {
        "wacz-package": "passed",
        "wacz-files": "passed",
        "wacz-digest": "passed",
        "wacz-signature": "absent",
        "wacz-certificate": "absent",
        "wacz-timestamp": "absent",
        "warc-records": "passed",
        "warc-digests": "passed",
        "pages": "passed",
    }


def test_pages_in_one_file_embed_photos_in_another(tmp_path: Path) -> None:
    info, *records = archived.album(4)
    split = {
        "archive/1.warc.gz": archived.compressed([info, *records[:1]]),
        "archive/2.warc": b"".join(records[1:]),
    }
    _, offers = read(written(tmp_path, archived.wacz(split)))
    assert [offer.data for offer in offers] == PHOTOS
    assert [offer.provenance.appearances[0].page_title for offer in offers] == ["An album"] * 4
    assert {offer.place.member for offer in offers} == set(split)


def test_the_list_of_pages_tells_what_was_visited(tmp_path: Path) -> None:
    photo = archived.response("https://cdn.example/1.jpg", archived.photo(1), headers={"WARC-Page-ID": "p-1"})
    entries = [
        {"format": "json-pages-1.0", "id": "pages"},
        {"id": "p-1", "url": "https://a.example/app", "title": "An app", "text": "..."},
        {"id": 7, "url": ["no address"]},
        {"id": "p-2", "url": "https://a.example/\ud800", "title": "half a character"},
        {"id": "p-3", "url": "https://a.example/b", "title": "half \ud800"},
    ]
    lines = [json.dumps(entry).encode() for entry in entries]
    lists = {
        "pages/pages.jsonl": lines[0] + b"\n" + b"not json\n[]\n",
        "pages/extraPages.jsonl": b"\n".join(lines[1:]),
    }
    _, (offer,) = read(written(tmp_path, archived.wacz({WARC: archived.compressed([photo]), **lists})))
    (page,) = offer.provenance.appearances
    assert (page.page_url, page.page_title, page.how) == ("https://a.example/app", "An app", "visit")


def test_a_package_compressed_as_a_whole_within_is_read_again(tmp_path: Path) -> None:
    import gzip

    whole = {WARC: gzip.compress(b"".join(archived.album(3)))}
    _, offers = read(written(tmp_path, archived.wacz(whole)))
    assert [offer.data for offer in offers] == [archived.photo(seed) for seed in (0, 2, 1)]
    assert [read_original(offer.place, SETTINGS) for offer in offers] == [offer.data for offer in offers]


# ---- what is wrong with it ----


def replaced(name: str, content: bytes | None) -> Callable[[str, bytes], bytes | None]:
    return lambda found, data: content if found == name else data


@pytest.mark.parametrize(
    ("change", "failed", "words"),
    [
        (
            replaced("pages/pages.jsonl", b"other"),
            "wacz-files",
            "pages/pages.jsonl is not what the list says",
        ),
        (replaced("pages/pages.jsonl", None), "wacz-files", "pages/pages.jsonl is missing"),
        (replaced("datapackage.json", b"{}"), "wacz-files", "without a list of files"),
        (replaced("datapackage.json", b"[1"), "wacz-files", "no JSON"),
        (replaced("datapackage.json", None), "wacz-package", "no description"),
        (replaced("datapackage-digest.json", b"no"), "wacz-digest", "no JSON"),
        (replaced("datapackage-digest.json", b"[]"), "wacz-digest", "was changed"),
        (replaced(WARC, archived.compressed(archived.album(1))), "wacz-files", "is not what the list says"),
    ],
)
def test_a_package_that_was_changed_fails_its_check_and_is_read(
    tmp_path: Path, change: Callable[[str, bytes], bytes | None], failed: str, words: str
) -> None:
    checks, offers = read(written(tmp_path, rezipped(archived.wacz(FILES), change)))
    assert checks[failed].outcome is CheckOutcome.FAILED
    assert words in checks[failed].message
    assert offers
    assert not any(offer.failure for offer in offers)


def test_a_description_that_was_exchanged_does_not_fit_its_digest(tmp_path: Path) -> None:
    path = written(tmp_path, archived.wacz(FILES, digest_of=b"the one before"))
    assert outcomes(path)["wacz-digest"] == "failed"
    assert outcomes(path)["wacz-files"] == "passed"


def test_an_archive_that_is_not_listed_is_told(tmp_path: Path) -> None:
    more = {**FILES, "archive/slipped-in.warc": b"".join(archived.album(1))}
    checks, offers = read(written(tmp_path, archived.wacz(more, described=list(FILES))))
    assert checks["wacz-files"].outcome is CheckOutcome.FAILED
    assert "archive/slipped-in.warc is not listed" in checks["wacz-files"].message
    assert len(offers) == 5


def test_a_package_without_digest_or_archive_says_so(tmp_path: Path) -> None:
    bare = rezipped(archived.wacz({"pages/pages.jsonl": b""}), replaced("datapackage-digest.json", None))
    found = outcomes(written(tmp_path, bare))
    assert (found["wacz-package"], found["wacz-digest"], found["wacz-signature"]) == (
        "failed",
        "absent",
        "absent",
    )


def test_two_files_of_one_name_are_told(tmp_path: Path) -> None:
    buffer = io.BytesIO(archived.wacz(FILES))
    with zipfile.ZipFile(buffer, "a") as package, pytest.warns(UserWarning, match="Duplicate"):
        package.writestr(WARC, archived.compressed(archived.album(1)))
    checks, offers = read(written(tmp_path, buffer.getvalue()))
    assert checks["wacz-package"].outcome is CheckOutcome.FAILED
    assert [offer.data for offer in offers] == PHOTOS


def test_an_encrypted_file_is_a_failure_and_the_others_are_read(tmp_path: Path) -> None:
    more = {**FILES, "archive/z.warc": b"".join(archived.album(1))}
    data = bytearray(archived.wacz(more))
    entry = data.rindex(b"PK\x01\x02", 0, data.rindex(b"archive/z.warc"))
    data[entry + 8] |= 1
    checks, offers = read(written(tmp_path, bytes(data)))
    assert "encrypted" in checks["warc-records"].message
    assert checks["wacz-files"].outcome is CheckOutcome.FAILED
    assert [offer.data for offer in offers if not offer.failure] == PHOTOS
    assert [offer.failure.code for offer in offers if offer.failure] == [FailureCode.MATERIAL_DAMAGED]


def test_a_bomb_is_not_unfolded(tmp_path: Path) -> None:
    small = Settings(max_archive_bytes=1 << 20)
    ones = archived.response("https://a/1", b"1" * (1 << 25))
    files = {**FILES, "archive/ones.warc": ones, "archive/zeros.warc": bytes(1 << 25), "notes.txt": ones}
    path = written(tmp_path, archived.wacz(files, compression=zipfile.ZIP_DEFLATED))
    assert path.stat().st_size < 1 << 18
    checks, offers = read(path, small)
    assert checks["wacz-files"].outcome is CheckOutcome.FAILED
    assert [offer.data for offer in offers if not offer.failure] == PHOTOS
    assert {offer.failure.code for offer in offers if offer.failure} == {FailureCode.MATERIAL_TOO_LARGE}


def test_a_directory_too_long_to_be_one_is_not_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr(WARC, FILES[WARC])
        for number in range(150):
            package.writestr("x" * 60_000 + str(number), b"")
    data = buffer.getvalue()
    assert len(data) > 2 * MAX_DIRECTORY_BYTES
    checks, offers = read(written(tmp_path, data))
    assert checks["wacz-package"].outcome is CheckOutcome.FAILED
    assert [offer.data for offer in offers if not offer.failure] == PHOTOS


def test_names_in_a_package_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret.warc").write_bytes(b"".join(archived.album(1)))
    evil = {"../secret.warc": FILES[WARC], "/etc/passwd.warc": b"".join(archived.album(1))}
    _, offers = read(written(tmp_path, archived.wacz(evil)))
    assert len(offers) == 5
    assert [read_original(offer.place, SETTINGS) for offer in offers] == [offer.data for offer in offers]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crawl.wacz", "secret.warc"]


def test_of_a_package_cut_anywhere_the_photos_before_are_read(tmp_path: Path) -> None:
    data = archived.wacz(FILES)
    for length in [1, 3, *random.Random(6).sample(range(4, len(data)), 20)]:
        path = written(tmp_path, data[:length])
        checks, offers = read(path)
        assert checks["wacz-package"].outcome is CheckOutcome.FAILED
        photos = [offer.data for offer in offers if not offer.failure]
        assert photos == PHOTOS[: len(photos)]
        assert len({offer.location for offer in offers}) == len(offers)
        assert [read_original(offer.place, SETTINGS) for offer in offers if not offer.failure] == photos
        codes = {offer.failure.code for offer in offers if offer.failure}
        assert codes <= {FailureCode.MATERIAL_CUT_OFF, FailureCode.MATERIAL_DAMAGED}


def test_any_change_of_a_package_ends_in_checks_and_offers(tmp_path: Path) -> None:
    data = archived.wacz(FILES)
    chance = random.Random(7)
    for _ in range(60):
        changed = bytearray(data)
        start = chance.choice((0, len(data) - 900))  # anywhere, or in the directory
        for _ in range(chance.randint(1, 6)):
            changed[chance.randrange(start, len(data))] = chance.randrange(256)
        checks, offers = read(written(tmp_path, bytes(changed)))
        assert checks
        assert len({offer.location for offer in offers}) == len(offers)


# ---- who signed it ----

KEY = ec.generate_private_key(ec.SECP384R1())
NOW = datetime(2024, 3, 5, 6, 0, 0, tzinfo=UTC)


def public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


def anonymous(digest: str, changes: Mapping[str, str] = {}, *, raw: bool = True) -> dict[str, str]:
    der = KEY.sign(digest.encode(), ec.ECDSA(hashes.SHA256()))
    plain = b"".join(number.to_bytes(48, "big") for number in decode_dss_signature(der))
    return {
        "hash": digest,
        "created": "2024-03-05T06:00:00Z",
        "software": "a test",
        "signature": base64.b64encode(plain if raw else der).decode(),
        "publicKey": public(KEY),
        **changes,
    }


@pytest.mark.parametrize("raw", [True, False])
def test_an_anonymous_signature_shows_that_nothing_was_changed(tmp_path: Path, raw: bool) -> None:
    path = written(tmp_path, archived.wacz(FILES, signed=lambda digest: anonymous(digest, raw=raw)))
    checks = read(path)[0]
    assert [checks[f"wacz-{name}"].outcome.value for name in ("signature", "certificate", "timestamp")] == [
        *("passed", "absent", "absent"),
    ]
    assert "Who holds that key is not shown" in checks["wacz-signature"].message


OTHER = ec.generate_private_key(ec.SECP384R1())


@pytest.mark.parametrize(
    "changes",
    [
        {"publicKey": public(OTHER)},
        {"publicKey": public(rsa.generate_private_key(65537, 2048))},
        {"publicKey": "AAAA"},
        {"publicKey": "no base64"},
        {"signature": "AAAA"},
        {"signature": "é"},
        {"signature": base64.b64encode(bytes(96)).decode()},
        {"hash": archived.hash_of(b"another description")},
        {"created": "yesterday"},
    ],
)
def test_a_wrong_anonymous_signature_fails(tmp_path: Path, changes: dict[str, str]) -> None:
    path = written(tmp_path, archived.wacz(FILES, signed=lambda digest: anonymous(digest, changes)))
    assert outcomes(path)["wacz-signature"] == "failed"
    assert len(read(path)[1]) == 4


@pytest.mark.parametrize("signed", [[], "x", 7, {}, {"hash": 1}, {"domain": "a.example"}])
def test_signed_data_of_no_known_form_fails(tmp_path: Path, signed: object) -> None:
    assert outcomes(written(tmp_path, archived.wacz(FILES, signed=signed)))["wacz-signature"] == "failed"


def test_a_signature_taken_from_another_package_fails(tmp_path: Path) -> None:
    taken = anonymous(archived.hash_of(b"the description of another package"))
    assert outcomes(written(tmp_path, archived.wacz(FILES, signed=taken)))["wacz-signature"] == "failed"


class Authority:
    """A root of certificates, and what it issues."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.root = (
            self._builder(self.name, self.key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def issue(self, domain: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return (
            self._builder(subject, key)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(authority, critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=30))
            .not_valid_after(NOW + timedelta(days=60))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )


def pem(*certificates: x509.Certificate) -> str:
    return "".join(
        certificate.public_bytes(serialization.Encoding.PEM).decode() for certificate in certificates
    )


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("A root of our own")


@pytest.fixture
def trusting(tmp_path: Path, authority: Authority) -> Settings:
    (tmp_path / "roots.pem").write_text(f"Some words first\n{pem(authority.root)}", encoding="ascii")
    return Settings(trusted_certificates=tmp_path / "roots.pem")


def by_domain(
    authority: Authority, domain: str = "crawler.example", **changes: str
) -> Callable[[str], object]:
    key = ec.generate_private_key(ec.SECP256R1())
    chain = pem(authority.issue("crawler.example", key), authority.root)

    def signed(digest: str) -> object:
        return {
            "hash": digest,
            "created": "2024-03-05T06:00:00Z",
            "signature": base64.b64encode(key.sign(digest.encode(), ec.ECDSA(hashes.SHA256()))).decode(),
            "domain": domain,
            "domainCert": chain,
            **changes,
        }

    return signed


def test_a_domain_signs_by_a_certificate_that_leads_to_a_trusted_root(
    tmp_path: Path, authority: Authority, trusting: Settings
) -> None:
    path = written(tmp_path, archived.wacz(FILES, signed=by_domain(authority)))
    checks = read(path, trusting)[0]
    assert checks["wacz-signature"].outcome is CheckOutcome.PASSED
    assert checks["wacz-certificate"].outcome is CheckOutcome.PASSED
    for words in ("A root of our own", "crawler.example", "2024-03-05", "only stated", "revoked"):
        assert words in checks["wacz-certificate"].message
    assert checks["wacz-timestamp"].outcome is CheckOutcome.ABSENT
    assert outcomes(path)["wacz-certificate"] == "failed"  # by whoever does not trust that root


@pytest.mark.parametrize(
    ("domain", "changes", "words"),
    [
        ("other.example", {}, "does not hold for other.example"),
        ("crawler.example", {"created": "2025-01-01T00:00:00Z"}, "does not hold"),
        ("not a domain\x1b[2J", {}, "does not hold"),
    ],
)
def test_a_certificate_of_another_name_or_time_fails(
    tmp_path: Path, authority: Authority, trusting: Settings, domain: str, changes: dict[str, str], words: str
) -> None:
    path = written(tmp_path, archived.wacz(FILES, signed=by_domain(authority, domain, **changes)))
    check = read(path, trusting)[0]["wacz-certificate"]
    assert check.outcome is CheckOutcome.FAILED
    assert words in check.message
    assert check.message.isprintable()


def test_a_root_of_the_same_name_is_not_the_root(tmp_path: Path, trusting: Settings) -> None:
    forger = Authority("A root of our own")
    path = written(tmp_path, archived.wacz(FILES, signed=by_domain(forger)))
    assert outcomes(path, trusting)["wacz-certificate"] == "failed"


@pytest.mark.parametrize(
    "chain", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_a_chain_that_cannot_be_read_fails(tmp_path: Path, authority: Authority, chain: str) -> None:
    path = written(tmp_path, archived.wacz(FILES, signed=by_domain(authority, domainCert=chain)))
    found = outcomes(path)
    assert (found["wacz-signature"], found["wacz-certificate"]) == ("failed", "absent")


def test_a_clock_is_known_by_a_chain_of_those_who_may_issue(tmp_path: Path, authority: Authority) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_text(pem(authority.root), encoding="ascii")
    key = ec.generate_private_key(ec.SECP256R1())
    clock = authority.issue("clock.example", key)
    assert check_clock([clock], NOW, roots) == "A root of our own"
    assert check_clock([clock, authority.root], NOW, roots) == "A root of our own"
    holder = Authority("clock.example")  # holds a certificate, and signs others with its key
    holder.key = key
    forged = holder.issue("forged.example", ec.generate_private_key(ec.SECP256R1()))
    for chain in ([forged, clock], [forged, clock, authority.root]):
        with pytest.raises(UntrustedError, match="not issued by the next"):
            check_clock(chain, NOW, roots)
    with pytest.raises(UntrustedError, match="known clock"):
        check_clock([clock], NOW, None)
    with pytest.raises(UntrustedError, match="not valid at that time"):
        check_clock([clock], NOW + timedelta(days=400), roots)


@pytest.mark.parametrize("created", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01"])
def test_a_signature_of_no_possible_time_fails(
    tmp_path: Path, authority: Authority, trusting: Settings, created: str
) -> None:
    path = written(tmp_path, archived.wacz(FILES, signed=by_domain(authority, created=created)))
    found = outcomes(path, trusting)
    assert "failed" in (found["wacz-signature"], found["wacz-certificate"])


def test_a_time_stamp_of_something_else_fails(
    tmp_path: Path, authority: Authority, trusting: Settings
) -> None:
    for stamp in ("AAAA", "no base64", base64.b64encode(bytes(100)).decode()):
        changes = {"timeSignature": stamp, "timestampCert": pem(authority.root)}
        path = written(tmp_path, archived.wacz(FILES, signed=by_domain(authority, **changes)))
        found = outcomes(path, trusting)
        assert (found["wacz-certificate"], found["wacz-timestamp"]) == ("passed", "failed")
