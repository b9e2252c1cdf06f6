"""Imports of real photos that are killed at random moments end like those that are left alone."""

from pathlib import Path

import pytest

from benchmarks.kill_resume import Imports, gather, torture


def test_killed_imports_lose_nothing_and_double_nothing(tmp_path: Path, data_dir: Path) -> None:
    if not (data_dir / "lfw").is_dir():
        pytest.skip(f"no LFW photos in {data_dir}")
    imports = Imports(paths=gather(tmp_path, 150), folder=tmp_path, batch=16)
    result = torture(imports, kills=3, seed=1)
    assert result.problems == []
    assert result.photos == 154
    assert len(result.kills) == 3
    assert result.imports >= 1
