"""Every system climbs the same rungs with the same probes, and poses part all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from antigone.evaluate.extraction import QUALITY_PARTS
from antigone.evaluate.metrics import Similarity, cosine
from benchmarks import extraction, ladder, lfw, plots
from benchmarks.degrade import Rgb
from benchmarks.extraction import Found

PEOPLE, PHOTOS = 8, 4


class Patches:
    """A system whose template is the photo in 4 x 4 patches: a toy that suffers from spoilt photos."""

    name = "patches"
    version = "1"
    dimension = 48
    similarity: Similarity = staticmethod(cosine)

    def find(self, photos: Iterable[Path | bytes | Rgb]) -> Iterator[Found | None]:
        for photo in photos:
            if isinstance(photo, bytes):
                pixels = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR_RGB)
            else:
                pixels = cv2.imread(str(photo), cv2.IMREAD_COLOR_RGB) if isinstance(photo, Path) else photo
            assert pixels is not None
            small = cv2.resize(pixels, (4, 4), interpolation=cv2.INTER_AREA).astype(np.float32).reshape(-1)
            small -= small.mean()
            yield Found(
                template=small / np.linalg.norm(small),
                box=(8.0, 8.0, 24.0, 24.0),
                quality=(50.0,) * len(QUALITY_PARTS),
                faces=1,
            )


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> lfw.Lfw:
    monkeypatch.setattr(extraction, "RESULTS", tmp_path / "results")
    monkeypatch.setenv("ANTIGONE_TEST_DATA", str(tmp_path))
    rng = np.random.default_rng(0)
    for person in range(PEOPLE):
        folder = tmp_path / "lfw" / f"P{person}"
        folder.mkdir(parents=True)
        looks = cv2.resize(rng.integers(0, 256, (4, 4, 3)).astype(np.uint8), (40, 40))
        for number in range(1, PHOTOS + 1):
            noisy = np.clip(looks + rng.normal(0, 8, looks.shape), 0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / f"P{person}_{number:04d}.jpg"), noisy)
    return lfw.load()


def test_a_system_climbs_every_rung_with_the_same_probes(photos: lfw.Lfw) -> None:
    of = ladder.ground(Patches(), photos)
    probes = photos.probes()
    rungs = ladder.climb(of, probes, ladder.face_boxes(of.extraction, probes))
    clean = [rung for rung in rungs if rung.name == "clean"]
    assert [rung.family for rung in clean] == list(ladder.FAMILIES)
    assert [rung.name for rung in rungs if rung.name != "clean"] == [rung.name for rung in ladder.RUNGS]
    for rung in rungs:
        assert rung.searches.person.tolist() == photos.persons(probes).tolist()
    missed = {rung.name: rung.fnir(of.threshold) for rung in rungs}
    assert missed["clean"] < missed["turned-180"]


def test_poses_part_all_probes_the_most_frontal_first(photos: lfw.Lfw) -> None:
    of = ladder.ground(Patches(), photos)
    pose = np.random.default_rng(1).uniform(0, 100, len(photos.probes())).astype(np.float32)
    rungs = ladder.poses(of, pose)
    assert sum(len(rung.searches) for rung in rungs) == len(pose)
    starts = [float(rung.name.split()[1]) for rung in rungs]
    assert starts == sorted(starts, reverse=True)


def test_panels_are_drawn_on_one_scale(tmp_path: Path) -> None:
    steps = (["clean", "worse"], [1.0, 50.0])
    made = plots.panels(tmp_path / "made.png", title="t", panels={"a": {"ours": steps}, "b": {"ours": steps}})
    picture = cv2.imread(str(made))
    assert picture is not None
    assert picture.std() > 5


def test_the_first_photos_keep_whole_people_only(photos: lfw.Lfw) -> None:
    kept = photos.first(2 * PHOTOS + 1)
    assert (kept.people, len(kept.photos)) == (2, 2 * PHOTOS)
    assert photos.first(0) is photos
