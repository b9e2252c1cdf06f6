"""Labeled Faces in the Wild: where it lies, its verification pairs, and our 1:N protocol on it.

The photos are found through ``ANTIGONE_TEST_DATA``, or beside the repository in ``../shared/data``.

*Which face.* By the set's own definition a photo is named after the face in its centre; one in seven shows
others too. The face whose box centre lies nearest to the photo's centre is used, for every system alike.

*1:N.* Gallery: the first photo of each of the 5,749 people, one reference each. Probes: all other photos.

*Labels.* Some people stand in the set under two names, and some photos under a wrong one. Such searches are
the highest-scoring "non-mated" ones of any good system, so they weigh on figures at a low FPIR. The pairs of
names in ``DOUBTFUL`` were found among those with `antigone evaluate` and looked at: one person's name in two
forms, or a photo that stands under two names. Twins and other kin are not among them. Every figure is given
as labelled; where labels weigh, also without comparisons within these pairs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from antigone.evaluate.metrics import BoolArray, IntArray
from antigone.evaluate.protocols.pair_lists import lfw_pairs

PHOTOS = 13_233  # in the whole set
DOUBTFUL = (
    # two names of one person
    ("Bison_Dele", "Brian_Williams"),
    ("Choi_Sung-hong", "Sung_Hong_Choi"),
    ("Chyung_Dai-chul", "Dai_Chul_Chyung"),
    ("Cristina_Fernandez", "Cristina_Kirchner"),
    ("Doc_Rivers", "Glenn_Rivers"),
    ("Felipe_De_Borbon", "Prince_Felipe"),
    ("Hasan_Wirayuda", "Hassan_Wirajuda"),
    ("John_Barnett", "John_Burnett"),
    ("John_Gruden", "Jon_Gruden"),
    ("Joseph_Blatter", "Sepp_Blatter"),
    ("Mireya_Elisa_Moscoso_Rodriguez", "Mireya_Moscoso"),
    ("Nan_Wang", "Wang_Nan"),
    ("Noer_Moeis", "Noer_Muis"),
    ("Wang_Yingfan", "Yingfan_Wang"),
    # a photo of one filed under the other
    ("Abdullah_Gul", "Recep_Tayyip_Erdogan"),
    ("Andrew_Caldecott", "Andrew_Gilligan"),
    ("Anja_Paerson", "Janica_Kostelic"),
    ("Bart_Hendricks", "Ricky_Ray"),
    ("Carlos_Beltran", "Raul_Ibanez"),
    ("Carlos_Ruckauf", "Eduardo_Duhalde"),
    ("Diana_Taurasi", "Shavon_Earp"),
    ("Emmy_Rossum", "Eva_Amurri"),
    ("Flor_Montulo", "Nora_Bendijo"),
    ("Gabrielle_Rose", "Martha_Bowen"),
    ("Harold_Scott", "Jeff_Roehm"),
    ("Hamad_Bin_Isa_al-Khalifa", "Mahmoud_Abbas"),
    ("Hugo_Chavez", "Luiz_Inacio_Lula_da_Silva"),
    ("Jason_Kapono", "Ray_Young"),
    ("Michael_Schumacher", "Rubens_Barrichello"),
    ("Shinya_Taniguchi", "Takahiro_Mori"),
)
REPOSITORY = Path(__file__).resolve().parents[1]


class DataMissingError(RuntimeError):
    """The photos or the protocol files are not where they are looked for."""


def data_folder() -> Path:
    """Find the folder of test data.

    Raises DataMissingError when it is not there.
    """
    folder = Path(os.environ.get("ANTIGONE_TEST_DATA") or REPOSITORY.parent / "shared" / "data")
    if not (folder / "lfw").is_dir():
        raise DataMissingError(
            f"no LFW photos in {folder}; set ANTIGONE_TEST_DATA to the folder of lfw/ and lfw_protocol/"
        )
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class LfwPhoto:
    """One photo of the set."""

    person: int  # number of the person, in the order of names
    name: str
    number: int  # from 1, the number in the file name
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """The verification protocol. Arrays have shape (pairs,); photos are rows of ``Lfw.photos``."""

    first: IntArray
    second: IntArray
    mated: BoolArray
    fold: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Lfw:
    """The whole set, ordered by name and number."""

    folder: Path
    photos: tuple[LfwPhoto, ...]

    @property
    def people(self) -> int:
        """How many people there are."""
        return self.photos[-1].person + 1

    @property
    def complete(self) -> bool:
        """Whether this is the whole set, so that its protocols apply."""
        return len(self.photos) == PHOTOS

    def gallery(self) -> IntArray:
        """(people,) rows of the first photo of each person, in the order of people."""
        return np.array([row for row, photo in enumerate(self.photos) if photo.number == 1], dtype=np.int64)

    def probes(self) -> IntArray:
        """Rows of all other photos."""
        return np.array([row for row, photo in enumerate(self.photos) if photo.number != 1], dtype=np.int64)

    def doubtful(self) -> list[tuple[int, int]]:
        """Return the pairs of people whose labels are in doubt, as far as both are here."""
        number = {photo.name: photo.person for photo in self.photos}
        return [(number[a], number[b]) for a, b in DOUBTFUL if a in number and b in number]

    def persons(self, rows: IntArray) -> IntArray:
        """Return the people that the photos in these rows show."""
        return np.array([self.photos[row].person for row in rows], dtype=np.int64)

    def paths(self, rows: IntArray) -> list[Path]:
        """Return the files of these rows."""
        return [self.photos[row].path for row in rows]

    def some_people(self, count: int, seed: int) -> Lfw:
        """Keep a random sample of people with all their photos, numbered anew; for trying things out."""
        chosen = np.sort(np.random.default_rng(seed).permutation(self.people)[:count])
        number = {int(person): place for place, person in enumerate(chosen)}
        kept = [photo for photo in self.photos if photo.person in number]
        return replace(self, photos=tuple(replace(photo, person=number[photo.person]) for photo in kept))

    def first(self, photos: int) -> Lfw:
        """Keep the people whose photos are all among the first so many, in the order of names; 0: all."""
        if not 0 < photos < len(self.photos):
            return self
        cut = self.photos[photos].person
        return replace(self, photos=tuple(photo for photo in self.photos[:photos] if photo.person < cut))

    def sample(self, count: int, seed: int) -> IntArray:
        """Rows of a random sample without replacement, in random order; all of them when there are fewer."""
        order = np.random.default_rng(seed).permutation(len(self.photos))
        return np.asarray(order[:count], dtype=np.int64)


def load() -> Lfw:
    """List the set.

    Raises DataMissingError when it is not there or a person lacks the first photo.
    """
    folder = data_folder()
    photos: list[LfwPhoto] = []
    for person, directory in enumerate(sorted(path for path in (folder / "lfw").iterdir() if path.is_dir())):
        files = sorted(directory.glob(f"{directory.name}_[0-9]*.jpg"))
        numbers = [int(path.stem.rsplit("_", 1)[1]) for path in files]
        if 1 not in numbers:
            raise DataMissingError(f"{directory} holds no first photo")
        photos.extend(
            LfwPhoto(person=person, name=directory.name, number=number, path=path)
            for number, path in zip(numbers, files, strict=True)
        )
    if not photos:
        raise DataMissingError(f"no photos in {folder / 'lfw'}")
    return Lfw(folder=folder, photos=tuple(photos))


def load_pairs(lfw: Lfw) -> Pairs:
    """Read the 10-fold verification protocol, ``lfw_protocol/pairs.txt``, without pairs of others."""
    trial = lfw_pairs(lfw.folder / "lfw", lfw.folder / "lfw_protocol" / "pairs.txt")
    assert trial.fold is not None
    row_of = {f"{photo.name}/{photo.path.name}": row for row, photo in enumerate(lfw.photos)}
    rows = np.array([row_of.get(photo.name, -1) for photo in trial.material.photos], dtype=np.int64)
    first, second = rows[trial.first], rows[trial.second]
    here = (first >= 0) & (second >= 0)
    return Pairs(first=first[here], second=second[here], mated=trial.mated[here], fold=trial.fold[here])
