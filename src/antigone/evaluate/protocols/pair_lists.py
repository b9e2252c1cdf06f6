"""Published lists of pairs, each in the format of its makers, and a plain CSV of one's own.

- *LFW*: the numbers of folds and of pairs, then ``name n n`` for the same and ``name n name n`` for different
  people. Without the number of folds (the development sets of view 1) it is one fold.
- *CALFW, CPLFW*: two lines a pair, ``photo flag`` each; a flag other than 0 means the same person.
- *CFP*: numbered photos in ``Pair_list_F.txt`` and ``Pair_list_P.txt``, and pairs of these numbers in
  ``Split/FF|FP/01/same.txt`` and ``diff.txt``.
- *CSV*: the photos' paths in ``first`` and ``second``, ``mated`` (1, same, yes or 0, different, no), and
  if wanted ``fold``, ``subject_1`` and ``subject_2``. Without a header: path, path, mated.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from antigone.errors import NotFoundError, UsageError
from antigone.evaluate.material import PairList, Photo, VerificationTrial, ten_folds
from antigone.evaluate.protocols.folders import SUFFIXES
from antigone.printable import printable

MOST_BYTES = 256 * 2**20  # of a list
_SAME = frozenset({"1", "same", "mated", "true", "yes"})
_DIFFERENT = frozenset({"0", "-1", "different", "non-mated", "nonmated", "false", "no"})
_HEADER = ("first", "second", "mated")


def read_text(path: Path) -> str:
    """Return the text of a list. Raises `NotFoundError` and `UsageError`."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{printable(str(path))} is larger than {MOST_BYTES >> 20} MiB")
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise NotFoundError(f"there is no file {printable(str(path))}") from error
    except OSError as error:
        raise UsageError(f"{printable(str(path))} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{printable(str(path))} is not UTF-8 text") from error


def bad_line(path: Path, number: int, what: str) -> UsageError:
    """Say what is wrong with one line of a list."""
    return UsageError(f"{printable(str(path))}, line {number}: {what}")


def lfw_pairs(photos: Path, pairs: Path, name: str = "lfw") -> VerificationTrial:
    """Read pairs in LFW's format, of photos ``NAME/NAME_0001.jpg``. Raises `UsageError`."""
    lines = [(number, line.split()) for number, line in enumerate(read_text(pairs).splitlines(), 1)]
    lines = [(number, fields) for number, fields in lines if fields]
    head = lines[0][1] if lines else []
    if not 1 <= len(head) <= 2 or not all(field.isdecimal() for field in head):
        raise UsageError(f"{printable(str(pairs))} does not begin with the number of its pairs")
    folds, each = (int(head[0]), int(head[1])) if len(head) == 2 else (1, int(head[0]))
    if folds < 1 or each < 1 or len(lines) != 1 + folds * 2 * each:
        raise UsageError(
            f"{printable(str(pairs))} announces {folds * 2 * each:,} pairs and holds {len(lines) - 1:,}"
        )
    known = PairList(name)
    for place, (number, fields) in enumerate(lines[1:]):
        fold, within = divmod(place, 2 * each)
        mated = within < each
        if len(fields) != (3 if mated else 4):
            raise bad_line(pairs, number, f"expected {3 if mated else 4} fields, got {len(fields)}")
        sides = [(fields[0], fields[1]), (fields[0] if mated else fields[2], fields[-1])]
        if not all(count.isdecimal() for _, count in sides):
            raise bad_line(pairs, number, "a photo has a number")
        first, second = (
            known.photo(_lfw_photo(photos, person, int(count)), person) for person, count in sides
        )
        known.pair(first, second, mated=mated, fold=fold if folds > 1 else None)
    return known.trial()


def _lfw_photo(photos: Path, person: str, number: int) -> Photo:
    stem = f"{person}/{person}_{number:04d}"
    for suffix in (".jpg", ".png", ".jpeg"):
        if (path := photos / f"{stem}{suffix}").is_file():
            return Photo.of_file(path, f"{stem}{suffix}")
    return Photo.of_file(photos / f"{stem}.jpg", f"{stem}.jpg")


