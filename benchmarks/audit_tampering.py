"""Tamper with an exported audit log in ten thousand ways, and see whether the offline verifier finds each.

    python -m benchmarks.audit_tampering [--trials 10000] [--entries 120]

The log is written by the real program, in transactions of one entry and of several. Then four kinds of people
get at it:

- an editor changes the file: a bit, a value, entries deleted, inserted, doubled, moved, swapped, the end cut;
- a careful editor also renumbers, recomputes every hash, and forges or drops checkpoints, but has no private
  key;
- an insider has the private key and rebuilds the whole log with right signatures;
- somebody puts an older state of the log back, with or without going on from there.

The verifier has only the public key and one checkpoint that a witness kept. Untouched logs are verified too:
a verifier that always cries would find everything.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from antigone.audit import AuditEvent, AuditLog
from antigone.audit.export import first_key, log_lines
from antigone.audit.keys import SigningKey, sign
from antigone.audit.verifier import (
    Checkpoint,
    Header,
    Mark,
    PublicKey,
    Report,
    Tree,
    decode_base64,
    leaf_hash,
    verify_log,
)
from antigone.records import open_records
from benchmarks import report as reports

TRIALS = 10_000
ENTRIES = 120
SEED = 6962
Line = bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A true log, and what an outsider knows of it."""

    lines: tuple[Line, ...]
    key: PublicKey
    witnessed: bytes  # a checkpoint over most of it
    private: SigningKey  # what only an insider has
    stranger: SigningKey  # a key of the same name that somebody made up

    @property
    def entries(self) -> list[Line]:
        """The lines of the entries."""
        return [line for line in self.lines if is_entry(line)]

    @property
    def sizes(self) -> list[int]:
        """After how many entries a checkpoint stands."""
        return [size_of(line) for line in self.lines if not is_entry(line) and b'"checkpoint"' in line[:20]]

    @property
    def witnessed_size(self) -> int:
        """How many entries the witness has seen."""
        return int(self.witnessed.split(b"\n")[1])

    def verify(self, lines: Sequence[Line]) -> Report:
        """Verify a file as an outsider does; lines may have become more or fewer on the way."""
        return verify_log(b"".join(lines).splitlines(keepends=True), [self.key], {"witness": self.witnessed})


@dataclass(frozen=True, slots=True)
class Tampered:
    """A file after somebody was at it, and the entry that is the first to differ, where that is plain."""

    lines: Sequence[Line]
    first: int | None = None


Way = Callable[[random.Random, Original], Tampered]


def is_entry(line: Line) -> bool:
    """Tell an entry from a checkpoint and from the first line."""
    return line.startswith(b'{"at":')


def size_of(mark: Line) -> int:
    """Return how many entries a checkpoint's line covers."""
    return int(json.loads(mark)["checkpoint"].split("\n")[1])


