"""The verifier on logs that somebody was at, and on true ones."""

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antigone.audit import verifier
from antigone.audit.keys import SigningKey, sign
from antigone.audit.verifier import (
    Checkpoint,
    Fault,
    Finding,
    Header,
    Mark,
    Outcome,
    PublicKey,
    Report,
    Tree,
    entry_line,
    leaf_hash,
    verify_log,
)
from benchmarks import audit_tampering as tampering

KEY, NEXT, STRANGER = (SigningKey.generate("log") for _ in range(3))
AT = b"2026-01-01T00:00:00.%06dZ"


class Writer:
    """Writes a log line by line, true or not."""

    def __init__(self, key: SigningKey = KEY) -> None:
        self.lines = [Header(str(key.public)).line()]
        self._tree = Tree()
        self._since: list[bytes] = []

    def entry(
        self, *, seq: int | None = None, kind: str = "search", body: str = "{}", at: bytes = b""
    ) -> None:
        number = self._tree.size + 1 if seq is None else seq
        content = entry_line(
            at=at or AT % number, body=body.encode(), kind=b'"%b"' % kind.encode(), seq=number
        )
        self.raw(content)

    def raw(self, content: bytes) -> None:
        self._since.append(leaf_hash(content))
        self._tree.append(self._since[-1])
        self.lines.append(content + b"\n")

    def sign(self, *keys: SigningKey) -> bytes:
        note = sign(Checkpoint("log", self._tree.size, self._tree.root()), *(keys or (KEY,)))
        self.lines.append(Mark(note, tuple(self._since)).line())
        self._since = []
        return note

    def change_key(self, *keys: SigningKey, lost: bool = False) -> None:
        body = f'{{"lost":{str(lost).lower()},"new":"{keys[0].public}","old":"{KEY.public}"}}'
        self.entry(kind="key-changed", body=body)
        self.sign(*keys)


def written(*groups: int) -> Writer:
    """A log with so many entries under each checkpoint."""
    log = Writer()
    for size in groups:
        for _ in range(size):
            log.entry()
        log.sign()
    return log


def verified(lines: Sequence[bytes], *keys: PublicKey, **witnessed: bytes) -> Report:
    return verify_log(lines, keys or [KEY.public], witnessed)


def found(lines: Sequence[bytes], *keys: PublicKey, **witnessed: bytes) -> Finding:
    finding = verified(lines, *keys, **witnessed).finding
    assert finding is not None
    return finding


# ---- true logs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [(0,), (1,), (3,), (1, 1, 1), (0, 5, 1, 2, 13, 1)])
def test_a_true_log_is_intact(groups: tuple[int, ...]) -> None:
    report = verified(written(*groups).lines)
    assert report.intact, report.finding
    assert (report.entries, report.checkpoints) == (sum(groups), len(groups))
    assert [step.outcome for step in report.steps] == [Outcome.PASSED] * 3 + [Outcome.SKIPPED]


def test_a_true_log_agrees_with_what_it_signed_before() -> None:
    log = written(0, 2)
    notes = {"none": _note(log.lines[1]), "two": _note(log.lines[-1])}
    log.entry()
    log.sign()
    report = verified(log.lines, **notes)
    assert report.intact
    assert report.steps[3].outcome is Outcome.PASSED
    assert "two, 2 entries" in report.steps[3].text


def _note(line: bytes) -> bytes:
    return str(json.loads(line)["checkpoint"]).encode()


def test_times_that_run_backwards_are_remarked_and_no_fault() -> None:
    log = Writer()
    for at in (b"2026-01-01T00:00:02.000000Z", b"2026-01-01T00:00:01.000000Z"):
        log.entry(at=at)
    log.sign()
    report = verified(log.lines)
    assert report.intact
    assert "set back once" in report.remarks[0]


# ---- keys ---------------------------------------------------------------------------------------


def test_the_old_key_vouches_for_the_new_one() -> None:
    log = written(2)
    log.change_key(NEXT, KEY)
    log.entry()
    late = log.sign(NEXT)
    report = verified(log.lines, late=late)
    assert report.intact, report.finding
    assert report.keys == (str(KEY.public), str(NEXT.public))


@pytest.mark.parametrize("signers", [(KEY,), (NEXT,), (STRANGER, NEXT)])
def test_a_change_of_keys_needs_both_signatures(signers: tuple[SigningKey, ...]) -> None:
    log = written(2)
    body = f'{{"lost":false,"new":"{NEXT.public}","old":""}}'
    log.entry(kind="key-changed", body=body)
    log.sign(*signers)
    assert (found(log.lines).fault, found(log.lines).first) == (Fault.WRONG_SIGNATURE, 3)


def test_after_a_change_the_old_key_signs_nothing() -> None:
    log = written(1)
    log.change_key(NEXT, KEY)
    log.entry()
    log.sign(KEY)
    assert (found(log.lines).fault, found(log.lines).first) == (Fault.WRONG_SIGNATURE, 3)


