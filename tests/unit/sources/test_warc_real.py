"""Real archives: what comes of each, and of each cut at random places."""

from __future__ import annotations

import json
import random
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from antigone.faces.images import ImageLimits, decode
from antigone.failures import FailureCode
from antigone.provenance import CheckOutcome, Material
from antigone.settings import Settings
from antigone.sources.expand import expand
from antigone.sources.offer import Offer
from antigone.sources.originals import read_original
from antigone.sources.wacz_signature import check_signature
from antigone.sources.walk import Found

SETTINGS = Settings()
CUTS = 20
NAMES = [
    *("netpreserve-twitter.warc", "embed-test.warc", "example.wacz"),
    *("pywacz_valid_signed_example_1.wacz", "pywacz_invalid_signed_example_1.wacz"),
]


@pytest.fixture
def archives(data_dir: Path) -> Path:
    folder = data_dir / "warc"
    if not folder.is_dir():
        pytest.skip(f"no web archives at {folder}")
    return folder


def read(path: Path) -> tuple[dict[str, str], list[Offer]]:
    met = list(expand(Found(location=str(path)), SETTINGS))
    (material,) = [one for one in met if isinstance(one, Material)]
    outcomes = {check.name: check.outcome.value for check in material.checks}
    return outcomes, [one for one in met if isinstance(one, Offer)]


@pytest.mark.parametrize(
    ("name", "pictures", "embedded", "visited", "later"),
    [
        ("netpreserve-twitter.warc", 67, 45, 13, 10),  # 31 PNG, 24 JPEG, 12 GIF
        ("embed-test.warc", 7, 1, 6, 0),
        ("example.wacz", 6, 6, 0, 0),  # one of them an icon that is a PNG
        ("pywacz_valid_signed_example_1.wacz", 0, 0, 0, 0),
        ("pywacz_invalid_signed_example_1.wacz", 0, 0, 0, 0),
    ],
)
def test_every_picture_is_offered_with_the_page_that_embeds_it(
    archives: Path, name: str, pictures: int, embedded: int, visited: int, later: int
) -> None:
    checks, offers = read(archives / name)
    assert checks["warc-records"] == "passed"
    assert checks["warc-digests"] == ("passed" if pictures else "absent")
    earlier = [offer for offer in offers if "original-record" not in offer.provenance.attributes]
    assert (len(earlier), len(offers) - len(earlier)) == (pictures, later)
    ways = Counter(
        next(iter(offer.provenance.appearances)).how for offer in earlier if offer.provenance.appearances
    )
    otherwise = sum(ways.pop(how, 0) for how in ("referrer", "visit", "screenshot"))
    assert (ways.total(), otherwise) == (embedded, visited)
    limits = ImageLimits.of(SETTINGS)
    for offer in offers:
        assert offer.failure is None
        data = read_original(offer.place, SETTINGS)
        assert offer.data in (None, data)
        assert decode(data, limits).facts.width > 0


@pytest.mark.parametrize(
    ("name", "signature", "certificate", "timestamp"),
    [
        ("example.wacz", "passed", "absent", "absent"),
        ("pywacz_valid_signed_example_1.wacz", "passed", "passed", "passed"),
        ("pywacz_invalid_signed_example_1.wacz", "passed", "failed", "passed"),
    ],
)
def test_who_signed_a_package_is_checked(
    archives: Path, name: str, signature: str, certificate: str, timestamp: str
) -> None:
    checks, _ = read(archives / name)
    assert {checks[f"wacz-{one}"] for one in ("package", "files", "digest")} == {"passed"}
    assert [checks[f"wacz-{one}"] for one in ("signature", "certificate", "timestamp")] == [
        *(signature, certificate, timestamp),
    ]


def test_a_time_stamp_put_on_another_signature_fails(archives: Path, tmp_path: Path) -> None:
    packages = [zipfile.ZipFile(archives / name) for name in NAMES[3:]]
    digests = [json.loads(package.read("datapackage-digest.json")) for package in packages]
    for key in ("timeSignature", "timestampCert"):
        digests[0]["signedData"][key] = digests[1]["signedData"][key]
    path = tmp_path / "swapped.wacz"
    with zipfile.ZipFile(path, "w") as swapped:
        for name in packages[0].namelist():
            if name != "datapackage-digest.json":
                swapped.writestr(name, packages[0].read(name))
        swapped.writestr("datapackage-digest.json", json.dumps(digests[0]))
    checks, _ = read(path)
    assert (checks["wacz-signature"], checks["wacz-timestamp"]) == ("passed", "failed")
    for package in packages:
        package.close()


def test_signed_data_changed_in_any_way_is_checked_to_the_end(archives: Path) -> None:
    with zipfile.ZipFile(archives / NAMES[3]) as package:
        stated = json.loads(package.read("datapackage-digest.json"))
    chance = random.Random(9)
    outcomes = Counter[str]()
    for _ in range(150):
        signed = dict(stated["signedData"])
        key = chance.choice(("signature", "timeSignature", "domainCert", "timestampCert"))
        lines = signed[key].split("\n")
        number = chance.choice([number for number, line in enumerate(lines) if line])
        line = list(lines[number])
        line[chance.randrange(len(line))] = chance.choice("ABCXYZabcxyz0189+/=")
        signed[key] = "\n".join([*lines[:number], "".join(line), *lines[number + 1 :]])
        for check in check_signature(signed, stated["hash"], None):
            outcomes[check.outcome.value] += 1
    assert outcomes["failed"] > 50


@pytest.mark.parametrize("name", NAMES)
def test_an_archive_cut_anywhere_gives_what_came_before(archives: Path, tmp_path: Path, name: str) -> None:
    data = (archives / name).read_bytes()
    whole = {offer.data for offer in read(archives / name)[1]}
    path = tmp_path / name
    for length in random.Random(name).sample(range(1, len(data)), CUTS):
        path.write_bytes(data[:length])
        checks, offers = read(path)
        photos = [offer for offer in offers if offer.failure is None]
        failures = [offer.failure for offer in offers if offer.failure is not None]
        assert {failure.code for failure in failures} <= {
            FailureCode.MATERIAL_CUT_OFF,
            FailureCode.MATERIAL_DAMAGED,
            FailureCode.ORIGINAL_MISSING,
        }
        assert CheckOutcome.FAILED.value in checks.values()
        assert len({offer.location for offer in offers}) == len(offers)
        assert whole.issuperset(offer.data for offer in photos)
        for offer in photos[-3:]:
            assert read_original(offer.place, SETTINGS) == offer.data or offer.data is None