def make_original(folder: Path, entries: int, seed: int = SEED) -> Original:
    """Write a log with the real program, partly by threads that share transactions."""
    rng = random.Random(seed)
    with open_records(folder, create=True) as records:
        log = AuditLog(records)
        while log.checkpoint() and (left := entries - log.count()) > 0:
            threads = [
                threading.Thread(target=log.append, args=(_event(rng),))
                for _ in range(min(left, rng.choice((1, 1, 2, 5))))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        private = log.keys.load()
        assert private is not None
        with log.reading() as view:
            lines = tuple(log_lines(view, first_key(log)))
            witnessed = view.checkpoint(covering=entries * 4 // 5)
    assert witnessed is not None
    stranger = SigningKey.generate(private.public.name)
    return Original(
        lines=lines, key=private.public, witnessed=witnessed.note, private=private, stranger=stranger
    )


def _event(rng: random.Random) -> AuditEvent:
    candidates = [[rng.randrange(10**6), round(rng.random(), 4)] for _ in range(5)]
    return AuditEvent(kind="search", body={"probe": rng.randbytes(32).hex(), "candidates": candidates})


# ---- an editor of the file --------------------------------------------------------------------


def flip_a_bit(rng: random.Random, log: Original) -> Tampered:
    """Change one bit of one entry."""
    place = _place(rng, log)
    line = bytearray(log.lines[place])
    line[rng.randrange(len(line) - 1)] ^= 1 << rng.randrange(8)
    return Tampered(_replaced(log.lines, place, bytes(line)), _number(log.lines[place]))


def change_a_value(rng: random.Random, log: Original) -> Tampered:
    """Change what an entry says and keep its form."""
    place = _place(rng, log)
    return Tampered(_replaced(log.lines, place, _falsified(rng, log.lines[place])), _number(log.lines[place]))


def flip_a_bit_of_a_checkpoint(rng: random.Random, log: Original) -> Tampered:
    """Change one bit of one checkpoint or of the hashes beside it."""
    place = rng.choice([place for place, line in enumerate(log.lines) if not is_entry(line)])
    line = bytearray(log.lines[place])
    line[rng.randrange(len(line) - 1)] ^= 1 << rng.randrange(8)
    return Tampered(_replaced(log.lines, place, bytes(line)))


def delete_one(rng: random.Random, log: Original) -> Tampered:
    """Take one entry out."""
    place = _place(rng, log)
    return Tampered([*log.lines[:place], *log.lines[place + 1 :]], _number(log.lines[place]))


def delete_lines(rng: random.Random, log: Original) -> Tampered:
    """Take out some entries that the witness has seen, with the checkpoints between them."""
    begin = rng.choice(
        [
            place
            for place, line in enumerate(log.lines)
            if is_entry(line) and _number(line) <= log.witnessed_size
        ]
    )
    end = begin + rng.randrange(1, 12)
    return Tampered([*log.lines[:begin], *log.lines[end:]], _number(log.lines[begin]))


def double_one(rng: random.Random, log: Original) -> Tampered:
    """Put a copy of an entry before another."""
    source, target = _place(rng, log), _place(rng, log)
    lines = [*log.lines[:target], log.lines[source], *log.lines[target:]]
    first = _number(log.lines[target]) + (source == target)  # the copy stands behind itself
    return Tampered(lines, first)


def insert_one(rng: random.Random, log: Original) -> Tampered:
    """Put a made-up entry before another."""
    place = _place(rng, log)
    lines = [*log.lines[:place], _falsified(rng, log.lines[place]), *log.lines[place:]]
    return Tampered(lines, _number(log.lines[place]))


def swap_two(rng: random.Random, log: Original) -> Tampered:
    """Exchange two entries."""
    one, other = sorted(rng.sample([place for place, line in enumerate(log.lines) if is_entry(line)], 2))
    lines = _replaced(_replaced(log.lines, one, log.lines[other]), other, log.lines[one])
    return Tampered(lines, _number(log.lines[one]))


def move_one(rng: random.Random, log: Original) -> Tampered:
    """Put an entry elsewhere."""
    places = [place for place, line in enumerate(log.lines) if is_entry(line)]
    source, target = rng.sample(places, 2)
    lines = list(log.lines)
    moved = lines.pop(source)
    lines.insert(target, moved)
    return Tampered(lines, min(_number(log.lines[source]), _number(log.lines[target])))


def cut_anywhere(rng: random.Random, log: Original) -> Tampered:
    """Cut the file off at any byte within what the witness has seen."""
    whole = b"".join(log.lines)
    seen = sum(map(len, log.lines[: _behind(log, log.witnessed_size)]))
    return Tampered([whole[: rng.randrange(seen)]])


def cut_at_a_line(rng: random.Random, log: Original) -> Tampered:
    """Cut the file off after a line within what the witness has seen."""
    return Tampered(log.lines[: rng.randrange(_behind(log, log.witnessed_size))])


# ---- a careful editor without the key ---------------------------------------------------------


def forge_with_old_signatures(rng: random.Random, log: Original) -> Tampered:
    """Change entries, renumber, recompute every hash and root, and keep the old signatures."""
    entries, first = _falsify(rng, log.entries)
    lines = rebuild(entries, log.sizes, log.key, lambda body: _old_signature(log, body))
    return Tampered(lines, first)


def forge_with_another_key(rng: random.Random, log: Original) -> Tampered:
    """Change entries, rebuild all that follows, and sign it with a key of the same name."""
    entries, first = _falsify(rng, log.entries)
    lines = rebuild(entries, log.sizes, log.key, lambda body: sign(body, log.stranger))
    return Tampered([*_until(log, first), *_from(lines, first)])


def forge_and_drop_checkpoints(rng: random.Random, log: Original) -> Tampered:
    """Change entries, renumber, and take out some or all checkpoints after that."""
    entries, first = _falsify(rng, log.entries)
    marks = {size_of(line): line for line in log.lines if not is_entry(line) and b'"leaves"' in line}
    kept = [size for size in marks if size < first or rng.random() < rng.choice((0, 0.5))]
    lines: list[Line] = [log.lines[0]]
    for number in range(len(entries) + 1):
        lines += [entries[number - 1]] if number else []
        lines += [marks[number]] if number in kept else []
    return Tampered(lines)


def forge_kept_hashes(rng: random.Random, log: Original) -> Tampered:
    """Change an entry and the hash that is kept beside the checkpoint over it."""
    place = _place(rng, log)
    lines = list(log.lines)
    lines[place] = _falsified(rng, lines[place])
    for behind in range(place, len(lines)):
        if not is_entry(lines[behind]):
            said = json.loads(lines[behind])
            count, size = len(said["leaves"]), size_of(lines[behind])
            leaves = [decode_base64(leaf) for leaf in said["leaves"]]
            leaves[_number(log.lines[place]) - 1 - (size - count)] = leaf_hash(lines[place][:-1])
            lines[behind] = Mark(said["checkpoint"].encode(), tuple(leaves)).line()
            break
    return Tampered(lines)


# ---- an insider, and older states -------------------------------------------------------------


def rewrite_with_the_key(rng: random.Random, log: Original) -> Tampered:
    """Change what the witness has seen, and rebuild and sign everything with the true key."""
    entries, _ = _falsify(rng, log.entries, most=log.witnessed_size)
    return Tampered(rebuild(entries, log.sizes, log.key, lambda body: sign(body, log.private)))


def roll_back(rng: random.Random, log: Original) -> Tampered:
    """Put back what was the whole, true log at an earlier moment."""
    sizes = [size for size in log.sizes if size < log.witnessed_size]
    size = rng.choice(sizes)
    return Tampered(log.lines[: _behind(log, size)], size + 1)


def roll_back_and_go_on(rng: random.Random, log: Original) -> Tampered:
    """Put an earlier state back and let the program go on from there with other entries."""
    size = rng.choice([size for size in log.sizes if size < log.witnessed_size])
    others = [_falsified(rng, line) for line in log.entries[size:]]
    entries = [*log.entries[:size], *others]
    return Tampered(rebuild(entries, log.sizes, log.key, lambda body: sign(body, log.private)))


def rewrite_the_unseen(rng: random.Random, log: Original) -> Tampered:
    """Change only what no witness has seen, with the true key: nobody can tell, and the figures say so."""
    place = rng.randrange(log.witnessed_size, len(log.entries))
    entries = _replaced(log.entries, place, _falsified(rng, log.entries[place]))
    return Tampered(rebuild(entries, log.sizes, log.key, lambda body: sign(body, log.private)))


EDITOR: tuple[Way, ...] = (
    flip_a_bit,
    change_a_value,
    flip_a_bit_of_a_checkpoint,
    delete_one,
    delete_lines,
    double_one,
    insert_one,
    swap_two,
    move_one,
    cut_anywhere,
    cut_at_a_line,
)
CAREFUL: tuple[Way, ...] = (
    forge_with_old_signatures,
    forge_with_another_key,
    forge_and_drop_checkpoints,
    forge_kept_hashes,
)
INSIDER: tuple[Way, ...] = (rewrite_with_the_key, roll_back, roll_back_and_go_on)
WAYS = (*EDITOR, *CAREFUL, *INSIDER)


def rebuild(
    entries: Sequence[Line], sizes: Sequence[int], key: PublicKey, signed: Callable[[Checkpoint], bytes]
) -> list[Line]:
    """Write a log over ``entries`` with a checkpoint at each of ``sizes``, as far as there are entries."""
    tree, since, lines = Tree(), list[bytes](), [Header(str(key)).line()]
    wanted = {min(size, len(entries)) for size in sizes} | {len(entries)}
    for number in range(len(entries) + 1):
        if number:
            leaf = leaf_hash(entries[number - 1][:-1])
            tree.append(leaf)
            since.append(leaf)
            lines.append(entries[number - 1])
        if number in wanted:
            note = signed(Checkpoint(key.name, tree.size, tree.root()))
            lines.append(Mark(note, tuple(since)).line())
            since = []
    return lines


def _falsify(rng: random.Random, entries: Sequence[Line], most: int | None = None) -> tuple[list[Line], int]:
    """Change, delete, insert or swap among the first ``most`` entries, and renumber all of them."""
    changed = list(entries)
    place = rng.randrange((most or len(entries)) - 1)
    match rng.randrange(4):
        case 0:
            changed[place] = _falsified(rng, changed[place])
        case 1:
            del changed[place]
        case 2:
            changed.insert(place, _falsified(rng, changed[place]))
        case _:
            changed[place], changed[place + 1] = changed[place + 1], changed[place]
    return [_numbered(line, number) for number, line in enumerate(changed, 1)], place + 1


def _falsified(rng: random.Random, line: Line) -> Line:
    said = json.loads(line)
    said["body"]["probe"] = rng.randbytes(32).hex()
    return _written(said)


def _numbered(line: Line, number: int) -> Line:
    return _written({**json.loads(line), "seq": number})


def _written(said: object) -> Line:
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _number(line: Line) -> int:
    return int(json.loads(line)["seq"])


def _place(rng: random.Random, log: Original) -> int:
    return rng.choice([place for place, line in enumerate(log.lines) if is_entry(line)])


def _replaced(lines: Sequence[Line], place: int, line: Line) -> list[Line]:
    return [*lines[:place], line, *lines[place + 1 :]]


def _behind(log: Original, size: int) -> int:
    """Return how many lines there are up to and with the checkpoint over ``size`` entries."""
    return next(
        place + 1 for place, line in enumerate(log.lines) if b'"leaves"' in line and size_of(line) == size
    )


def _until(log: Original, number: int) -> list[Line]:
    """Return the true lines before the first checkpoint that covers an entry."""
    size = max(size for size in log.sizes if size < number)
    return list(log.lines[: _behind(log, size)])


def _from(lines: Sequence[Line], number: int) -> list[Line]:
    """Return the forged lines from the same place on."""
    marks = [(place, size_of(line)) for place, line in enumerate(lines) if b'"leaves"' in line]
    return list(lines[max(place for place, size in marks if size < number) + 1 :])


def _old_signature(log: Original, body: Checkpoint) -> bytes:
    """Return a checkpoint with the text of ``body`` and the signature of the true one of that size."""
    for line in log.lines:
        if b'"leaves"' in line and size_of(line) == body.size:
            text, signature = json.loads(line)["checkpoint"].split("\n\n")
            return f"{body.text()}\n{signature}".encode() if text else b""
    return sign(body, log.stranger)  # where there was none


# ---- the trials ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """What came of one way of tampering."""

    trials: int = 0
    unchanged: int = 0  # the file came out as it was, which is no tampering
    found: int = 0
    plain: int = 0  # found, and it is plain which entry is the first to differ
    exact: int = 0  # of those: named as the first
    within: int = 0  # of those: within the range that was named
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, tampered: Tampered, report: Report) -> None:
        """Count one trial."""
        self.trials += 1
        finding = report.finding
        if finding is None:
            return
        self.found += 1
        self.faults[finding.fault.value] += 1
        if tampered.first is not None:
            self.plain += 1
            self.exact += finding.first == tampered.first
            self.within += finding.first <= tampered.first <= finding.last


def try_once(rng: random.Random, log: Original, way: Way, tally: Tally) -> None:
    """Tamper once and verify."""
    tampered = way(rng, log)
    if b"".join(tampered.lines) == b"".join(log.lines):
        tally.unchanged += 1
        return
    tally.add(tampered, log.verify(tampered.lines))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials; return 1 when one was not found or a true log was called false."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--entries", type=int, default=ENTRIES, help="entries of the log")
    asked = parser.parse_args(arguments)
    told = reports.Report("audit_tampering", title="Audit log: is every tampering found?")
    rng = random.Random(SEED)
    tallies: defaultdict[str, Tally] = defaultdict(Tally)
    with tempfile.TemporaryDirectory(prefix="antigone-tampering-") as folder:
        log = make_original(Path(folder) / "home", asked.entries)
    told.note(
        f"A log of {len(log.entries)} entries under {len(log.sizes)} checkpoints; the witness kept the one "
        f"over {log.witnessed_size}. Seed {SEED}."
    )
    begun = time.perf_counter()
    number = 0
    while sum(tally.trials for tally in tallies.values()) < asked.trials:
        way = WAYS[number % len(WAYS)]
        try_once(rng, log, way, tallies[way.__name__])
        number += 1
    seconds = time.perf_counter() - begun
    false_alarms, controls = _controls(log)
    unseen = Tally()
    for _ in range(100):
        try_once(rng, log, rewrite_the_unseen, unseen)
    trials = sum(tally.trials for tally in tallies.values())
    found = sum(tally.found for tally in tallies.values())
    _tell(told, tallies)
    told.note(f"{trials:,} trials in {seconds:.0f} s, {1e3 * seconds / trials:.1f} ms each to verify.")
    told.note(
        f"The limit: of {unseen.trials} logs that an insider rewrote only after the witnessed checkpoint, "
        f"{unseen.found} were found. Nobody could; that is why checkpoints are handed over often."
    )
    edited = [tallies[way.__name__] for way in EDITOR]
    told.keep("trials", trials)
    told.keep("ms_each", 1e3 * seconds / trials)
    good = told.checks(
        (
            reports.Check(what="found", value=100 * found / trials, target=100, at_least=True, unit=" %"),
            reports.Check(
                what=f"false alarms in {controls} true logs", value=false_alarms, target=0, at_least=False
            ),
            reports.Check(
                what="edited files in which the first bad entry was named, where it is plain",
                value=100 * sum(tally.exact for tally in edited) / sum(tally.plain for tally in edited),
                target=100,
                at_least=True,
                unit=" %",
            ),
        )
    )
    told.save()
    return 0 if good else 1


def _controls(log: Original) -> tuple[int, int]:
    """Verify true logs: the whole one, and every state from the witnessed one on."""
    states = [size for size in log.sizes if size >= log.witnessed_size]
    alarms = sum(not log.verify(log.lines[: _behind(log, size)]).intact for size in states)
    return alarms, len(states)


def _tell(told: reports.Report, tallies: dict[str, Tally]) -> None:
    rows = []
    for way in WAYS:
        tally = tallies[way.__name__]
        who = "editor" if way in EDITOR else "careful" if way in CAREFUL else "insider"
        named = f"{100 * tally.exact / tally.plain:.1f} %" if tally.plain else "-"
        within = f"{100 * tally.within / tally.plain:.1f} %" if tally.plain else "-"
        faults = ", ".join(f"{name} {count}" for name, count in tally.faults.most_common(3))
        rows.append((way.__name__.replace("_", " "), who, tally.trials, tally.found, named, within, faults))
    columns = ("tampering", "by", "trials", "found", "named exactly", "within the range", "called")
    told.table("ways", "Ways of tampering", columns, rows)


if __name__ == "__main__":
    sys.exit(main())
