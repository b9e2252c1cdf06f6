"""Decide how a face is turned, where the first look leaves a doubt.

A detector reports upside-down faces with upright-looking landmarks and a good score, so nothing in one
look gives the turn away. What does is the embedder's own evidence: the length of the vector before it is
normalised. It is short for a face that was aligned wrongly and long for one that was aligned well. An
upright, clear face is therefore taken at once, at no cost. Any other is levelled and looked at again; if
no face of the photo is sure then, the photo's other three turns are looked at and, where that does not
settle it, all turns of the face's own surroundings. The alignment with the longest vector is kept.
Measured in docs/decisions/0004-orientation.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from antigone.faces.align import aligned, face_unit, points_of_eyes
from antigone.faces.detect import Detections, Detector
from antigone.faces.scan import COARSE_SIDE, coarse
from antigone.types import Box, Eyes, Float32Array, Uint8Array

CLEAR_SCORE = 0.88  # upright faces reach it, wrongly turned ones hardly ever
CLEAR_ROLL = 10.0  # degrees; beyond, the landmarks of a tilted face are too far off
TURN_THRESHOLD = 0.5  # detection score at which a turned look counts
NEW_FACE_SCORE = 0.75  # a face seen only in a turned look must be this plain
PLAIN_SCORE = 0.8  # a detection score that stands for a face whatever the embedder says
LEAST_LENGTH = 0.8  # of the clear length; below it and below PLAIN_SCORE it is taken for no face
POOR_LENGTH = 0.85  # of the clear length; above it a face of an upright photo is taken as it was seen
LARGE_FACE = 64.0  # pixels; in an upright photo smaller doubtful faces are taken as they were seen
LARGE_PHOTO = 2 * COARSE_SIDE  # pixels of the longest side from which the turns are always looked at
PATCH_SIDE = 160  # pixels of a look at the surroundings of a face
PATCH_REACH = 4.5  # side of the surroundings, in distances between the eyes
NEAR_BEST = 0.06  # alignments whose detection score is this far behind are not embedded
EMBEDDED_LOOKS = 3  # at most so many alignments of one face are embedded at a stage
EXAMINED_FACES = 8  # faces of one photo looked at in full; the others follow what these show
PLAINER = 0.02  # a turned look must be so much better to move a face of an upright photo
TURNED_BY = 45.0  # degrees from which a face counts as turned
BOX_THRESHOLD = 0.2  # detection score that counts inside a box that a person drew

# Where the landmarks lie in the box of an upright face, in parts of its sides.
USUAL_POINTS: Float32Array = np.array(
    [[0.30, 0.41], [0.70, 0.41], [0.50, 0.60], [0.34, 0.78], [0.66, 0.78]], np.float32
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How closely the surroundings of one face are looked at: nearly all cost of a doubt is here."""

    angles: tuple[float, ...]  # degrees at which they are looked at
    levelled: int  # so many of the best looks are levelled and looked at again


IN_FULL = Effort(angles=tuple(map(float, range(0, 360, 30))), levelled=2)
BRIEFLY = Effort(angles=(-30.0, 0.0, 30.0), levelled=1)

SIDES_OF_EYES: Float32Array = np.array([2.5, 3.125], np.float32)
"""Width and height of such a box, in distances between the eyes."""

Embed = Callable[[Sequence[Uint8Array]], Float32Array]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sighting:
    """One way to see one face: where its landmarks are and what the embedder makes of that."""

    box: Float32Array  # (4,) x, y, w, h
    landmarks: Float32Array  # (5, 2)
    score: float
    crop: Uint8Array  # (112, 112, 3), aligned by these landmarks
    vector: Float32Array  # (D,), not normalised

    @property
    def length(self) -> float:
        """How much the embedder finds in the aligned picture."""
        return float(np.linalg.norm(self.vector))

    @property
    def roll(self) -> float:
        """Degrees by which the eyes' line is turned clockwise, in [-180, 180)."""
        x, y = self.landmarks[1] - self.landmarks[0]
        return (float(np.degrees(np.arctan2(y, x))) + 180) % 360 - 180


def embedded(photo: Uint8Array, found: Detections, embed: Embed) -> list[Sighting]:
    """Align and embed what was found in one photo."""
    crops = [aligned(photo, points) for points in found.landmarks]
    return sightings(found, crops, embed(crops))


