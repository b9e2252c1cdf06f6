"""Pictures for exercises: public-domain portraits, and faces that show nobody, mixed and changed from them.

A made-up face is one portrait's head with nose, mouth and chin of a mix of both in it, whose proportions are
changed: every change moves one place of the face (eyes, nose, mouth, jaw, brow), and what lies around it by a
Gaussian share of that, so that the skin stays whole. A photo of a person is their face turned, zoomed, lit,
blurred, noisy and sometimes grey, before another backdrop each time; all photos of one person come from one
picture, so they are easier than real ones. All of it follows from a seed. Every photo carries a mark.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from antigone.errors import UsageError
from antigone.types import Float32Array, Uint8Array

WIDTH, HEIGHT = 480, 600
MARK = "EXERCISE"
# Where the portraits lie below the folder of their package; both are in the public domain.
PORTRAITS = {
    "hopper": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
    "collins": ("skimage", "data/astronaut.png"),
}
# Right eye, left eye, nose, right and left corner of the mouth, as the alignment of a face has them.
LANDMARKS = {
    "hopper": ((228.0, 194.0), (308.0, 196.0), (267.0, 240.0), (229.0, 268.0), (302.0, 270.0)),
    "collins": ((200.0, 102.0), (247.0, 102.0), (220.0, 125.0), (199.0, 143.0), (240.0, 144.0)),
}
_PLACE = np.array([(186, 262), (294, 262), (240, 322), (195, 374), (285, 374)], np.float32)
# Places that a change moves: where, how far around, along which way (x outwards from the middle, y down), and
# by how many pixels at most, so that a face stays one that could be.
_PLACES: Mapping[str, tuple[tuple[tuple[float, float], ...], float, tuple[float, float], float]] = {
    "eyes apart": (((186, 262), (294, 262)), 44.0, (1, 0), 8),
    "eyes high": (((186, 262), (294, 262)), 44.0, (0, -1), 9),
    "brow": (((186, 225), (294, 225)), 34.0, (0, -1), 6),
    "nose long": (((240, 325),), 34.0, (0, 1), 8),
    "nose wide": (((214, 322), (266, 322)), 24.0, (1, 0), 5),
    "mouth wide": (((195, 376), (285, 376)), 36.0, (1, 0), 7),
    "mouth low": (((240, 378),), 48.0, (0, 1), 8),
    "jaw wide": (((150, 400), (330, 400)), 60.0, (1, 0), 14),
    "cheeks": (((142, 320), (338, 320)), 55.0, (1, 0), 11),
    "chin long": (((240, 450),), 60.0, (0, 1), 16),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person of an exercise."""

    subject: str  # how the records name them
    head: str  # portrait whose head it is
    mix: float = 0.0  # share of the other portrait in the face
    changes: Mapping[str, float]  # place -> pixels by which it moves
    mirrored: bool = False
    tone: tuple[float, float, float] = (1.0, 1.0, 1.0)  # of red, green and blue


def portraits() -> dict[str, Uint8Array]:
    """Return the portraits, (HEIGHT, WIDTH, 3) RGB each, eyes and mouth at fixed places.

    Raises `UsageError` where a package that holds one is not installed.
    """
    return {name: _upright(name) for name in PORTRAITS}


def people(seed: int, made_up: int) -> tuple[Person, ...]:
    """Return the two of the portraits and so many made-up ones."""
    rng = np.random.default_rng(seed)
    real = [Person(subject=name, head=name, changes={}) for name in PORTRAITS]
    invented = [_invent(f"nobody-{number}", rng, number) for number in range(1, made_up + 1)]
    return (*real, *invented)


def lookalike(person: Person, seed: int) -> Person:
    """Return somebody else who looks much like a person: the wrong match of an exercise."""
    rng = np.random.default_rng(seed)
    changes = {
        place: person.changes.get(place, 0.0) + float(rng.choice([-1, 1]) * rng.uniform(0.6, 0.9) * most)
        for place, (_, _, _, most) in _PLACES.items()
    }
    mix = person.mix + 0.25 if person.mix < 0.4 else person.mix - 0.25
    return replace(person, subject=f"like-{person.subject}", mix=mix, changes=changes)


def face_of(person: Person, originals: Mapping[str, Uint8Array]) -> Uint8Array:
    """Return the (HEIGHT, WIDTH, 3) picture of a person."""
    head = originals[person.head].astype(np.float32)
    other = next(originals[name] for name in originals if name != person.head).astype(np.float32)
    mask = _face_mask()[..., None]
    inside = cv2.erode(_face_mask(), None)[..., None] > 0.5
    # The other face is brought to the colours of the head that it is put into.
    for channel in range(3):
        mine, theirs = head[..., channel][inside[..., 0]], other[..., channel][inside[..., 0]]
        scale = float(mine.std() / max(theirs.std(), 1.0))
        other[..., channel] = (other[..., channel] - theirs.mean()) * scale + mine.mean()
    share = person.mix * mask
    mixed = head * (1 - share) + other * share
    moved = _moved(mixed, person.changes)
    if person.mirrored:
        moved = moved[:, ::-1]
    return np.clip(moved * np.array(person.tone, np.float32), 0, 255).astype(np.uint8)


