"""A scorecard as one HTML file that needs nothing else: no script, no request, every picture inside."""

from __future__ import annotations

import base64
import io

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from antigone.evaluate.scorecard.content import Scorecard

FACE_SIDE = 240  # pixels of a shown face


def render(card: Scorecard) -> str:
    """Return the page as text."""
    environment = Environment(
        loader=PackageLoader("antigone.evaluate.scorecard", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["png_uri"] = lambda png: f"data:image/png;base64,{base64.b64encode(png).decode()}"
    environment.filters["jpeg_uri"] = lambda image: (
        f"data:image/jpeg;base64,{base64.b64encode(jpeg(image, FACE_SIDE)).decode()}"
    )
    return environment.get_template("scorecard.html.j2").render(card=card)


def jpeg(image: Image.Image, side: int) -> bytes:
    """Return a picture as JPEG, no larger than ``side``."""
    shown = image.copy()
    shown.thumbnail((side, side), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    shown.save(stream, "JPEG", quality=85, optimize=True)
    return stream.getvalue()
