"""The pipeline: in order, bounded, the same for every kind of input, and never silent about a failure."""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from antigone.errors import UsageError
from antigone.faces import FaceAnalyser, PhotoInput
from antigone.faces.analyse import _next_chunk
from antigone.settings import Settings
from antigone.types import Box, FailureCode, Uint8Array

# The first numbers of the template of the astronaut's portrait, as float32 models give it. A change means
# that stored templates no longer fit: raise the pack's version.
GOLDEN = (0.0271, -0.1409, 0.1141, 0.1617, 0.0099, -0.0077, 0.0830, 0.0358)


def test_the_template_of_a_fixed_photo_does_not_change(
    analyser: FaceAnalyser, portrait_pixels: Uint8Array
) -> None:
    template = analyser.analyse(portrait_pixels).faces[0].template
    assert template.shape == (analyser.dimension,) == (128,)
    np.testing.assert_allclose(template[: len(GOLDEN)], GOLDEN, atol=0.02)  # bf16 against float32


def test_both_engines_give_the_same_faces(analyser: FaceAnalyser, portrait_pixels: Uint8Array) -> None:
    other = FaceAnalyser(Settings(device="onnxruntime-cpu"))
    assert other.runtime.engine.startswith("ONNX Runtime")
    assert analyser.runtime.engine.startswith("OpenVINO")
    one, two = (a.analyse(portrait_pixels).faces[0] for a in (analyser, other))
    assert float(one.template @ two.template) > 0.995
    np.testing.assert_allclose(one.box.numbers(), two.box.numbers(), atol=2)


def test_path_text_bytes_and_pixels_are_the_same_photo(
    analyser: FaceAnalyser, portraits: Mapping[str, Path], portrait_pixels: Uint8Array
) -> None:
    path = portraits["collins"]
    results = [analyser.analyse(photo) for photo in (path, str(path), path.read_bytes(), portrait_pixels)]
    for result in results[1:]:
        np.testing.assert_array_equal(result.faces[0].template, results[0].faces[0].template)


def test_many_come_back_in_order_with_failures_in_their_place(
    analyser: FaceAnalyser, portraits: Mapping[str, Path], tmp_path: Path
) -> None:
    text = tmp_path / "note.jpg"
    text.write_text("not a photo")
    photos: list[PhotoInput] = [
        portraits["collins"],
        text,
        portraits["hopper"],
        np.zeros((64, 64, 3), np.uint8),
        b"",
    ] * 5
    results = list(analyser.analyse_many(photos))
    codes = [r.failure and r.failure.code for r in results]
    assert codes == [None, "unsupported-format", None, "face-not-detected", "empty-file"] * 5
    alone = [analyser.analyse(photos[0]), analyser.analyse(photos[2])]
    for i in range(0, 25, 5):
        for result, expected in zip((results[i], results[i + 2]), alone, strict=True):
            similarity = float(result.faces[0].template @ expected.faces[0].template)
            assert similarity > 0.995  # the batch a face is in may change the last bits


def test_an_endless_source_is_read_only_a_little_ahead(analyser: FaceAnalyser) -> None:
    taken = itertools.count()
    blank = np.zeros((32, 32, 3), np.uint8)

    def endless() -> Iterator[Uint8Array]:
        for _ in taken:
            yield blank

    results = analyser.analyse_many(endless())
    for _ in range(20):
        assert next(results).failure is not None
    assert next(taken) <= 20 + 64
    results.close()  # type: ignore[attr-defined]  # a generator: abandoning it stops the workers


@pytest.mark.parametrize(("side", "together"), [(32, 8), (1_600, 4), (4_000, 1)])
def test_fewer_large_frames_than_small_ones_are_held_at_once(side: int, together: int) -> None:
    frame = np.zeros((side, side, 3), np.uint8)
    assert len(_next_chunk(itertools.repeat(frame))) == together


def test_an_error_of_the_source_reaches_the_caller(analyser: FaceAnalyser) -> None:
    def broken() -> Iterator[Uint8Array]:
        yield np.zeros((32, 32, 3), np.uint8)
        raise OSError("the source went away")

    with pytest.raises(OSError, match="went away"):
        list(analyser.analyse_many(broken()))


def test_a_failing_model_is_a_typed_failure_of_that_photo_alone(
    analyser: FaceAnalyser, portrait_pixels: Uint8Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    detect = analyser._detector.detect

    def fails_on_black(images: list[Uint8Array], threshold: float) -> object:
        if any(not image.any() for image in images):
            raise RuntimeError("out of device memory")
        return detect(images, threshold)

    monkeypatch.setattr(analyser._detector, "detect", fails_on_black)  # stands in for a failing device
    black = np.zeros_like(portrait_pixels)
    good, bad = analyser.analyse_many([portrait_pixels, black])
    assert len(good.faces) == 1
    assert bad.failure is not None
    assert bad.failure.code is FailureCode.EXTRACTION_FAILED
    assert "out of device memory" in bad.failure.message


@pytest.mark.parametrize(
    "pixels", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3))]
)
def test_pixels_of_another_kind_are_a_usage_error(analyser: FaceAnalyser, pixels: Uint8Array) -> None:
    with pytest.raises(UsageError, match="uint8 RGB"):
        analyser.analyse(pixels)


def test_a_drawn_box_gives_the_face_in_it(analyser: FaceAnalyser, portrait_pixels: Uint8Array) -> None:
    seen = analyser.analyse(portrait_pixels).faces[0]
    box = Box(seen.box.x - 10, seen.box.y - 8, seen.box.w + 25, seen.box.h + 12)
    drawn = analyser.analyse_box(portrait_pixels, box).faces[0]
    assert float(drawn.template @ seen.template) > 0.9


def test_a_drawn_box_without_a_visible_face_still_gives_a_template(analyser: FaceAnalyser) -> None:
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 255, (200, 200, 3), dtype=np.uint8)
    face = analyser.analyse_box(noise, Box(50, 50, 80, 100)).faces[0]
    assert face.detection_score == 0
    assert face.box == Box(50, 50, 80, 100)
