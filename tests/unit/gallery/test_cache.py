"""A saved index is the same index or none: never a wrong one."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from antigone.errors import BusyError, StorageFullError, WorkspaceError
from antigone.gallery import FaissIndex, cache
from antigone.gallery.cache import MANIFEST, CacheRejectedError
from antigone.types import Float32Array

Open = Callable[..., FaissIndex]
Templates = Callable[..., Float32Array]
COUNT = 1_300  # two full segments of 512, one with room, and some references without codes


@pytest.fixture
def saved(open_index: Open, templates: Templates, tmp_path: Path) -> Path:
    index = open_index()
    index.add(np.arange(1_260), templates(1_260))
    index.add(np.arange(1_260, COUNT), templates(COUNT)[1_260:])
    index.flush()
    return tmp_path / "index"


def _same_answers(first: FaissIndex, second: FaissIndex, probes: Float32Array) -> None:
    for exact in (True, False):
        one, other = first.search(probes, 20, exact=exact), second.search(probes, 20, exact=exact)
        np.testing.assert_array_equal(one.ids, other.ids)
        np.testing.assert_array_equal(one.scores, other.scores)
        assert one.exact == other.exact


def test_nothing_saved_is_nothing_loaded(open_index: Open) -> None:
    index = open_index()
    assert not index.load()
    assert index.count() == 0


@pytest.mark.parametrize("count", [0, 1, 63, 700, COUNT])
def test_a_reopened_index_gives_the_same_answers(open_index: Open, templates: Templates, count: int) -> None:
    index = open_index()
    index.add(np.arange(count), templates(count))
    index.flush()
    again = open_index()
    assert again.load()
    assert again.ids().tolist() == list(range(count))
    _same_answers(index, again, templates(12, seed=4))


def test_a_reopened_index_can_be_changed(saved: Path, open_index: Open, templates: Templates) -> None:
    index = open_index()
    index.load()
    rows = templates(COUNT + 600)
    assert index.add(np.arange(COUNT + 600), rows) == 600
    assert index.remove(np.arange(0, 1_000)) == 1_000
    index.flush()
    again = open_index()
    again.load()
    assert again.ids().tolist() == list(range(1_000, COUNT + 600))
    assert (again.search(rows[1_000:], 1).ids[:, 0] == np.arange(1_000, COUNT + 600)).all()


def test_full_segments_are_written_once(saved: Path, open_index: Open, templates: Templates) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in saved.iterdir()}
    index = open_index()
    index.load()
    index.add(np.arange(COUNT, COUNT + 5), templates(5, seed=2))
    index.flush()
    kept = [name for name in before if (saved / name).exists() and name.endswith((".rows", ".codes"))]
    assert len(kept) == 6  # all but the newest references, which stand alone
    assert all((saved / name).stat().st_mtime_ns == before[name] for name in kept)


def test_flushing_an_unchanged_index_writes_nothing(saved: Path, open_index: Open) -> None:
    index = open_index()
    index.load()
    before = (saved / MANIFEST).stat().st_mtime_ns
    index.flush()
    assert (saved / MANIFEST).stat().st_mtime_ns == before


def test_a_removed_template_leaves_the_disk_with_the_next_flush(
    saved: Path, open_index: Open, templates: Templates
) -> None:
    trace = templates(COUNT)[700].astype(np.float16).tobytes()
    assert any(trace in path.read_bytes() for path in saved.iterdir())
    index = open_index()
    index.load()
    index.remove(np.array([700]))
    index.flush()
    assert not any(trace in path.read_bytes() for path in saved.iterdir())


def test_drop_leaves_no_template_on_the_disk(saved: Path, open_index: Open) -> None:
    index = open_index()
    index.load()
    index.drop()
    assert not [path for path in saved.iterdir() if path.stat().st_size]
    assert not open_index().load()


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def _rejected(open_index: Open) -> bool:
    index = open_index()
    try:
        index.load()
    except CacheRejectedError:
        assert index.count() == 0
        return True
    return False


@pytest.mark.parametrize("kind", ["ids", "rows", "codes", "quantiser", "json"])
def test_one_flipped_bit_anywhere_is_noticed(saved: Path, open_index: Open, kind: str) -> None:
    rng = np.random.default_rng(len(kind))
    for path in sorted(saved.glob(f"*.{kind}")):
        original = path.read_bytes()
        for position in {0, len(original) - 1, *rng.integers(0, len(original), 6).tolist()}:
            changed = bytearray(original)
            changed[position] ^= 1 << int(rng.integers(8))
            path.write_bytes(changed)
            assert _rejected(open_index), f"byte {position} of {path.name}"
        path.write_bytes(original)
    assert not _rejected(open_index)


@pytest.mark.parametrize("kind", ["ids", "rows", "codes", "quantiser", "json"])
def test_a_file_cut_short_or_grown_is_noticed(saved: Path, open_index: Open, kind: str) -> None:
    rng = np.random.default_rng(len(kind))
    for path in sorted(saved.glob(f"*.{kind}")):
        original = path.read_bytes()
        for length in (0, 1, len(original) - 1, *rng.integers(0, len(original), 3).tolist()):
            path.write_bytes(original[:length])
            assert _rejected(open_index), f"{length} bytes of {path.name}"
        path.write_bytes(original + b"\0")
        assert _rejected(open_index)
        path.write_bytes(original)


def test_a_missing_file_is_noticed(saved: Path, open_index: Open) -> None:
    for path in sorted(saved.iterdir()):
        if path.name.endswith((".ids", ".rows", ".codes", ".quantiser")):
            aside = path.rename(saved.parent / "aside")
            assert _rejected(open_index), path.name
            aside.rename(path)


def test_exchanged_files_are_noticed(saved: Path, open_index: Open) -> None:
    first, second = sorted(saved.glob("*.rows"))[:2]
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    assert _rejected(open_index)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "3", '"x"', "{" * 10_000, '{"sha256": 1}', '{"sha256": {}}', "\udcff"]
)
def test_a_manifest_that_is_none_is_rejected(saved: Path, open_index: Open, text: str) -> None:
    (saved / MANIFEST).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert _rejected(open_index)


@pytest.mark.parametrize("what", ["format", "engine", "identity"])
def test_a_manifest_of_another_kind_is_rejected(saved: Path, open_index: Open, what: str) -> None:
    manifest = json.loads((saved / MANIFEST).read_text())
    manifest[what] = "another"
    manifest["sha256"] = cache._manifest_digest(manifest)
    (saved / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(CacheRejectedError, match=f"another {what}"):
        open_index().load()


def test_the_index_of_another_collection_is_rejected(saved: Path, open_index: Open) -> None:
    with pytest.raises(CacheRejectedError, match="identity"):
        open_index(collection=7).load()


def test_a_rejected_index_is_replaced_by_the_next_flush(
    saved: Path, open_index: Open, templates: Templates
) -> None:
    next(saved.glob("*.rows")).write_bytes(b"damaged")
    index = open_index()
    with pytest.raises(CacheRejectedError):
        index.load()
    index.add(np.arange(100), templates(100))
    index.flush()
    again = open_index()
    assert again.load()
    assert again.count() == 100


@pytest.mark.parametrize("at", range(5))
def test_a_full_disk_leaves_the_former_state(
    saved: Path, open_index: Open, templates: Templates, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    before = _digests(saved)
    index = open_index()
    index.load()
    index.add(np.arange(COUNT, COUNT + 700), templates(700, seed=2))
    calls = iter(range(100))
    real = os.fsync

    def full(descriptor: int) -> None:
        if next(calls) == at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageFullError, match="disk is full"):
            index.flush()
    assert _digests(saved) == before
    again = open_index()
    again.load()
    assert again.count() == COUNT
    index.flush()
    again = open_index()
    again.load()
    assert again.count() == COUNT + 700


def test_a_place_that_cannot_be_written_is_said(
    open_index: Open, templates: Templates, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    index = open_index(tmp_path / "file" / "index")
    index.add(np.arange(3), templates(3))
    with pytest.raises(WorkspaceError, match="cannot be saved"):
        index.flush()
    assert index.count() == 3


def test_two_writers_take_turns(saved: Path, open_index: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    index = open_index()
    index.load()
    index.remove(np.array([1]))
    monkeypatch.setattr(cache, "_PATIENCE_S", 0.05)
    with FileLock(saved / cache._LOCK), pytest.raises(BusyError, match="another process"):
        index.flush()
    index.flush()


def test_an_open_index_survives_another_writer(saved: Path, open_index: Open, templates: Templates) -> None:
    reader, writer = open_index(), open_index()
    reader.load()
    writer.load()
    writer.remove(np.arange(900))
    writer.flush()  # deletes files that the reader has mapped
    rows = templates(COUNT)
    assert (reader.search(rows, 1).ids[:, 0] == np.arange(COUNT)).all()
    reader.add(np.array([5_000]), templates(1, seed=3))
    reader.flush()  # and writes them anew
    again = open_index()
    assert again.load()
    assert again.count() == COUNT + 1


_KILLED_AT_EVERY_STEP = """
import os, sys
from pathlib import Path
import numpy as np
from antigone.gallery import FaissIndex, IndexOptions
from antigone.gallery.cache import IndexCache
from antigone.gallery.workers import Workers