def sightings(found: Detections, crops: Sequence[Uint8Array], vectors: Float32Array) -> list[Sighting]:
    """Put together what was found, its aligned pictures and what the embedder made of them."""
    return [
        Sighting(box=box, landmarks=points, score=float(score), crop=crop, vector=vector)
        for box, points, score, crop, vector in zip(
            found.boxes, found.landmarks, found.scores, crops, vectors, strict=True
        )
    ]


class Orienter:
    """Finds the right alignment of doubtful faces. ``clear_length`` belongs to the embedder."""

    def __init__(self, detector: Detector, embed: Embed, clear_length: float | None) -> None:
        self._detector = detector
        self._embed = embed
        self._clear_length = clear_length

    def settle(self, photo: Uint8Array, first: Sequence[Sighting]) -> list[Sighting]:
        """Return the faces of ``photo``, given those of the first look, each in its best alignment.

        One sure face shows that the photo stands upright, so its turns are not looked at, unless it is
        so large that this costs little beside the rest; then a lying person among standing ones is found.
        """
        large = max(photo.shape[:2]) > LARGE_PHOTO
        if first and not large and all(map(self._clear, first)):
            return list(first)
        seen = self._looked_at_closer(photo, first)
        upright = any(self._sure(s) and abs(s.roll) <= TURNED_BY for s in seen)
        if large or not upright:
            seen = self._looked_at_in_turns(photo, seen, upright=upright)
        return self._one_a_face([s for s in seen if self._plausible(s)])

    def within(self, photo: Uint8Array, box: Box) -> Sighting:
        """The best alignment of the face that a person says lies in ``box``."""
        corner, sides = np.array([box.x, box.y], np.float32), np.array([box.w, box.h], np.float32)
        usual = Detections(
            np.concatenate([corner, sides])[None],
            (USUAL_POINTS * sides + corner)[None],
            np.zeros(1, np.float32),
        )
        looks = self._around(photo, usual.landmarks[0], IN_FULL.angles, threshold=BOX_THRESHOLD)
        level = self._levelled(photo, looks, threshold=BOX_THRESHOLD)
        seen = self._embedded(photo, Detections.joined([level, looks]), [])
        return max(seen or embedded(photo, usual, self._embed), key=self._evidence)

    def by_eyes(self, photo: Uint8Array, eyes: Eyes) -> Sighting:
        """The face whose eyes a person marked: aligned by these, whatever the detector would see there."""
        landmarks = points_of_eyes(eyes)
        across = float(np.linalg.norm(landmarks[1] - landmarks[0]))
        sides = across * SIDES_OF_EYES
        # The middle of the box lies below the eyes, on the line through the nose.
        middle = landmarks[:2].mean(axis=0) + (landmarks[3:].mean(axis=0) - landmarks[:2].mean(axis=0)) * 0.24
        marked = Detections(
            np.concatenate([middle - sides / 2, sides])[None].astype(np.float32),
            landmarks[None],
            np.zeros(1, np.float32),
        )
        return embedded(photo, marked, self._embed)[0]

    def _looked_at_closer(self, photo: Uint8Array, first: Sequence[Sighting]) -> list[Sighting]:
        """The same faces, the doubtful ones levelled and looked at again near the angle they showed."""
        upright = any(map(self._clear, first))
        seen, examined = [], 0
        for face in first:
            spared = upright and not self._worth_a_look(face)
            if self._clear(face) or spared or examined == EXAMINED_FACES:
                seen.append(face)
            else:
                seen.append(self._closer(photo, [face], BRIEFLY))
                examined += 1
        return seen

    def _worth_a_look(self, face: Sighting) -> bool:
        """Whether a doubtful face of an upright photo is large, and likely tilted rather than only poor."""
        large = float(face.box[2:].min()) >= LARGE_FACE
        poor = self._clear_length is None or face.length < POOR_LENGTH * self._clear_length
        return large and (poor or abs(face.roll) > CLEAR_ROLL)

    def _looked_at_in_turns(
        self, photo: Uint8Array, seen: Sequence[Sighting], *, upright: bool
    ) -> list[Sighting]:
        """The same faces, and those that only a turned look shows, each in the turn that fits it."""
        settled: list[Sighting] = []
        examined, found_turned = 0, False
        for face, turned in _grouped(seen, self._turned_looks(photo)):
            enough = examined >= EXAMINED_FACES and not found_turned
            if face is not None and (self._sure(face) or enough or (upright and not _plainer(turned, face))):
                settled.append(face)
                continue
            known = [] if face is None else [face]
            known += self._embedded(photo, turned, known)
            best = max(known, key=self._evidence)
            if not (self._sure(best) and abs(best.roll - _nearest_turn(best.roll)) <= CLEAR_ROLL):
                best = self._closer(photo, known, IN_FULL)
            found_turned = found_turned or abs(best.roll) > TURNED_BY
            examined += 1
            settled.append(best)
        return settled

    def _turned_looks(self, photo: Uint8Array) -> Detections:
        """Faces in the three other quarter turns of the photo, in coordinates of the photo."""
        height, width = photo.shape[:2]
        looks = []
        for turns in (1, 2, 3):
            view = np.ascontiguousarray(np.rot90(photo, turns))
            found = coarse(self._detector, [view], TURN_THRESHOLD)[0]
            looks.append(turned_back(found, turns, height=height, width=width))
        return Detections.joined(looks)

    def _closer(self, photo: Uint8Array, known: Sequence[Sighting], effort: Effort) -> Sighting:
        """The best alignment of one face, of those known and of looks at its surroundings."""
        around = max(known, key=lambda sighting: sighting.score)
        looks = self._around(photo, around.landmarks, effort.angles)
        looks = looks.take(np.argsort(-looks.scores, kind="stable")[: effort.levelled])
        closer = self._embedded(photo, self._levelled(photo, looks), known)
        return max([*known, *closer], key=self._evidence)

    def _sure(self, sighting: Sighting) -> bool:
        """Whether detector and embedder agree that this is a face and aligned as it should be."""
        return sighting.score >= CLEAR_SCORE and (
            self._clear_length is None or sighting.length >= self._clear_length
        )

    def _clear(self, sighting: Sighting) -> bool:
        """Whether a face can be taken as the first look at the photo showed it."""
        return self._sure(sighting) and abs(sighting.roll) <= CLEAR_ROLL

    def _one_a_face(self, sightings: Sequence[Sighting]) -> list[Sighting]:
        """Leave out what became a second sighting of the same face when its surroundings were seen."""
        kept: list[Sighting] = []
        for sighting in sorted(sightings, key=self._evidence, reverse=True):
            if not any(_same_face(sighting, other) for other in kept):
                kept.append(sighting)
        return kept

    def _plausible(self, sighting: Sighting) -> bool:
        """Whether detector or embedder stand up for this being a face at all."""
        return (
            sighting.score >= PLAIN_SCORE
            or self._clear_length is None
            or sighting.length >= LEAST_LENGTH * self._clear_length
        )

    def _evidence(self, sighting: Sighting) -> float:
        return sighting.score if self._clear_length is None else sighting.length

    def _embedded(self, photo: Uint8Array, looks: Detections, known: Sequence[Sighting]) -> list[Sighting]:
        """Embed the promising ones among ``looks`` that differ from each other and from those known."""
        if len(looks) == 0:
            return []
        floor = max([*(s.score for s in known), float(looks.scores.max())]) - NEAR_BEST
        chosen: list[int] = []
        for i in np.argsort(-looks.scores, kind="stable"):
            others = [s.landmarks for s in known] + [looks.landmarks[j] for j in chosen]
            if looks.scores[i] >= floor and not any(_same_points(looks.landmarks[i], o) for o in others):
                chosen.append(int(i))
        chosen = chosen[:EMBEDDED_LOOKS]
        if not chosen:
            return []
        return embedded(photo, looks.take(np.array(chosen)), self._embed)

    def _levelled(
        self, photo: Uint8Array, looks: Detections, *, threshold: float = TURN_THRESHOLD
    ) -> Detections:
        """Each of ``looks`` as found when it is turned back by the roll that it showed."""
        level = [
            self._around(photo, points, [float(roll)], threshold=threshold)
            for points, roll in zip(looks.landmarks, looks.rolls, strict=True)
        ]
        return Detections.joined(level)

    def _around(
        self,
        photo: Uint8Array,
        landmarks: Float32Array,
        angles: Sequence[float],
        *,
        threshold: float = TURN_THRESHOLD,
    ) -> Detections:
        """The face at ``landmarks`` as found when its surroundings are turned back by each angle."""
        middle = landmarks.mean(axis=0)
        scale = PATCH_SIDE / (PATCH_REACH * max(face_unit(landmarks), 1.0))
        matrices = [_turn(middle, angle, scale) for angle in angles]
        patches = [
            np.asarray(cv2.warpAffine(photo, m, (PATCH_SIDE, PATCH_SIDE), flags=cv2.INTER_LINEAR), np.uint8)
            for m in matrices
        ]
        results = []
        for matrix, found in zip(matrices, self._detector.detect(patches, threshold), strict=True):
            near = np.linalg.norm(found.centres - PATCH_SIDE / 2, axis=1) < 0.3 * PATCH_SIDE
            if near.any():
                best = found.take(near).take(np.array([np.argmax(found.scores[near])]))
                results.append(_out_of_patch(best, matrix, scale))
        return Detections.joined(results)


