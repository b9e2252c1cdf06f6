"""Several embedders, one template: its cosine is the weighted mean of theirs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from antigone.faces.packs import EmbedderSpec, default_pack
from antigone.faces.templates import TemplateMaker, joined


def spec(dimension: int = 16, *, weight: float = 1.0, centre: tuple[float, ...] = ()) -> EmbedderSpec:
    return EmbedderSpec(
        file="e.onnx", sha256="0" * 64, colour="RGB", dimension=dimension, weight=weight, centre=centre
    )


def unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@given(seed=st.integers(0, 1000), weights=st.lists(st.floats(0.1, 10), min_size=1, max_size=4))
def test_the_score_is_the_mean_of_the_embedders_scores_by_weight(seed: int, weights: list[float]) -> None:
    random = np.random.default_rng(seed)
    specs, vectors, own = [], [], []
    for weight in weights:
        dimension = int(random.integers(16, 40))
        centre = unit(random.normal(size=(1, dimension)))[0] / 2
        given_ = random.normal(size=(5, dimension)).astype(np.float32) * random.uniform(0.1, 30)
        specs.append(spec(dimension, weight=weight, centre=tuple(centre.tolist())))
        vectors.append(given_)
        centred = unit(unit(given_) - centre)
        own.append(centred @ centred.T)
    templates = joined(vectors, specs)
    assert templates.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(templates, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(templates @ templates.T, np.average(own, axis=0, weights=weights), atol=1e-4)


def test_one_embedder_without_a_centre_is_only_brought_to_unit_length() -> None:
    vectors = np.random.default_rng(1).normal(size=(3, 16)).astype(np.float32) * 12
    np.testing.assert_allclose(joined([vectors], [spec()]), unit(vectors), atol=1e-6)


@pytest.mark.parametrize("nothing", [np.nan, np.inf, 0.0])
def test_a_face_of_which_one_embedder_says_nothing_has_no_template(nothing: float) -> None:
    first = np.random.default_rng(2).normal(size=(3, 16)).astype(np.float32)
    second = first.copy()
    second[1] = nothing
    templates = joined([first, second], [spec(), spec()])
    assert np.isnan(templates[1]).all()
    assert np.isfinite(templates[[0, 2]]).all()


def test_a_face_that_is_the_centre_itself_has_no_template() -> None:
    centre = np.eye(1, 16, dtype=np.float32)[0]
    templates = joined([np.stack([centre * 7, -centre])], [spec(centre=tuple(centre.tolist()))])
    assert np.isnan(templates[0]).all()
    assert np.isfinite(templates[1]).all()


def test_photos_without_faces_keep_their_place() -> None:
    manifest = default_pack().manifest
    none = TemplateMaker(manifest, [])([np.zeros((8, 8, 3), np.uint8)] * 2, [[], []])
    assert [rows.shape for rows in none] == [(0, 128), (0, 128)]


@pytest.mark.parametrize(
    "wrong", [{"centre": (0.5,) * 15}, {"centre": (np.nan,) * 16}, {"weight": 0.0}, {"weight": np.inf}]
)
def test_a_centre_or_weight_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EmbedderSpec(file="e.onnx", sha256="0" * 64, colour="RGB", dimension=16, **wrong)  # type: ignore[arg-type]
