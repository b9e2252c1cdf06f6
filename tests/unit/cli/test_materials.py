"""What is said of received material after an import, and in a collection."""

from __future__ import annotations

from antigone.cli.materials import MOST_SHOWN, material_lines
from antigone.provenance import Check, CheckOutcome, Material

PASSED = Check(name="wacz-hashes", outcome=CheckOutcome.PASSED, message="All fit.")
ABSENT = Check(name="wacz-signature", outcome=CheckOutcome.ABSENT, message="There is none.")
FAILED = Check(name="warc-digest", outcome=CheckOutcome.FAILED, message="Two records\x1b[2J differ.")


def material(location: str, *checks: Check) -> Material:
    return Material(location=location, kind="wacz", sha256="ab" * 32, byte_size=12_345, checks=checks)


def test_failed_checks_come_first_and_in_full() -> None:
    assert material_lines(
        [material("/good.wacz", PASSED, ABSENT), material("/bad.wacz", PASSED, FAILED)]
    ) == [
        "wacz  /bad.wacz",
        f"      12,345 bytes, sha256 {'ab' * 32}, checks: 1 passed, 1 FAILED",
        "      FAILED warc-digest: Two records\\x1b[2J differ.",
        "wacz  /good.wacz",
        f"      12,345 bytes, sha256 {'ab' * 32}, checks: 1 passed, 1 absent",
        "      ABSENT wacz-signature: There is none.",
    ]


def test_long_lists_are_cut_but_never_what_failed() -> None:
    many = [material(f"/{number}") for number in range(100)]
    bad = [material(f"/bad{number}", FAILED) for number in range(50)]
    lines = material_lines([*many, *bad])
    assert sum("FAILED warc-digest" in line for line in lines) == 50
    assert sum(line.startswith("wacz  /") for line in lines) == 50 + MOST_SHOWN
    assert lines[-1] == "and 80 more without a failed check; --json lists all"