def _grouped(first: Sequence[Sighting], looks: Detections) -> list[tuple[Sighting | None, Detections]]:
    """Each face of the first look, then each new plain one, with what the turned looks show of it."""
    groups: list[tuple[Sighting | None, list[Detections]]] = [(seen, []) for seen in first]
    for i in np.argsort(-looks.scores, kind="stable"):
        look = looks.take(np.array([i]))
        for seen, others in groups:
            if _same_place(seen.box if seen is not None else others[0].boxes[0], look.boxes[0]):
                others.append(look)
                break
        else:
            if look.scores[0] >= NEW_FACE_SCORE:
                groups.append((None, [look]))
    return [(seen, Detections.joined(others)) for seen, others in groups]


def turned_back(found: Detections, turns: int, *, height: int, width: int) -> Detections:
    """Faces found in ``np.rot90(photo, turns)`` in coordinates of the photo of the given size."""
    x, y, w, h = found.boxes.T
    px, py = found.landmarks[..., 0], found.landmarks[..., 1]
    match turns % 4:
        case 0:
            return found
        case 1:
            boxes, points = (width - y - h, x, h, w), (width - py, px)
        case 2:
            boxes, points = (width - x - w, height - y - h, w, h), (width - px, height - py)
        case _:
            boxes, points = (y, height - x - w, h, w), (py, height - px)
    return Detections(np.stack(boxes, axis=1), np.stack(points, axis=-1), found.scores)