def open_():
    cache = IndexCache(folder=Path(sys.argv[1]), identity={"dimension": 8})
    options = IndexOptions(dimension=8, segment_rows=64, fresh_rows=16)
    index = FaissIndex(options, workers=Workers(1), cache=cache)
    index.load()
    return index

rows = np.random.default_rng(0).standard_normal((400, 8)).astype(np.float32)
rows /= np.linalg.norm(rows, axis=1, keepdims=True)
index = open_()
index.add(np.arange(200), rows[:200])
index.flush()
seen = set()
for step in range(40):
    if os.fork() == 0:
        calls, real, replace, unlink = [0], os.fsync, os.replace, os.unlink
        def dying(function):
            def call(*arguments, **named):
                if calls[0] == step:
                    os._exit(9)
                calls[0] += 1
                return function(*arguments, **named)
            return call
        os.fsync, os.replace, os.unlink = dying(os.fsync), dying(os.replace), dying(os.unlink)
        index.remove(np.arange(20, 120))
        index.add(np.arange(200, 400), rows[200:])
        index.flush()
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.wait()[1])
    state = open_()
    assert state.count() in (200, 300), state.count()
    held = state.ids()
    assert (state.search(rows[held], 1).ids[:, 0] == held).all()
    seen.add((code, state.count()))
    if code == 0:
        break
    index.add(np.arange(200), rows[:200])
    index._saved = None
    index.flush()
print(sorted(seen))
"""


def test_a_process_killed_at_any_step_of_a_flush_leaves_one_state_or_the_other(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _KILLED_AT_EVERY_STEP, str(tmp_path / "index")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[(0, 300), (9, 200), (9, 300)]"
