"""Synthetic galleries: repeatable, of the statistics they were fitted to, and with people in them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.galleries import Gallery, Population, fitted, from_spectra, spectra
from benchmarks.index_runs import nearest

REFERENCES = 6_000


@pytest.fixture(scope="module")
def population() -> Population:
    return from_spectra()


@pytest.fixture(scope="module")
def gallery(population: Population) -> Gallery:
    return Gallery(population=population, seed=3)


def test_a_larger_gallery_begins_with_the_smaller_one(gallery: Gallery) -> None:
    small, small_people = gallery.first(1_000)
    large, large_people = gallery.first(REFERENCES)
    np.testing.assert_array_equal(large[:1_000], small)
    np.testing.assert_array_equal(large_people[:1_000], small_people)
    assert (np.diff(large_people) >= 0).all()
    other = Gallery(population=gallery.population, seed=4).first(1_000)[0]
    assert (other != small).any()


def test_templates_are_unit_vectors(gallery: Gallery) -> None:
    templates, _ = gallery.first(1_000)
    assert np.linalg.norm(templates.astype(np.float64), axis=1) == pytest.approx(1, abs=1e-3)
    assert np.linalg.norm(gallery.probes(np.arange(100), seed=1), axis=1) == pytest.approx(1, abs=1e-5)


def test_photos_of_one_person_are_alike_and_those_of_others_are_not(gallery: Gallery) -> None:
    templates, people = gallery.first(REFERENCES)
    rows = templates.astype(np.float32)
    mated = (rows[:-1] * rows[1:]).sum(axis=1)[people[:-1] == people[1:]]
    _, first = np.unique(people, return_index=True)
    others = (rows[first][:-1] * rows[first][1:]).sum(axis=1)
    assert 0.6 < np.median(mated) < 0.7  # LFW: 0.67
    assert 0.06 < others.mean() < 0.11  # LFW: 0.08
    assert 0.07 < others.std() < 0.11  # LFW: 0.09
    assert 2.1 < len(people) / len(first) < 2.5


def test_a_probe_is_a_new_photo_of_its_person(gallery: Gallery) -> None:
    templates, people = gallery.first(REFERENCES)
    wanted = people[::100]
    probes = gallery.probes(wanted, seed=1)
    found = nearest(templates, probes, 1)[:, 0]
    assert (people[found] == wanted).mean() > 0.95
    assert (templates[found].astype(np.float32) * probes).sum(axis=1).max() < 0.95


def test_fitting_a_gallery_gives_its_population_back(population: Population) -> None:
    templates, people = Gallery(population=population, seed=5).first(20_000)
    again = fitted(templates.astype(np.float32), people, "a test")
    np.testing.assert_allclose(again.mean, population.mean, atol=0.01)
    true = np.sort(np.linalg.svd(population.within)[1] ** 2)
    np.testing.assert_allclose(np.sort(np.linalg.svd(again.within)[1] ** 2).sum(), true.sum(), rtol=0.15)
    assert again.scale_spread == pytest.approx(population.scale_spread, abs=0.04)
    assert len(spectra(again)["between"]) == population.dimension  # type: ignore[arg-type]


def test_the_nearest_are_those_of_a_plain_sort(gallery: Gallery) -> None:
    templates, _ = gallery.first(REFERENCES)
    probes = gallery.probes(np.arange(5), seed=2)
    scores = probes @ templates.astype(np.float32).T
    np.testing.assert_array_equal(nearest(templates, probes, 50), np.argsort(-scores, axis=1)[:, :50])
