"""A peer is only worth comparing with when it is used as it should be: it must know a face again."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import pytest
import skimage

from antigone.faces import FaceAnalyser
from benchmarks import peers

HOPPER = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
ASTRONAUT = Path(skimage.__file__).parent / "data" / "astronaut.png"


@pytest.fixture(scope="module")
def darker_hopper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second photo of the same face: mirrored, darker and coarser."""
    pixels = cv2.imread(str(HOPPER))
    assert pixels is not None
    path = tmp_path_factory.mktemp("photos") / "hopper.jpg"
    cv2.imwrite(
        str(path), cv2.convertScaleAbs(cv2.flip(pixels, 1), alpha=0.5), [cv2.IMWRITE_JPEG_QUALITY, 40]
    )
    return path


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("blank") / "blank.png"
    cv2.imwrite(str(path), np.full((250, 250, 3), 127, dtype=np.uint8))
    return path


@pytest.mark.parametrize("peer", peers.PEERS, ids=lambda peer: peer.name)
def test_a_face_is_known_again(peer: peers.Peer, darker_hopper: Path, blank: Path) -> None:
    if peer is peers.FACE_RECOGNITION:
        for package in ("dlib", "face_recognition_models"):
            if importlib.util.find_spec(package) is None:
                pytest.skip(f"{package} is not installed (bench group)")
    pipeline = peer.build()
    hopper, again, astronaut = (pipeline.template(path) for path in (HOPPER, darker_hopper, ASTRONAUT))
    assert hopper is not None
    assert again is not None
    assert astronaut is not None
    assert hopper.shape == (peer.dimension,)
    assert hopper.dtype == np.float32
    same = peer.similarity(hopper[None], again[None])[0, 0]
    other = peer.similarity(hopper[None], astronaut[None])[0, 0]
    assert same > other + 0.2
    assert pipeline.template(blank) is None


def test_the_same_weights_give_the_same_template() -> None:
    (face,) = FaceAnalyser().analyse(HOPPER).faces
    theirs = peers.OPENCV_ZOO.build().template(HOPPER)
    assert theirs is not None
    assert float(face.template @ theirs) > 0.9
