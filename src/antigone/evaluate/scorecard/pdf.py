"""A scorecard as PDF, with the same packaged letters on every machine."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from xml.sax.saxutils import escape

from antigone.evaluate.scorecard.content import FacePair, Plot, Scorecard, Section, Table
from antigone.evaluate.scorecard.html import FACE_SIDE, jpeg
from antigone.identify.sheet.fonts import drawable

REGULAR, BOLD = "NotoSans", "NotoSans-Bold"
SOFT, RULE, NOTICE_GROUND = "#5b5b64", "#dcdcd8", "#fff7db"
MARGIN = 51  # points, 18 mm
PADDING = 6  # points that the page template keeps free within the margins
WIDTH = 595 - 2 * (MARGIN + PADDING)  # of what stands on an A4 page
FACES_IN_A_ROW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a piece of text is set; sizes and distances in points."""

    size: float = 9
    bold: bool = False
    soft: bool = False
    before: float = 0
    after: float = 4
    right: bool = False
    heading: bool = False  # stays on the page of what follows


TITLE = Look(size=20, bold=True, after=8)
HEADING = Look(size=13, bold=True, before=14, after=5, heading=True)
CAPTION = Look(size=9.5, bold=True, before=8, after=3, heading=True)
LONG_CAPTION = Look(size=9.5, bold=True, before=8, after=3)  # its table begins here and goes on overleaf
LONG = 12  # rows
PLOT_TITLE = Look(size=9.5, bold=True, after=2)
TEXT = Look(after=6)
POINT = Look(after=2)
LABEL = Look(size=7.5, soft=True, after=0)
VALUE = Look(bold=True)
SAYS = Look(size=7.5, soft=True, after=6)
SMALL = Look(size=7, after=1)
NAME = Look(size=6.5, soft=True, after=0)


def render(card: Scorecard) -> bytes:
    """Return the document."""
    from reportlab.platypus import SimpleDocTemplate, Spacer

    _register_fonts()
    stream = io.BytesIO()
    document = SimpleDocTemplate(
        stream,
        pagesize=(595, 842),
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=drawable(card.title),
        author="Antigone",
        invariant=1,
    )

    def foot(canvas: object, page: object) -> None:
        canvas.saveState()  # type: ignore[attr-defined]
        canvas.setFont(REGULAR, 7.5)  # type: ignore[attr-defined]
        canvas.setFillColor(SOFT)  # type: ignore[attr-defined]
        canvas.drawString(MARGIN + PADDING, 28, drawable(card.title))  # type: ignore[attr-defined]
        canvas.drawRightString(595 - MARGIN - PADDING, 28, f"page {page.page}")  # type: ignore[attr-defined]
        canvas.restoreState()  # type: ignore[attr-defined]

    story: list[object] = [
        _paragraph(card.title, TITLE),
        _facts(card),
        Spacer(1, 8),
        _notice(card.notice),
    ]
    for section in card.sections:
        story += _section(section)
    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return stream.getvalue()


@cache
def _register_fonts() -> None:
    from fontTools.ttLib import TTFont as FontFile
    from fontTools.varLib.instancer import instantiateVariableFont
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    source = (files("fontpkg_noto_sans") / "files" / "NotoSans[wdth,wght].ttf").read_bytes()
    for name, weight in ((REGULAR, 400), (BOLD, 650)):
        face = FontFile(io.BytesIO(source))
        for unused in ("GPOS", "GSUB", "GDEF", "STAT"):  # PDF text is set without them, and they take seconds
            del face[unused]
        fixed = instantiateVariableFont(face, {"wght": weight, "wdth": 100})
        for record in fixed["name"].names:  # readers take fonts of one name for one font
            record.string = name
        stream = io.BytesIO()
        fixed.save(stream)
        stream.seek(0)
        pdfmetrics.registerFont(TTFont(name, stream))


def _paragraph(text: str, look: Look) -> object:
    from reportlab.lib.enums import TA_LEFT, TA_RIGHT
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    style = ParagraphStyle(
        "text",
        fontName=BOLD if look.bold else REGULAR,
        fontSize=look.size,
        leading=look.size * 1.38,
        spaceBefore=look.before,
        spaceAfter=look.after,
        textColor=SOFT if look.soft else "#18181b",
        keepWithNext=look.heading,
        alignment=TA_RIGHT if look.right else TA_LEFT,
        splitLongWords=True,
    )
    return Paragraph(escape(drawable(text)), style)


def _facts(card: Scorecard) -> object:
    from reportlab.platypus import Table as Grid

    cells = [[_paragraph(label, LABEL), _paragraph(value, VALUE)] for label, value in card.facts]
    rows = [cells[start : start + 4] for start in range(0, len(cells), 4)]
    for row in rows:
        row += [[] for _ in range(4 - len(row))]
    return Grid(
        rows,
        colWidths=[WIDTH / 4] * 4,
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)],
    )