def _turn(middle: Float32Array, angle: float, scale: float) -> np.ndarray:
    """The (2, 3) matrix that turns a picture by ``angle`` to the left, ``middle`` going to the patch's."""
    matrix = np.asarray(cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), angle, scale))
    matrix[:, 2] += PATCH_SIDE / 2 - middle
    return matrix


def _out_of_patch(found: Detections, matrix: np.ndarray, scale: float) -> Detections:
    back = np.linalg.inv(matrix[:, :2]).T
    points = (found.landmarks - matrix[:, 2]) @ back
    centres = (found.centres - matrix[:, 2]) @ back
    sides = found.boxes[:, 2:] / scale
    boxes = np.concatenate([centres - sides / 2, sides], axis=1)
    return Detections(boxes.astype(np.float32), points.astype(np.float32), found.scores)


def _same_place(a: Float32Array, b: Float32Array) -> bool:
    """Whether two boxes, perhaps of different turns, speak of one face."""
    apart = float(np.linalg.norm((a[:2] + a[2:] / 2) - (b[:2] + b[2:] / 2)))
    large, small = max(a[2:].max(), b[2:].max()), min(a[2:].max(), b[2:].max())
    return apart < 0.6 * float(large) and float(large) < 3 * float(small)


def _same_face(a: Sighting, b: Sighting) -> bool:
    """Whether two sightings have their landmarks on the same spot."""
    apart = np.linalg.norm(a.landmarks.mean(axis=0) - b.landmarks.mean(axis=0))
    return float(apart) < 0.5 * max(face_unit(a.landmarks), face_unit(b.landmarks))


def _same_points(a: Float32Array, b: Float32Array) -> bool:
    """Whether two sets of landmarks would give about the same aligned picture."""
    return float(np.abs(a - b).max()) < 0.04 * face_unit(a)


def _nearest_turn(roll: float) -> float:
    """The multiple of 90 degrees nearest to ``roll``."""
    return 90.0 * round(roll / 90)


def _plainer(turned: Detections, face: Sighting) -> bool:
    """Whether a turned look shows the face more plainly to the detector."""
    return len(turned) > 0 and float(turned.scores.max()) > face.score + PLAINER
