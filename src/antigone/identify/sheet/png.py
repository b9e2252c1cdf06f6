"""A sheet as one PNG picture: first everything is measured and placed, then it is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from PIL import Image, ImageDraw

from antigone.identify.sheet.content import Card, Sheet
from antigone.identify.sheet.fonts import Letters, drawable, wrapped
from antigone.identify.sheet.pictures import Picture

Colour: TypeAlias = tuple[int, int, int]

WIDTH = 1_640
MARGIN = 48
FULL = WIDTH - 2 * MARGIN
GAP = 20
PAD = 14  # inside a card
COLUMNS = 5  # the probe takes the first one where it stands beside its candidates
CARD = (FULL - GAP * (COLUMNS - 1)) // COLUMNS
TITLE = 62  # heights
FACTS = 60
SECTION = 44
NOTICE_LINE = 27
LINE = 22
HEADING = 48
MOST_SOURCE_LINES = 4
MOST_TITLE_LINES = 2

PAPER: Colour = (247, 247, 245)
WHITE: Colour = (255, 255, 255)
INK: Colour = (24, 24, 27)
SOFT: Colour = (98, 98, 107)
RULE: Colour = (222, 222, 219)
BLANK: Colour = (236, 236, 234)
NOTICE_GROUND: Colour = (255, 247, 219)
NOTICE_EDGE: Colour = (217, 164, 6)


@dataclass(frozen=True, slots=True)
class _Style:
    """How a line of text looks."""

    letters: Letters
    colour: Colour = INK

    def fit(self, text: str, width: int, most: int) -> list[str]:
        """Break text of any origin into lines that can be drawn."""
        return wrapped(drawable(text), self.letters, width, most)


BIG = _Style(Letters(34, 700))
STRONG = _Style(Letters(18, 600))
PLAIN = _Style(Letters(18))
LABEL = _Style(Letters(14), SOFT)
SECTION_TITLE = _Style(Letters(20, 600))
NUMBER = _Style(Letters(18, 700), WHITE)
SCORE = _Style(Letters(25, 700))
FACT = _Style(Letters(15))
PAGE_TITLE = _Style(Letters(15, 600))
SOURCE = _Style(Letters(14), SOFT)
MISSING = _Style(Letters(16), SOFT)


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """A card with its lines broken, so that its height is known."""

    card: Card
    lines: tuple[tuple[str, _Style], ...]

    @property
    def height(self) -> int:
        return CARD + HEADING + LINE * len(self.lines) + PAD


@dataclass(frozen=True, slots=True, eq=False)
class _Head:
    """The facts in rows of (label, value, x), and the notice in lines."""

    facts: tuple[tuple[tuple[str, str, int], ...], ...]
    notice: tuple[str, ...]

    @property
    def notice_height(self) -> int:
        return len(self.notice) * NOTICE_LINE + 24

    @property
    def height(self) -> int:
        return TITLE + FACTS * len(self.facts) + self.notice_height + 44


def render(sheet: Sheet) -> Image.Image:
    """Draw the whole sheet; the page grows as long as its content."""
    head = _head(sheet)
    cards = [_block(card) for card in sheet.cards]
    top = MARGIN + head.height
    if sheet.subjects_above:
        photos = [_photo(card) for card in sheet.subjects]
        grid_top = top + SECTION + sum(photo.height + LINE + GAP for photo in photos)
        page = _Page(grid_top + SECTION + _grid_height(cards, COLUMNS) + MARGIN)
        page.section(sheet.subjects_title, MARGIN, top)
        y = top + SECTION
        for card, photo in zip(sheet.subjects, photos, strict=True):
            page.photo(card, photo, y)
            y += photo.height + LINE + GAP
        page.section(sheet.cards_title, MARGIN, grid_top)
        page.grid(cards, MARGIN, grid_top + SECTION, COLUMNS)
    else:
        probes = [_block(card) for card in sheet.subjects]
        longest = max(_grid_height(probes, 1), _grid_height(cards, COLUMNS - 1))
        page = _Page(top + SECTION + longest + MARGIN)
        page.section(sheet.subjects_title, MARGIN, top)
        page.grid(probes, MARGIN, top + SECTION, 1)
        page.section(sheet.cards_title, MARGIN + CARD + GAP, top)
        page.grid(cards, MARGIN + CARD + GAP, top + SECTION, COLUMNS - 1)
    page.head(sheet.title, head)
    return page.image


def _head(sheet: Sheet) -> _Head:
    rows: list[list[tuple[str, str, int]]] = [[]]
    x = 0
    for label, value in sheet.facts:
        text = STRONG.fit(value, FULL, 1)[0] if value else ""
        wide = int(max(STRONG.letters.width(text), LABEL.letters.width(label)))
        if x and x + wide > FULL:
            rows.append([])
            x = 0
        rows[-1].append((label, text, x))
        x += wide + 44
    return _Head(tuple(map(tuple, rows)), tuple(PLAIN.fit(sheet.notice, FULL - 48, 6)))


def _block(card: Card) -> _Block:
    room = CARD - 2 * PAD
    facts = [*card.facts, card.copies_said] if card.copies_said else card.facts
    lines = [(line.rstrip(" ·"), FACT) for line in FACT.fit(" · ".join(facts), room, 2)]
    lines += [(line, PAGE_TITLE) for line in PAGE_TITLE.fit(card.page_title, room, MOST_TITLE_LINES)]
    lines += [(line, SOURCE) for line in SOURCE.fit(card.page_url, room, MOST_TITLE_LINES)]
    lines += [(line, SOURCE) for line in SOURCE.fit(card.source, room, MOST_SOURCE_LINES)]
    return _Block(card, tuple(lines))


def _photo(card: Card) -> Image.Image:
    photo = card.picture.face or Image.new("RGB", (FULL, FULL // 3), BLANK)
    scale = min(FULL / photo.width, 1.0)
    return photo.resize((round(photo.width * scale), max(round(photo.height * scale), 1)))


def _rows(blocks: Sequence[_Block], columns: int) -> Iterator[tuple[Sequence[_Block], int]]:
    """Yield each row of cards and its height."""
    for start in range(0, len(blocks), columns):
        row = blocks[start : start + columns]
        yield row, max(block.height for block in row)


def _grid_height(blocks: Sequence[_Block], columns: int) -> int:
    return sum(height + GAP for _, height in _rows(blocks, columns)) - GAP


class _Page:
    """The picture under the pen."""

    def __init__(self, height: int) -> None:
        self.image = Image.new("RGB", (WIDTH, height), PAPER)
        self.pen = ImageDraw.Draw(self.image)

    def head(self, title: str, head: _Head) -> None:
        """Draw title, facts and notice."""
        self.write(title, (MARGIN, MARGIN - 10), BIG)
        y = MARGIN + TITLE
        for row in head.facts:
            for label, value, x in row:
                self.write(label, (MARGIN + x, y), LABEL)
                self.write(value, (MARGIN + x, y + 19), STRONG)
            y += FACTS
        bottom = y + head.notice_height
        self.pen.rounded_rectangle((MARGIN, y, MARGIN + FULL, bottom), 8, fill=NOTICE_GROUND)
        self.pen.rounded_rectangle((MARGIN, y, MARGIN + 6, bottom), 3, fill=NOTICE_EDGE)
        for number, line in enumerate(head.notice):
            self.write(line, (MARGIN + 24, y + 12 + number * NOTICE_LINE), PLAIN)

    def section(self, title: str, x: int, y: int) -> None:
        """Draw the title of a section."""
        self.write(title, (x, y), SECTION_TITLE)

    def grid(self, blocks: Sequence[_Block], x: int, y: int, columns: int) -> None:
        """Draw cards in rows of equal height."""
        for row, height in _rows(blocks, columns):
            for place, block in enumerate(row):
                self.card(block, x + place * (CARD + GAP), y, height)
            y += height + GAP

    def card(self, block: _Block, x: int, y: int, height: int) -> None:
        """Draw one face with its texts in a frame."""
        self.pen.rounded_rectangle((x, y, x + CARD, y + height), 10, fill=WHITE, outline=RULE)
        self.picture(block.card.picture, x + 1, y + 1)
        y += CARD + 10
        heading = drawable(block.card.heading)
        letters = NUMBER.letters.width(heading)
        wide = max(int(letters) + 20, 36)
        self.image.paste(INK, (x + PAD, y), _rounded(wide, 30, 30, 15))
        self.write(heading, (x + PAD + round((wide - letters) / 2), y + 3), NUMBER)
        if block.card.score is not None:
            score = f"{block.card.score:.3f}"
            right = x + CARD - PAD - round(SCORE.letters.width(score))
            self.write(score, (right, y - 3), SCORE)
            self.write("score", (right - round(LABEL.letters.width("score")) - 8, y + 8), LABEL)
        y += HEADING - 10
        for text, style in block.lines:
            self.write(text, (x + PAD, y), style)
            y += LINE

    def photo(self, card: Card, photo: Image.Image, y: int) -> None:
        """Draw a whole photo with its name below."""
        self.image.paste(photo, (MARGIN, y))
        line = SOURCE.fit(f"{card.heading} · {' · '.join(card.facts)} · {card.source}", FULL, 1)[0]
        self.write(line, (MARGIN, y + photo.height + 6), SOURCE)

    def picture(self, picture: Picture, x: int, y: int) -> None:
        """Draw a square picture of a face, or say why there is none."""
        side = CARD - 1
        if picture.face is None:
            self.image.paste(BLANK, (x, y), _rounded(side, side, side + 20, 9))
            lines = MISSING.fit(picture.missing, side - 56, 5)
            top = y + (side - len(lines) * 24) // 2
            for number, line in enumerate(lines):
                shift = (side - round(MISSING.letters.width(line))) // 2
                self.write(line, (x + shift, top + number * 24), MISSING)
            return
        face = picture.face.resize((side, side), Image.Resampling.LANCZOS)
        self.image.paste(face, (x, y), _rounded(side, side, side + 20, 9))
        if picture.whole is not None:
            scale = side * 0.32 / max(picture.whole.size)
            size = (max(round(picture.whole.width * scale), 1), max(round(picture.whole.height * scale), 1))
            left, top = x + side - size[0] - 8, y + side - size[1] - 8
            self.pen.rectangle((left - 2, top - 2, left + size[0] + 1, top + size[1] + 1), fill=WHITE)
            self.image.paste(picture.whole.resize(size, Image.Resampling.LANCZOS), (left, top))

    def write(self, text: str, at: tuple[int, int], style: _Style) -> None:
        """Write one line with its upper left corner there."""
        if text:
            self.image.paste(style.colour, at, style.letters.picture(text))


def _rounded(width: int, height: int, shape_height: int, radius: int) -> Image.Image:
    """Return a smooth mask of a rounded shape; what is higher than ``height`` is cut off."""
    fine = 4
    mask = Image.new("L", (width * fine, height * fine), 0)
    corners = (0, 0, width * fine - 1, shape_height * fine - 1)
    ImageDraw.Draw(mask).rounded_rectangle(corners, radius * fine, fill=255)
    return mask.reduce(fine)