def test_a_key_that_nothing_vouches_for_has_to_be_given() -> None:
    log = written(1)
    log.change_key(NEXT, lost=True)
    log.entry()
    log.sign(NEXT)
    finding = found(log.lines)
    assert (finding.fault, finding.first) == (Fault.WRONG_SIGNATURE, 2)
    assert "give it too" in finding.message
    assert verified(log.lines, KEY.public, NEXT.public).intact


def test_who_has_a_later_key_cannot_rewrite_what_an_earlier_one_signed() -> None:
    log = Writer(NEXT)
    log.entry()
    log.sign(NEXT)
    assert verified(log.lines, NEXT.public).intact
    finding = found(log.lines, KEY.public, NEXT.public)
    assert (finding.fault, finding.first) == (Fault.WRONG_SIGNATURE, 1)
    assert "oldest one first" in finding.message


def test_a_key_that_signed_nothing_is_remarked() -> None:
    report = verified(written(2).lines, KEY.public, STRANGER.public)
    assert report.intact
    assert STRANGER.public.id.hex() in report.remarks[0]


def test_the_keys_of_others_open_nothing() -> None:
    assert found(written(2).lines, STRANGER.public).fault is Fault.WRONG_SIGNATURE
    assert found(written(2).lines, SigningKey.generate("other").public).fault is Fault.WRONG_SIGNATURE


def test_a_first_line_with_another_key_is_seen() -> None:
    log = written(2)
    log.lines[0] = Header(str(STRANGER.public)).line()
    assert found(log.lines).fault is Fault.MALFORMED


# ---- the witness --------------------------------------------------------------------------------


def test_a_log_that_was_put_back_is_found() -> None:
    log = written(2, 2)
    early = list(log.lines)
    log.entry()
    seen = log.sign()
    finding = found(early, witness=seen)
    assert (finding.fault, finding.first, finding.last) == (Fault.ROLLED_BACK, 5, 5)
    assert "witness" in finding.message


def test_a_log_that_was_rewritten_with_the_key_is_narrowed_down_by_several_checkpoints() -> None:
    true, other = written(2), written(2)
    early = _note(true.lines[-1])
    for log, body in ((true, '{"n":1}'), (other, '{"n":2}')):
        log.entry()
        log.entry(body=body)
        log.sign()
    seen = _note(true.lines[-1])
    finding = found(other.lines, seen=seen, early=early)
    assert (finding.fault, finding.first, finding.last) == (Fault.REWRITTEN, 3, 4)
    assert verified(true.lines, seen=seen, early=early).intact


def test_a_checkpoint_of_another_log_proves_nothing() -> None:
    log = written(2)
    others = sign(Checkpoint("other", 2, bytes(32)), SigningKey.generate("other"))
    assert found(log.lines, witness=others).fault is Fault.WRONG_SIGNATURE
    forged = _note(log.lines[-1]).replace(b"\n2\n", b"\n1\n")
    assert found(log.lines, witness=forged).fault is Fault.WRONG_SIGNATURE
    assert found(log.lines, witness=b"nothing").fault is Fault.MALFORMED


# ---- what is wrong, by name ---------------------------------------------------------------------


def test_each_kind_of_tampering_is_named() -> None:
    lines = written(1, 1, 3, 1).lines  # 0 header, 1 e1, 2 c, 3 e2, 4 c, 5-7 e3-e5, 8 c, 9 e6, 10 c
    for changed, fault, first in (
        ([*lines[:3], lines[3].replace(b"search", b"serach"), *lines[4:]], Fault.CHANGED, 2),
        ([*lines[:6], lines[6].replace(b"search", b"serach"), *lines[7:]], Fault.CHANGED, 4),
        ([*lines[:6], *lines[7:]], Fault.DELETED, 4),
        ([*lines[:5], *lines[8:]], Fault.DELETED, 3),  # and the checkpoint over them is still there
        ([*lines[:5], *lines[9:]], Fault.DELETED, 3),
        ([*lines[:6], lines[3], *lines[6:]], Fault.INSERTED, 4),
        ([*lines[:5], lines[6], lines[5], *lines[7:]], Fault.REORDERED, 3),
        ([*lines[:3], lines[9], *lines[4:9], lines[3], lines[10]], Fault.REORDERED, 2),
        ([*lines[:7]], Fault.UNSIGNED, 3),
        ([*lines[:7], lines[7][:20]], Fault.TRUNCATED, 3),
        ([*lines, lines[9]], Fault.UNSIGNED, 7),
        ([*lines[:5], *lines[5:8], lines[4], *lines[8:]], Fault.REORDERED, 6),
        ([*lines, lines[10]], Fault.MALFORMED, 7),
        ([lines[0]], Fault.UNSIGNED, 1),
        ([], Fault.TRUNCATED, 1),
        (lines[1:], Fault.MALFORMED, 1),
        ([lines[0], *lines], Fault.MALFORMED, 1),
        ([*lines[:8], b'{"checkpoint":17}\n', *lines[8:]], Fault.MALFORMED, 6),
    ):
        finding = found(changed)
        assert (finding.fault, finding.first) == (fault, first), (finding, fault, first)
        assert verified(changed).entries in (0, 1, 2, 5, 6)  # what the good checkpoints before it cover
        assert verified(changed).entries < first