def flagged_pairs(photos: Path, pairs: Path, name: str) -> VerificationTrial:
    """Read pairs in the format of CALFW and CPLFW. Raises `UsageError`."""
    lines = [line.rsplit(maxsplit=1) for line in read_text(pairs).splitlines() if line.strip()]
    if len(lines) % 2:
        raise UsageError(f"{printable(str(pairs))} has an odd number of lines; a pair takes two")
    known = PairList(name)
    found = []
    for place in range(0, len(lines), 2):
        one, other = lines[place], lines[place + 1]
        if len(one) != 2 or len(other) != 2 or one[1] != other[1]:
            raise bad_line(pairs, place + 1, "a pair is two lines of a photo and the same flag")
        first, second = (
            known.photo(Photo.of_file(photos / file, file), _stem(file)) for file, _ in (one, other)
        )
        found.append((first, second, one[1] != "0"))
    for (first, second, mated), fold in zip(found, ten_folds(pair[2] for pair in found), strict=True):
        known.pair(first, second, mated=mated, fold=fold)
    return known.trial()


def _stem(file: str) -> str | None:
    """Return whom ``Anna_Berg_0003.jpg`` shows; None for other names."""
    person, _, number = Path(file).stem.rpartition("_")
    return person if person and number.isdecimal() else None


def cfp_pairs(root: Path, kind: str) -> VerificationTrial:
    """Read the pairs of CFP: ``kind`` is FF (frontal and frontal) or FP (frontal and profile).

    ``root`` is the folder of ``Data`` and ``Protocol``. Raises `UsageError`.
    """
    protocol = root / "Protocol"
    frontal = _numbered(protocol / "Pair_list_F.txt")
    other = frontal if kind == "FF" else _numbered(protocol / "Pair_list_P.txt")
    known = PairList(f"cfp-{kind.lower()}")
    splits = sorted(path for path in (protocol / "Split" / kind).glob("*") if path.is_dir())
    for fold, split in enumerate(splits):
        for file, mated in (("same.txt", True), ("diff.txt", False)):
            for number, line in enumerate(read_text(split / file).split(), 1):
                try:
                    a, b = line.split(",")
                    sides = [frontal[int(a)], other[int(b)]]
                except (ValueError, KeyError) as error:
                    raise bad_line(split / file, number, "two numbers of listed photos expected") from error
                first, second = (
                    known.photo(
                        Photo.of_file((protocol / path).resolve(), path), Path(path).parent.parent.name
                    )
                    for path in sides
                )
                known.pair(first, second, mated=mated, fold=fold)
    return known.trial()


def _numbered(path: Path) -> dict[int, str]:
    found = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if line.strip():
            count, _, file = line.strip().partition(" ")
            if not count.isdecimal() or not file.strip():
                raise bad_line(path, number, "a number and a path expected")
            found[int(count)] = file.strip()
    return found


def csv_pairs(photos: Path, pairs: Path) -> VerificationTrial:
    """Read a CSV of one's own. Raises `UsageError`."""
    known = PairList(pairs.stem)
    for number, row in _csv_rows(pairs):
        label = row["mated"].strip().lower()
        if label not in _SAME | _DIFFERENT:
            raise bad_line(pairs, number, f"{printable(label) or 'nothing'} does not say same or different")
        sides = []
        for column, subject in (("first", "subject_1"), ("second", "subject_2")):
            file = row[column].strip()
            if Path(file).suffix.lower() not in SUFFIXES:
                raise bad_line(pairs, number, f"{printable(file) or 'nothing'} is not the name of a photo")
            sides.append(known.photo(Photo.of_file(photos / file, file), row.get(subject) or _folder(file)))
        fold = (row.get("fold") or "").strip()
        if fold and not fold.isdecimal():
            raise bad_line(pairs, number, f"{printable(fold)} is not the number of a fold")
        known.pair(*sides, mated=label in _SAME, fold=int(fold) if fold else None)
    return known.trial()


def _folder(file: str) -> str | None:
    parent = Path(file).parent.name
    return parent or None


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(read_text(path).splitlines(), strict=True)
    names: list[str] = list(_HEADER)
    try:
        for number, cells in enumerate(reader, 1):
            if not any(cell.strip() for cell in cells):
                continue
            if number == 1 and cells[0].strip().lower() == "first":
                names = [cell.strip().lower() for cell in cells]
                if missing := set(_HEADER) - set(names):
                    raise bad_line(path, 1, f"there is no column {', '.join(sorted(missing))}")
                continue
            if len(cells) != len(names):
                raise bad_line(path, number, f"expected {len(names)} cells, got {len(cells)}")
            yield number, dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise bad_line(path, reader.line_num, str(error)) from error
