"""The features that examiners compare, component by component.

The components follow the facial feature list that FISWG publishes and ASTM E3149 standardises; the words
are our own.
"""

from __future__ import annotations

FEATURES: dict[str, str] = {
    "skin": "overall tone and texture of the skin, as far as the light allows to tell",
    "outline": "shape of the face and head",
    "hairline": "course of the hairline, baldness",
    "forehead": "height, slope and lines of the forehead",
    "eyebrows": "shape, thickness, gap between them",
    "eyes": "shape of the openings, lids and folds, distance between them, colour where visible",
    "cheeks": "cheekbones and fullness",
    "nose": "root, bridge, tip, wings and nostrils",
    "ears": "lobes, helix, angle to the head",
    "mouth": "lips, corners, fissure, teeth where visible",
    "chin": "shape of chin and jaw line, cleft",
    "neck": "visible structures of the neck",
    "facial-hair": "where it grows, and its shape",
    "lines": "wrinkles and creases that last",
    "marks": "scars, moles, freckles and other marks",
    "alterations": "piercings, tattoos, surgery, injuries",
}
"""Name of a feature and what is looked at; the names are those of decisions."""

OBSERVATIONS = ("similar", "different", "not-comparable")
"""What can be observed of a feature. A difference that time, light or injury do not explain weighs most."""
