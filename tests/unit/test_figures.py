"""Measured figures get onto the pages unchanged, and a page that says something else is noticed."""

import json
import shutil
from pathlib import Path

import pytest

import figures

RESULT = {
    "benchmark": "search",
    "machine": {
        "taken_at": "2026-01-02T03:04:05+00:00",
        "commit": "abc1234",
        "cores": 2,
        "processor": "A Processor",
        "features": ["avx2", "avx512f"],
        "memory_gib": 24.0,
        "system": "Linux 6",
        "python": "3.11.7",
        "load_average": 0.1,
    },
    "notes": ["Seeded."],
    "checks": [
        {"what": "recall", "value": 0.9943, "target": 0.99, "at_least": True, "unit": "", "met": True},
        {"what": "build", "value": 6.5, "target": 5, "at_least": False, "unit": " s", "met": False},
    ],
    "raw_runs": [{"name": "ours", "points": [1, 2]}],
    "systems": [
        {"system": "ours | exact", "p50_ms": 1.9321, "references": 1000000, "note": None},
        {"system": "<b>theirs</b>", "p50_ms": 16.8, "references": 1000000, "note": "x"},
    ],
    "kept": {"not": "a table"},
}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the pages with no figures, and the result of one benchmark."""
    docs, results = tmp_path / "docs", tmp_path / "results"
    docs.mkdir()
    results.mkdir()
    for page in figures.PAGES:
        shutil.copy(figures.DOCS / page, docs / page)
    (results / "search.json").write_text(json.dumps(RESULT))
    (results / "search-growth.png").write_bytes(b"a plot")
    monkeypatch.setattr(figures, "DOCS", docs)
    monkeypatch.setattr(figures, "FIGURES", docs / "figures")
    monkeypatch.setattr(figures, "RESULTS", results)
    return docs


def test_a_page_shows_what_was_measured(site: Path) -> None:
    assert figures.main([]) == 0
    page = (site / "performance.md").read_text()
    assert "at commit `abc1234` on 2 cores of A Processor (avx2, avx512f)" in page
    assert "| ours \\| exact | 1.932 | 1000000 |  |" in page
    assert "| &lt;b>theirs&lt;/b> | 16.8 | 1000000 | x |" in page
    assert "| recall | 0.9943 | ≥ 0.99 | yes |" in page
    assert "| build | 6.5 s | ≤ 5 s | no |" in page
    assert page.index("### systems") < page.index("### against what was asked")
    assert "raw" not in page
    assert "![search-growth](figures/search-growth.png)" in page
    assert page.startswith("# Performance")


def test_taking_over_twice_changes_nothing(site: Path) -> None:
    figures.main([])
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    figures.main([])
    assert before == {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}


def test_a_figure_changed_by_hand_is_noticed(site: Path) -> None:
    figures.main([])
    assert figures.main(["--check"]) == 0
    page = site / "performance.md"
    page.write_text(page.read_text().replace("1.932", "0.932"))
    assert figures.main(["--check"]) == 1
    assert "0.932" in page.read_text()
