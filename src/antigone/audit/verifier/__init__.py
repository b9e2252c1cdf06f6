"""The verifier: says whether a log is what was signed and witnessed, and names the first entry that is not.

This folder is made to be read, and to be run without the rest of Antigone, which it does not import. All it
needs is Python 3.11 and the package ``cryptography`` for Ed25519. Copy the folder anywhere, then:

    python -m verifier --log LOG --key KEY --checkpoint CHECKPOINT

Read it in this order: `merkle` (the tree), `notes` (keys and checkpoints), `lines` (the file), `walk` (the
check), `findings` (what is wrong and where), `report` (the verdict), `proof` (one entry alone).
"""

from .findings import Fault, Finding
from .lines import FORMAT, KEY_CHANGED, Header, Mark, entry_line, read_file
from .merkle import (
    EMPTY_ROOT,
    Node,
    Tree,
    complete_subtrees,
    is_consistent,
    join,
    leaf_hash,
    root_by_inclusion,
)
from .notes import (
    Checkpoint,
    NoteError,
    PublicKey,
    SignedCheckpoint,
    decode_base64,
    encode_base64,
    first_signer,
)
from .proof import EntryProof, verify_proof
from .proofs import join_proofs, split_proofs, verify_proofs
from .report import Outcome, Report, Step, counted, verify_log

__all__ = [
    "EMPTY_ROOT",
    "FORMAT",
    "KEY_CHANGED",
    "Checkpoint",
    "EntryProof",
    "Fault",
    "Finding",
    "Header",
    "Mark",
    "Node",
    "NoteError",
    "Outcome",
    "PublicKey",
    "Report",
    "SignedCheckpoint",
    "Step",
    "Tree",
    "complete_subtrees",
    "counted",
    "decode_base64",
    "encode_base64",
    "entry_line",
    "first_signer",
    "is_consistent",
    "join",
    "join_proofs",
    "leaf_hash",
    "read_file",
    "root_by_inclusion",
    "split_proofs",
    "verify_log",
    "verify_proof",
    "verify_proofs",
]
