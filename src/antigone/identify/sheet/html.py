"""A sheet as one HTML file that needs nothing else: no script, no request, every picture inside."""

from __future__ import annotations

import base64
import io

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from antigone.identify.sheet.content import Sheet
from antigone.identify.sheet.fonts import BREAKS


def render(sheet: Sheet) -> str:
    """Return the page as text."""
    return environment("antigone.identify.sheet").get_template("sheet.html.j2").render(sheet=sheet)


def environment(package: str) -> Environment:
    """Return what renders the templates of a package as pages that need nothing else."""
    made = Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["data_uri"] = _data_uri
    made.filters["breakable"] = _breakable
    return made


def _data_uri(image: Image.Image) -> str:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=85, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _breakable(text: str) -> Markup:
    """Let a long path go on in the next line after a separator."""
    return Markup("<wbr>").join(BREAKS.split(text))
