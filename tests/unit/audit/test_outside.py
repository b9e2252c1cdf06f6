"""What leaves for outsiders: exports, proofs, checkpoints for a witness, and time stamps."""

import contextlib
import hashlib
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antigone.audit import AuditEvent, AuditLog
from antigone.audit.export import export_log, export_proof, prove
from antigone.audit.files import read_small
from antigone.audit.keys import read_public_keys
from antigone.audit.proofs import consistency_proof, inclusion_proof, stored_tree
from antigone.audit.timestamps import TimeStamp, accept_response, make_request, verify_response
from antigone.audit.verifier import (
    EntryProof,
    Fault,
    SignedCheckpoint,
    is_consistent,
    leaf_hash,
    read_file,
    root_by_inclusion,
    verify_log,
    verify_proof,
)
from antigone.audit.witness import hand_over_file, hand_over_http
from antigone.errors import AuditError, ConflictError, NotFoundError, UsageError
from antigone.records import Records, open_records
from tampering import tamper
from timestamp_authority import STAMPED_AT, Authority, refusal


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditLog]:
    """A log with 21 entries."""
    with open_records(tmp_path_factory.mktemp("grown") / "home", create=True) as records:
        log = AuditLog(records)
        for number in range(21):
            log.append(AuditEvent(kind="search", body={"n": number}))
        yield log


# ---- proofs -------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 21), data=st.data())
def test_proofs_from_the_stored_tree_hold(grown: AuditLog, size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))
    with grown.reading() as view:
        root = stored_tree(view, size).root()
        leaf = view.nodes([(0, index)])[0, index]
        assert root_by_inclusion(index, size, leaf, inclusion_proof(view, index, size)) == root
        before = (old, stored_tree(view, old).root())
        assert is_consistent(before, (size, root), consistency_proof(view, old, size))


def test_a_proof_outside_the_tree_is_refused(grown: AuditLog) -> None:
    with grown.reading() as view:
        with pytest.raises(ValueError, match="no entry"):
            inclusion_proof(view, 5, 5)
        with pytest.raises(ValueError, match="cannot extend"):
            consistency_proof(view, 6, 5)
        with pytest.raises(AuditError, match="lacks a part"):
            stored_tree(view, 22)


def test_one_entry_is_proven_without_the_others(grown: AuditLog) -> None:
    keys = grown.keys.public()
    proof = prove(grown, 7)
    report = verify_proof(proof.text(), keys)
    assert report.intact
    assert b'"n":6' in proof.entry
    assert EntryProof.parse(proof.text()) == proof
    for text in (
        proof.text().replace(b"index 6", b"index 7"),
        EntryProof(proof.entry.replace(b'"n":6', b'"n":8'), 6, proof.hashes, proof.note).text(),
        EntryProof(proof.entry, 6, proof.hashes[:-1], proof.note).text(),
        EntryProof(proof.entry, 6, (*proof.hashes, bytes(32)), proof.note).text(),
        EntryProof(proof.entry, 60, proof.hashes, proof.note).text(),
        EntryProof(proof.entry, 6, proof.hashes, proof.note.replace(b"\n21\n", b"\n22\n")).text(),
    ):
        finding = verify_proof(text, keys).finding
        assert finding is not None
    finding = verify_proof(proof.text(), ()).finding
    assert finding is not None
    assert finding.fault is Fault.WRONG_SIGNATURE


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"c2sp.org/tlog-proof@v1\nextra AAAA\n\n",
        b"c2sp.org/tlog-proof@v1\nextra AAAA\nindex 01\n\nx",
        b"c2sp.org/tlog-proof@v1\nextra AAAA\nindex -1\n\nx",
        b"c2sp.org/tlog-proof@v1\nextra AAAA\nindex " + b"9" * 5000 + b"\n\nx",
        b"c2sp.org/tlog-proof@v1\nextra A\nindex 1\n\nx",
        b"c2sp.org/tlog-proof@v1\nextra AAAA\nindex 1\n" + b"AAAA\n" * 65 + b"\nx",
        b"c2sp.org/tlog-proof@v1\nextra AAAA\nindex 1\n\n\xff",
    ],
)
def test_what_is_no_proof_is_said(grown: AuditLog, text: bytes) -> None:
    finding = verify_proof(text, grown.keys.public()).finding
    assert finding is not None
    assert finding.fault is Fault.MALFORMED


def test_a_proof_of_nothing_is_refused(log: AuditLog, records: Records) -> None:
    for number in (0, 4):
        with pytest.raises(NotFoundError):
            prove(log, number)


# ---- the whole log ------------------------------------------------------------------------------


