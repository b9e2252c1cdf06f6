"""Puts measured figures into the documentation: the pages show what a run wrote, never what a hand typed.

    python tools/figures.py            take over benchmarks/results/*.json and write the pages' figures
    python tools/figures.py --check    say whether the pages show what docs/figures/*.json holds

The results are kept beside the pages in docs/figures/, so that a page can be checked without a new run.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

REPOSITORY = Path(__file__).resolve().parents[1]
DOCS = REPOSITORY / "docs"
FIGURES = DOCS / "figures"
RESULTS = REPOSITORY / "benchmarks" / "results"

# Which benchmark's figures each page shows, in this order.
PAGES: dict[str, tuple[str, ...]] = {
    "accuracy.md": ("scorecard", "strength", "ladder", "improvements", "second_opinion", "accuracy"),
    "performance.md": (
        *("pipeline", "search", "search_growth", "search_100000", "end_to_end", "kill_resume"),
        *("sources", "manifest", "archives", "video", "custody", "pages"),
    ),
    "duplicates.md": ("near_duplicates", "near_duplicates_cost"),
    "persons.md": ("clusters", "dossier"),
    "server.md": ("load", "cut_off"),
    "audit.md": ("audit_rate", "audit_tampering"),
    "standing.md": ("standing", "identity_check"),
    "statistics.md": ("counted_month",),
}
BEGIN = "<!-- figures: written by `make figures` from docs/figures/; edits here are lost -->"
END = "<!-- end of figures -->"

Json = object
Rows = Sequence[Mapping[str, Json]]


def take_over() -> None:
    """Copy the newest results, and their plots, beside the pages."""
    for names in PAGES.values():
        for name in names:
            if (source := RESULTS / f"{name}.json").is_file():
                FIGURES.mkdir(exist_ok=True)
                shutil.copy(source, FIGURES / source.name)
                for plot in sorted([*RESULTS.glob(f"{name}[-_]*.png"), *RESULTS.glob(f"{name}.png")]):
                    shutil.copy(plot, FIGURES / plot.name)


def page_with_figures(page: str) -> str:
    """Render a page with the figures that are kept for it; what stands outside the marks is left alone."""
    text = (DOCS / page).read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    blocks = []
    for name in PAGES[page]:
        if (path := FIGURES / f"{name}.json").is_file():
            result = cast(Mapping[str, Json], json.loads(path.read_text(encoding="utf-8")))
            blocks.append("\n".join(_benchmark_lines(name, result)))
    figures = "\n\n".join(blocks)
    return f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}" if figures else f"{before}{BEGIN}\n{END}{after}"


def _benchmark_lines(name: str, result: Mapping[str, Json]) -> Iterator[str]:
    yield f"## Measured: {_words(name)}"
    yield ""
    yield _machine_line(cast(Mapping[str, Json], result["machine"]))
    yield ""
    for note in cast(Sequence[str], result.get("notes", [])):
        yield f"- {_cell(note)}"
    tables = {key: cast(Rows, value) for key, value in result.items() if _is_table(value)}
    if "checks" in tables:  # what was asked stands last
        tables["against what was asked"] = [_check(row) for row in tables.pop("checks")]
    for key, rows in tables.items():
        yield ""
        yield f"### {_words(key)}"
        yield ""
        yield from _table_lines(rows)
    for plot in sorted([*FIGURES.glob(f"{name}[-_]*.png"), *FIGURES.glob(f"{name}.png")]):
        yield ""
        yield f"![{_words(plot.stem)}](figures/{plot.name})"


def _machine_line(machine: Mapping[str, Json]) -> str:
    features = ", ".join(cast(Sequence[str], machine["features"]))
    return (
        f"Taken {machine['taken_at']} at commit `{machine['commit']}` on {machine['cores']} cores of "
        f"{machine['processor']} ({features}), {machine['memory_gib']} GiB, {machine['system']}, "
        f"Python {machine['python']}; load average at start {machine['load_average']}."
    )


def _is_table(value: Json) -> bool:
    """Tell a table from raw values that a benchmark keeps for its plots."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(row, dict) for row in value)
        and not any(isinstance(cell, list | dict) for row in value for cell in row.values())
    )


def _check(row: Mapping[str, Json]) -> Mapping[str, Json]:
    sign = "≥" if row["at_least"] else "≤"
    return {
        "figure": row["what"],
        "measured": f"{_number(row['value'])}{row['unit']}",
        "asked": f"{sign} {_number(row['target'])}{row['unit']}",
        "met": row["met"],
    }


def _table_lines(rows: Rows) -> Iterator[str]:
    columns = list(rows[0])
    yield "| " + " | ".join(_words(column) for column in columns) + " |"
    yield "|---" + "|---:" * (len(columns) - 1) + "|"
    for row in rows:
        yield "| " + " | ".join(_cell(_number(row.get(column))) for column in columns) + " |"


def _number(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.4g}" if isinstance(value, float) else str(value) if value is not None else ""


def _words(key: str) -> str:
    return _cell(key.replace("_", " "))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` compare them."""
    check = "--check" in arguments
    if not check:
        take_over()
    stale = [page for page in PAGES if page_with_figures(page) != (DOCS / page).read_text(encoding="utf-8")]
    for page in stale:
        if not check:
            (DOCS / page).write_text(page_with_figures(page), encoding="utf-8")
        print(f"docs/{page} {'differs from docs/figures' if check else 'written'}")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