def test_where_hashes_are_gone_the_numbers_tell() -> None:
    log = written(1)
    for _ in range(3):
        log.entry()
    log._since = []  # nothing is repeated beside the next checkpoint
    log.sign()
    lines = log.lines  # 0 header, 1 e1, 2 c, 3-5 e2-e4, 6 c
    for changed, fault, first, last in (
        ([*lines[:4], *lines[5:]], Fault.DELETED, 3, 3),
        ([*lines[:5], *lines[6:]], Fault.DELETED, 4, 4),
        ([*lines[:4], lines[1], *lines[4:]], Fault.INSERTED, 3, 3),
        ([*lines[:3], lines[4], lines[3], *lines[5:]], Fault.REORDERED, 2, 2),
        ([*lines[:4], b"nonsense\n", *lines[5:]], Fault.CHANGED, 3, 3),
        ([*lines[:4], lines[4].replace(b"search", b"serach"), *lines[5:]], Fault.CHANGED, 2, 4),
    ):
        finding = found(changed)
        assert (finding.fault, finding.first, finding.last) == (fault, first, last), finding


def test_signed_nonsense_is_not_called_an_entry() -> None:
    for content in (
        b"nonsense",
        b'{"at":1,"body":{},"kind":"x","seq":1}',
        entry_line(at=AT % 1, body=b"[]", kind=b'"x"', seq=1),
        entry_line(at=AT % 1, body=b"{}", kind=b'"x"', seq=7),
        b"[" * 100_000,
    ):
        log = Writer()
        log.raw(content)
        log.sign()
        assert (found(log.lines).fault, found(log.lines).first) == (Fault.MALFORMED, 1)


def test_a_hash_that_is_kept_beside_is_checked_too() -> None:
    log = written(2)
    log.entry()
    log._since = [bytes(32)]
    log.sign()
    assert (found(log.lines).fault, found(log.lines).first) == (Fault.MALFORMED, 3)


def test_a_bad_key_in_a_change_of_keys_is_no_crash() -> None:
    log = written(1)
    log.entry(kind="key-changed", body='{"lost":false,"new":"nonsense","old":7}')
    log.sign(KEY)
    assert found(log.lines).fault is Fault.WRONG_SIGNATURE


# ---- every kind of person -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tampering.Original:
    return tampering.make_original(tmp_path_factory.mktemp("tampering") / "home", 40)


def test_the_true_log_of_the_trials_is_intact(original: tampering.Original) -> None:
    report = original.verify(original.lines)
    assert report.intact, report.finding
    assert report.entries == 40
    assert len(set(original.sizes)) > 10


@settings(max_examples=400, deadline=None)
@given(way=st.sampled_from(tampering.WAYS), seed=st.integers(0, 2**32))
def test_every_tampering_is_found(original: tampering.Original, way: tampering.Way, seed: int) -> None:
    tampered = way(random.Random(seed), original)
    if b"".join(tampered.lines) == b"".join(original.lines):
        return
    finding = original.verify(tampered.lines).finding
    assert finding is not None, way.__name__
    if tampered.first is not None:
        assert finding.first <= tampered.first <= finding.last, (way.__name__, finding)
        if way in tampering.EDITOR:
            assert finding.first == tampered.first


def test_what_no_witness_saw_an_insider_can_change_unseen(original: tampering.Original) -> None:
    tampered = tampering.rewrite_the_unseen(random.Random(1), original)
    assert original.verify(tampered.lines).intact


# ---- by itself ----------------------------------------------------------------------------------


def test_the_verifier_runs_without_the_rest(tmp_path: Path) -> None:
    shutil.copytree(Path(verifier.__file__).parent, tmp_path / "verifier")
    log = written(2, 1)
    early = _note(log.lines[3])
    (tmp_path / "log").write_bytes(b"".join(log.lines))
    (tmp_path / "cut").write_bytes(b"".join(log.lines[:4]))
    (tmp_path / "key").write_text(f"{KEY.public}\n")
    (tmp_path / "seen").write_bytes(early)
    (tmp_path / "late").write_bytes(_note(log.lines[-1]))

    def run(*arguments: str) -> tuple[int, str]:
        code = "import runpy, sys; sys.path[:0] = ['.']; runpy.run_module('verifier', run_name='__main__')"
        done = subprocess.run(
            [sys.executable, "-I", "-c", code, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout

    code, told = run("--log", "log", "--key", "key", "--checkpoint", "seen")
    assert code == 0
    assert told.endswith("The log is intact.\n")
    code, told = run("--log", "cut", "--key", "key", "--checkpoint", "late")
    assert code == 1
    assert "NOT INTACT: rolled-back, entry 3." in told
    assert run("--log", "nowhere", "--key", "key")[0] == 2
    assert run("--log", "log", "--key", "log")[0] == 2


def test_the_verifier_imports_nothing_of_antigone() -> None:
    folder = Path(verifier.__file__).parent
    assert not [path.name for path in folder.glob("*.py") if "antigone." in path.read_text(encoding="utf-8")]
