"""Photos to templates: the face that is meant, failures as rows, and templates kept only where asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from antigone.evaluate.extraction import Extractor, TemplateStore, meant_face, nearest_to_centre
from antigone.evaluate.material import Material, Photo, singles
from antigone.failures import FailureCode
from antigone.settings import Settings
from antigone.types import Analysis, Box, PhotoFacts, Uint8Array
from invented import direction, face
from made_up import MadeUpAnalyser

FACTS = PhotoFacts(width=100, height=100, format="PNG", perceptual_hash=0, captured_at=None)


def material(folder: Path, *contents: bytes) -> Material:
    photos = []
    for number, content in enumerate(contents):
        (folder / f"{number}.jpg").write_bytes(content)
        photos.append(Photo.of_file(folder / f"{number}.jpg"))
    return singles(photos, [str(number) for number in range(len(photos))])


def extractor(analyser: MadeUpAnalyser, folder: Path | None = None, key: str = "m") -> Extractor:
    store = None if folder is None else TemplateStore(folder, key)
    return Extractor(lambda: analyser, analyser.model, Settings(), store)


def test_the_face_nearest_to_the_centre_or_to_the_box_is_meant() -> None:
    boxes = np.array([[0, 0, 90, 90], [40, 40, 20, 20], [70, 70, 20, 20]], dtype=np.float32)
    assert nearest_to_centre(boxes, 100, 100) == 1
    faces = tuple(face(direction(1, number), Box(*map(float, box))) for number, box in enumerate(boxes))
    analysis = Analysis(faces=faces, failure=None, facts=FACTS)
    assert meant_face(analysis) is faces[1]
    assert meant_face(analysis, Box(72, 68, 18, 22)) is faces[2]


def test_failures_are_rows_of_their_own_kind(tmp_path: Path) -> None:
    made = material(tmp_path, b"one", b"noface", b"broken", b"two")
    gone = Photo.of_file(tmp_path / "gone.jpg")
    made = singles([*made.photos, gone], ["a", "b", "c", "d", "e"])
    told: list[tuple[int, int]] = []
    found = extractor(MadeUpAnalyser()).extract(made, lambda done, total: told.append((done, total)))
    assert np.isnan(found.extraction.templates[:, 0]).tolist() == [False, True, True, False, True]
    assert found.extraction.faces.tolist() == [1, 0, 0, 2, 0]
    assert found.failures == {
        1: FailureCode.FACE_NOT_DETECTED,
        2: FailureCode.CANNOT_PARSE,
        4: FailureCode.UNREADABLE,
    }
    assert found.counts() == {"cannot-parse": 1, "face-not-detected": 1, "unreadable": 1}
    assert found.sha256[4] == ""
    assert told[-1] == (5, 5)


def test_kept_templates_are_used_for_the_same_photos_and_model_only(tmp_path: Path) -> None:
    made = material(tmp_path, b"one", b"noface")
    first, kept = MadeUpAnalyser(), tmp_path / "kept"
    before = extractor(first, kept).extract(made)
    second = MadeUpAnalyser()
    after = extractor(second, kept).extract(made)
    assert second.seen == []
    assert np.array_equal(before.extraction.templates, after.extraction.templates, equal_nan=True)
    assert after.failures == before.failures
    assert kept.stat().st_mode & 0o77 == 0
    other = MadeUpAnalyser()
    extractor(other, kept, "another model").extract(made)
    assert len(other.seen) == 2
    (tmp_path / "0.jpg").write_bytes(b"changed")
    changed = MadeUpAnalyser()
    extractor(changed, kept).extract(made)
    assert changed.seen == [b"changed"]


def test_damaged_kept_templates_are_made_again(tmp_path: Path) -> None:
    made = material(tmp_path, b"one")
    extractor(MadeUpAnalyser(), tmp_path / "kept").extract(made)
    (file,) = (tmp_path / "kept").iterdir()
    for content in (b"", b"no archive", file.read_bytes()[:200]):
        file.write_bytes(content)
        again = MadeUpAnalyser()
        found = extractor(again, tmp_path / "kept").extract(made)
        assert len(again.seen) == 1
        assert found.extraction.faces.tolist() == [1]


class OnePhotoAtATime(MadeUpAnalyser):
    """Notes how many photos were read before the first was analysed."""

    def analyse_many(self, photos: Iterable[bytes | Uint8Array]) -> Iterator[Analysis]:
        for photo in photos:
            assert isinstance(photo, bytes)
            self.seen.append(photo)
            yield self._analyse(photo)


def test_photos_are_read_as_they_are_needed(tmp_path: Path) -> None:
    made = material(tmp_path, *(b"photo %d" % number for number in range(5)))
    analyser = OnePhotoAtATime()
    states: list[tuple[int, int]] = []
    extractor(analyser).extract(made, lambda done, _: states.append((done, len(analyser.seen))))
    assert states[:5] == [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]