def test_an_export_is_verified_with_key_and_checkpoint_alone(log: AuditLog, tmp_path: Path) -> None:
    seen = log.checkpoint()
    target = tmp_path / "log.jsonl"
    done = export_log(log, target)
    assert (done.entries, done.checkpoints) == (3, 4)
    assert done.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
    report = verify_log(read_file(target), log.keys.public(), {"witness": seen})
    assert report.intact
    assert report.entries == 3
    told = log.entry(4)
    assert (told.kind, told.body["sha256"], told.body["items"]) == ("export", done.sha256, 3)
    first = target.read_bytes().split(b"\n")[2]
    with log.reading() as view:  # anybody can hash a line
        assert leaf_hash(first) == view.nodes([(0, 0)])[0, 0]
    assert b"PRIVATE" not in target.read_bytes()


def test_an_export_is_whole_or_not_there(
    log: AuditLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "log.jsonl"
    target.write_text("precious")
    with pytest.raises(ConflictError, match="there already"):
        export_log(log, target)
    assert target.read_text() == "precious"
    with pytest.raises(UsageError, match="cannot be written"):
        export_log(log, tmp_path / "nowhere" / "log.jsonl")

    def breaks(*_: object) -> Iterator[bytes]:
        yield b"half\n"
        raise KeyboardInterrupt

    monkeypatch.setattr("antigone.audit.export.log_lines", breaks)
    with pytest.raises(KeyboardInterrupt):
        export_log(log, tmp_path / "other.jsonl")
    assert [path.name for path in tmp_path.iterdir() if "other" in path.name] == []
    assert log.count() == 3


def test_what_was_tampered_with_is_not_exported_as_if_it_were_sound(
    log: AuditLog, records: Records, tmp_path: Path
) -> None:
    tamper(records, "DELETE FROM audit_entries WHERE seq = 3")
    with pytest.raises(AuditError, match="not what was written"):
        export_log(AuditLog(records), tmp_path / "log.jsonl")
    with pytest.raises(AuditError, match="not what was written"):
        export_proof(AuditLog(records), 1, tmp_path / "1.tlog-proof")
    assert not list(tmp_path.glob("*log*"))


# ---- the witness --------------------------------------------------------------------------------


def test_a_witness_gets_a_file_that_is_replaced_only_by_what_extends_it(
    log: AuditLog, records: Records, tmp_path: Path
) -> None:
    target = tmp_path / "checkpoint"
    first = hand_over_file(log, target)
    assert (first.size, first.audit) == (3, 4)
    assert target.read_bytes() == first.note
    second = hand_over_file(log, target)
    assert second.size == 4
    assert SignedCheckpoint.parse(target.read_bytes()).checkpoint.size == 4
    assert log.entry(5).body == {"size": 4, "root": second.root, "way": "file"}
    log.change_key()
    assert hand_over_file(log, target).size == 6  # signed by the key before
    kept = target.read_bytes()
    tamper(
        records,
        "DELETE FROM audit_entries WHERE seq > 4",
        "DELETE FROM audit_nodes WHERE (position + 1) << level > 4",
        "DELETE FROM audit_checkpoints WHERE size > 4",
    )
    (records.home / "audit" / "signing.key").unlink()
    rolled_back = AuditLog(records)
    rolled_back.change_key(lost=True)
    with pytest.raises(AuditError, match="does not extend"):
        hand_over_file(rolled_back, target)
    assert target.read_bytes() == kept


def test_a_witness_file_is_nothing_else(log: AuditLog, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear witness")
    with pytest.raises(ConflictError, match="no checkpoint"):
        hand_over_file(log, tmp_path / "letter")
    with open_records(tmp_path / "other", create=True) as records:
        hand_over_file(AuditLog(records), tmp_path / "theirs")
    with pytest.raises(AuditError, match="not signed by this log"):
        hand_over_file(log, tmp_path / "theirs")
    assert log.count() == 3


class Witness(HTTPServer):
    """Keeps what it is sent."""

    def __init__(self, status: int) -> None:
        self.kept: list[tuple[str, str, bytes]] = []
        self.status = status
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/checkpoint"


class Handler(BaseHTTPRequestHandler):
    server: Witness

    def take(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.kept.append((self.command, self.path, body))
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_PUT = do_POST = do_GET = take

    def log_message(self, format: str, *_: object) -> None:
        return


@pytest.fixture
def witness(request: pytest.FixtureRequest) -> Iterator[Witness]:
    with Witness(getattr(request, "param", 200)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_checkpoint_goes_to_the_one_address_in_the_settings(
    log: AuditLog, witness: Witness, method: str
) -> None:
    given = hand_over_http(log, witness.url, allowed=witness.url, method=method)  # type: ignore[arg-type]
    assert witness.kept == [(method, "/checkpoint", given.note)]
    assert log.entry(given.audit).body["way"] == "http"


def test_nothing_is_sent_anywhere_else(log: AuditLog, witness: Witness) -> None:
    for allowed in ("", witness.url + "/", "https://witness.example/"):
        with pytest.raises(UsageError, match="may not be sent"):
            hand_over_http(log, witness.url, allowed=allowed, method="PUT")
    for url in ("file:///etc/hosts", "ftp://127.0.0.1/x", "https://"):
        with pytest.raises(UsageError, match="begins with https"):
            hand_over_http(log, url, allowed=url, method="PUT")
    assert witness.kept == []
    assert log.count() == 3


@pytest.mark.parametrize("witness", [302, 307, 403, 500], indirect=True)
def test_a_witness_that_does_not_take_it_is_told(log: AuditLog, witness: Witness) -> None:
    with pytest.raises(AuditError, match=rf"status {witness.status}"):
        hand_over_http(log, witness.url, allowed=witness.url, method="PUT")
    assert len(witness.kept) == 1  # and no redirect was followed
    assert log.count() == 3


def test_a_witness_out_of_reach_is_told(log: AuditLog) -> None:
    url = "http://127.0.0.1:9/"
    with pytest.raises(AuditError, match="could not be reached") as caught:
        hand_over_http(log, url, allowed=url, method="PUT")
    assert "--to FILE" in caught.value.hint


# ---- time stamps --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.make()


def test_a_time_stamp_is_accepted_and_written_down(log: AuditLog, authority: Authority) -> None:
    note = log.checkpoint()
    response = authority.answer(note)
    stamp, number = accept_response(log, note, response, authority.pem)
    assert (stamp.time, stamp.size, stamp.authority) == (STAMPED_AT, 3, "CN=Test Time Authority")
    assert log.entry(number).body == {
        "size": 3,
        "root": stamp.root,
        "time": STAMPED_AT.isoformat(),
        "response": hashlib.sha256(response).hexdigest(),
    }


def test_a_request_names_the_hash_of_the_checkpoint(log: AuditLog) -> None:
    note = log.checkpoint()
    assert hashlib.sha256(note).digest() in make_request(note)
    assert make_request(note) != make_request(note)  # a number used once
    with pytest.raises(UsageError, match="no checkpoint"):
        make_request(b"something else")


def test_a_response_about_something_else_is_refused(log: AuditLog, authority: Authority) -> None:
    note = log.checkpoint()
    for response, certificates, why in (
        (authority.answer(note + b" "), authority.pem, "Mismatch"),
        (authority.answer(note), Authority.make().pem, "verify"),
        (refusal(), authority.pem, "did not stamp"),
    ):
        with pytest.raises(AuditError, match=why):
            verify_response(note, response, certificates)
    damaged = bytearray(authority.answer(note))
    damaged[-5] ^= 1
    with pytest.raises(AuditError, match="does not confirm"):
        verify_response(note, bytes(damaged), authority.pem)
    for response, certificates in ((b"", authority.pem), (authority.answer(note), b"no certificate")):
        with pytest.raises(UsageError):
            verify_response(note, response, certificates)


def test_damaged_certificates_and_responses_are_typed_errors(log: AuditLog, authority: Authority) -> None:
    """Among these damages are some at which the libraries raise what they do not document, or panic."""
    note = log.checkpoint()
    response = authority.answer(note)
    der = ssl.PEM_cert_to_DER_cert(authority.pem.decode())
    random = np.random.default_rng(20_261_123)
    judges: tuple[tuple[bytes, Callable[[bytes], TimeStamp]], ...] = (
        (response, lambda damaged: verify_response(note, damaged, authority.pem)),
        (der, lambda damaged: verify_response(note, response, _pem(damaged))),
    )
    for _ in range(300):
        for whole, judge in judges:
            damaged = bytearray(whole)
            damaged[random.integers(len(damaged))] ^= 1 << int(random.integers(8))
            with contextlib.suppress(AuditError, UsageError):
                assert judge(bytes(damaged)).time == STAMPED_AT


def test_a_parser_that_panics_is_a_typed_error(
    log: AuditLog, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    panic = type("PanicException", (BaseException,), {})

    def panics(_: bytes) -> None:
        raise panic("called `Result::unwrap()` on an `Err` value")

    monkeypatch.setattr("antigone.audit.timestamps.decode_timestamp_response", panics)
    note = log.checkpoint()
    with pytest.raises(UsageError, match="no response"):
        verify_response(note, authority.answer(note), authority.pem)


def _pem(der: bytes) -> bytes:
    return ssl.DER_cert_to_PEM_cert(der).encode()


def test_a_stamp_on_the_checkpoint_of_another_log_is_not_accepted(
    log: AuditLog, authority: Authority, tmp_path: Path
) -> None:
    with open_records(tmp_path / "other", create=True) as records:
        theirs = AuditLog(records).checkpoint()
    with pytest.raises(AuditError, match="not signed by this log"):
        accept_response(log, theirs, authority.answer(theirs), authority.pem)
    assert log.count() == 3


# ---- small files --------------------------------------------------------------------------------


def test_small_files_are_small(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_small(tmp_path / "nothing")
    (tmp_path / "large").write_bytes(bytes(2**20 + 1))
    with pytest.raises(UsageError, match="too large"):
        read_small(tmp_path / "large")


@pytest.mark.parametrize("content", [b"", b"\n", b"nonsense\n", b"\xff"])
def test_a_file_without_keys_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "keys").write_bytes(content)
    with pytest.raises(AuditError, match=r"no public key|is empty"):
        read_public_keys(tmp_path / "keys")