def _notice(text: str) -> object:
    from reportlab.platypus import Table as Grid

    return Grid(
        [[_paragraph(text, Look(after=0))]],
        colWidths=[WIDTH],
        style=[
            ("BACKGROUND", (0, 0), (-1, -1), NOTICE_GROUND),
            ("LINEBEFORE", (0, 0), (0, -1), 3, "#d9a406"),
            ("LEFTPADDING", (0, 0), (-1, -1), 10),
            ("TOPPADDING", (0, 0), (-1, -1), 6),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
        ],
    )


def _section(section: Section) -> list[object]:
    from reportlab.platypus import CondPageBreak, ListFlowable, ListItem

    needed = 260 if section.plots and not section.text else 110  # a title is not left alone at a page's end
    story = [CondPageBreak(needed), _paragraph(section.title, HEADING)]
    story += [_paragraph(text, TEXT) for text in section.text]
    if section.points:
        items = [ListItem(_paragraph(point, POINT)) for point in section.points]
        story.append(
            ListFlowable(
                items, bulletType="bullet", start="•", bulletFontName=REGULAR, bulletFontSize=8, leftIndent=12
            )
        )
    for table in section.tables:
        story += _table(table)
    story += _plots(section.plots)
    story += _faces(section.faces)
    return story


def _table(table: Table) -> list[object]:
    from reportlab.platypus import CondPageBreak
    from reportlab.platypus import Table as Grid

    size = 8 if len(table.columns) <= 5 else 7
    if table.shares:
        widths = [WIDTH * share / sum(table.shares) for share in table.shares]
    else:
        first = 0.5 if len(table.columns) == 2 else 0.22
        widths = [WIDTH * first] + [WIDTH * (1 - first) / (len(table.columns) - 1)] * (len(table.columns) - 1)

    def cells(texts: tuple[str, ...], *, soft: bool) -> list[object]:
        return [
            _paragraph(text, Look(size=size, soft=soft, right=place > 0 and not table.words, after=0))
            for place, text in enumerate(texts)
        ]

    rows = [cells(table.columns, soft=True), *(cells(row, soft=False) for row in table.rows)]
    grid = Grid(
        rows,
        colWidths=widths,
        repeatRows=1,
        hAlign="LEFT",
        style=[
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, RULE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ],
    )
    if len(table.rows) > LONG:
        return [CondPageBreak(90), _paragraph(table.title, LONG_CAPTION), grid]
    return [_paragraph(table.title, CAPTION), grid]


def _plots(plots: tuple[Plot, ...]) -> list[object]:
    from reportlab.platypus import Image, KeepTogether
    from reportlab.platypus import Table as Grid

    if not plots:
        return []
    width = WIDTH / 2 - 8
    cells = [
        [
            _paragraph(plot.title, PLOT_TITLE),
            Image(io.BytesIO(plot.png), width=width, height=width * 4.2 / 6.4),
            _paragraph(plot.says, SAYS),
        ]
        for plot in plots
    ]
    return [
        KeepTogether(
            Grid(
                [[*cells[start : start + 2], *([[]] * (2 - len(cells[start : start + 2])))]],
                colWidths=[WIDTH / 2] * 2,
                style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)],
            )
        )
        for start in range(0, len(cells), 2)
    ]


def _faces(faces: tuple[FacePair, ...]) -> list[object]:
    from reportlab.platypus import Image
    from reportlab.platypus import Table as Grid

    side = WIDTH / FACES_IN_A_ROW / 2 - 7

    def shown(pair: FacePair) -> list[object]:
        two = [
            Image(io.BytesIO(jpeg(face, FACE_SIDE)), width=side, height=side)
            if face is not None
            else _paragraph("the photo cannot be shown", NAME)
            for face, name in zip(pair.faces, pair.names, strict=True)
            if face is not None or name
        ]
        return [
            Grid(
                [two],
                colWidths=[side + 3] * len(two),
                hAlign="LEFT",
                style=[("LEFTPADDING", (0, 0), (-1, -1), 0)],
            ),
            _paragraph(pair.heading, SMALL),
            *(_paragraph(name, NAME) for name in pair.names if name),
        ]

    return [
        Grid(
            [[*map(shown, row), *([[]] * (FACES_IN_A_ROW - len(row)))]],
            colWidths=[WIDTH / FACES_IN_A_ROW] * FACES_IN_A_ROW,
            style=[
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 10),
            ],
        )
        for row in (faces[start : start + FACES_IN_A_ROW] for start in range(0, len(faces), FACES_IN_A_ROW))
    ]
