"""What the command line says of received material and of the checks that it went through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from antigone.printable import printable
from antigone.provenance import CheckOutcome, Material

MOST_SHOWN = 20  # of the material that passed its checks; what did not pass is always shown


def material_lines(materials: Sequence[Material]) -> list[str]:
    """Describe material line by line, failed checks first and in full."""
    failed = [material for material in materials if material.failed]
    others = [material for material in materials if not material.failed]
    lines = [line for material in [*failed, *others[:MOST_SHOWN]] for line in _lines(material)]
    if len(others) > MOST_SHOWN:
        lines.append(f"and {len(others) - MOST_SHOWN:,} more without a failed check; --json lists all")
    return lines


def _lines(material: Material) -> list[str]:
    counts = Counter(check.outcome for check in material.checks)
    named = [
        f"{counts[outcome]} {'FAILED' if outcome is CheckOutcome.FAILED else outcome.value}"
        for outcome in CheckOutcome
        if counts[outcome]
    ]
    checks = f", checks: {', '.join(named)}" if named else ""
    size = f"{material.byte_size:,} bytes"
    return [
        f"{material.kind}  {printable(material.location)}",
        f"      {size}, sha256 {material.sha256}{checks}",
        *(
            f"      {check.outcome.value.upper()} {printable(check.name)}: {printable(check.message)}"
            for check in material.checks
            if check.outcome is not CheckOutcome.PASSED
        ),
    ]
