"""Runs the verifier by itself: ``python -m verifier --help``."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from .lines import read_file
from .notes import NoteError, PublicKey
from .proofs import verify_proofs
from .report import Report, verify_log


def main() -> int:
    """Verify a log or the proofs of entries. Return 0 where it is intact, 1 where not, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="verifier", description="Verify a log of Antigone.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--log", type=Path, metavar="FILE", help="exported log")
    what.add_argument("--proof", type=Path, metavar="FILE", help="proofs of entries")
    parser.add_argument("--document", type=Path, metavar="FILE", help="of which an entry tells")
    parser.add_argument("--key", type=Path, metavar="FILE", required=True, help="public keys, one a line")
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FILE", action="append", default=[], help="kept by a witness"
    )
    asked = parser.parse_args()
    try:
        keys = [PublicKey.parse(line) for line in asked.key.read_text(encoding="utf-8").split("\n") if line]
        if asked.proof is not None:
            told_of = asked.document
            digest = None if told_of is None else hashlib.sha256(told_of.read_bytes()).hexdigest()
            report = verify_proofs(asked.proof.read_bytes(), keys, digest)
        else:
            witnessed = {str(path): path.read_bytes() for path in asked.checkpoint}
            report = verify_log(read_file(asked.log), keys, witnessed)
    except (OSError, NoteError) as error:
        parser.error(str(error))
    sys.stdout.write(told(report))
    return 0 if report.intact else 1


def told(report: Report) -> str:
    """Return the verdict as text."""
    lines = [f"{step.number}. {step.title}: {step.outcome}. {step.text}" for step in report.steps]
    lines += [f"Remark: {remark}." for remark in report.remarks]
    if report.finding is None:
        lines.append("The log is intact.")
    else:
        lines.append(f"NOT INTACT: {report.finding.fault}, {report.finding.where}.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