def photo_of(picture: Uint8Array, seed: int) -> Uint8Array:
    """Return one photo of a face: turned, cropped, lit, blurred and noisy, with the mark of an exercise."""
    rng = np.random.default_rng(seed)
    picture = _before_backdrop(picture, rng)
    turn, zoom = rng.uniform(-9, 9), rng.uniform(0.88, 1.12)
    matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), turn, zoom)
    matrix[:, 2] += rng.uniform(-18, 18, 2)
    made = cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT_101)
    made = cv2.GaussianBlur(made, (0, 0), rng.uniform(0.4, 1.6)).astype(np.float32)
    side = np.linspace(-1, 1, WIDTH, dtype=np.float32)[None, :, None] * rng.uniform(-0.22, 0.22)
    made = 255 * (np.clip(made, 0, 255) / 255) ** rng.uniform(0.75, 1.45) * (1 + side)
    made *= np.array(rng.uniform(0.93, 1.07, 3), np.float32)
    if rng.random() < 0.35:
        made = np.repeat(made.mean(axis=2, keepdims=True), 3, axis=2)
    made += rng.normal(0, rng.uniform(1, 6), made.shape).astype(np.float32)
    return _marked(np.clip(made, 0, 255).astype(np.uint8))


def _before_backdrop(picture: Uint8Array, rng: np.random.Generator) -> Uint8Array:
    """Put the head before another backdrop: photos that share one would be taken for copies of each other."""
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(mask, (240, 285), (150, 205), 0, 0, 360, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), 14)[..., None]
    blobs = cv2.GaussianBlur(
        rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), rng.uniform(12, 24)
    )
    blobs *= 30 / max(float(blobs.std()), 1e-6)
    colour = rng.uniform(95, 175, 3).astype(np.float32)
    backdrop = np.clip(colour + blobs[..., None], 0, 255)
    return np.asarray(picture * mask + backdrop * (1 - mask), np.uint8)


def _upright(name: str) -> Uint8Array:
    package, inside = PORTRAITS[name]
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise UsageError(
            f"the portraits of an exercise lie inside the package {package}, which is not installed",
            hint="install antigone[exercises]",
        )
    pixels = cv2.imread(str(Path(spec.origin).parent / inside), cv2.IMREAD_COLOR)
    if pixels is None:
        raise UsageError(f"the portrait inside the package {package} cannot be read")
    matrix, _ = cv2.estimateAffinePartial2D(np.array(LANDMARKS[name], np.float32), _PLACE)
    made = cv2.warpAffine(
        pixels, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(cv2.cvtColor(made, cv2.COLOR_BGR2RGB), np.uint8)


def _invent(subject: str, rng: np.random.Generator, number: int) -> Person:
    changes = {
        place: float(rng.choice([-1, 1]) * rng.uniform(0.5, 1) * most)
        for place, (_, _, _, most) in _PLACES.items()
    }
    tone = tuple(float(one) for one in rng.uniform(0.86, 1.1, 3))
    return Person(
        subject=subject,
        head=list(PORTRAITS)[number % 2],
        mix=float(rng.uniform(0.1, 0.75)),
        changes=changes,
        mirrored=number % 4 >= 2,
        tone=(tone[0], tone[1], tone[2]),
    )


def _face_mask() -> Float32Array:
    """Nose, mouth and chin: eyes, and the glasses before them, stay those of the head."""
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(mask, (240, 372), (78, 82), 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 16), np.float32)


def _moved(picture: NDArray[np.float32], changes: Mapping[str, float]) -> NDArray[np.float32]:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    dx, dy = np.zeros_like(x), np.zeros_like(y)
    for place, pixels in changes.items():
        points, reach, (along_x, along_y), _ = _PLACES[place]
        for px, py in points:
            share = np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * reach**2)) * np.float32(pixels)
            dx += share * along_x * np.sign(px - WIDTH / 2)
            dy += share * along_y
    moved = cv2.remap(picture, x - dx, y - dy, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved, np.float32)


def _marked(picture: Uint8Array) -> Uint8Array:
    """Write the mark into a band below the face, and faintly across all of the picture."""
    across = np.zeros_like(picture)
    for row in range(40, HEIGHT, 110):
        for column in range(-60 + (row * 7) % 120, WIDTH, 200):
            _write(across, (column, row), 0.8, (255, 255, 255), 2)
    across = cv2.warpAffine(
        across, cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 20, 1.15), (WIDTH, HEIGHT)
    )
    marked = np.clip(picture.astype(np.float32) + 0.14 * across.astype(np.float32), 0, 255).astype(np.uint8)
    marked[-44:] = (20, 20, 20)
    _write(marked, (12, HEIGHT - 14), 0.8, (255, 210, 60), 2)
    return np.asarray(marked, np.uint8)


def _write(picture: Uint8Array, at: tuple[int, int], size: float, colour: Sequence[int], thick: int) -> None:
    cv2.putText(picture, MARK, at, cv2.FONT_HERSHEY_SIMPLEX, size, tuple(colour), thick, cv2.LINE_AA)
