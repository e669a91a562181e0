"""How words are set for reading: a face with serifs, room between the lines, verse as verse.

Nothing here is a widget; a `QTextDocument` may be made and drawn by any one thread.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QPainter,
    QPalette,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
)

from studio.app import theme
from studio.app.texts import Shape

# Faces made for reading, by what the systems have; then the same for Chinese.
LATIN = (
    "Source Serif 4",
    "Charter",
    "Iowan Old Style",
    "Georgia",
    "Cambria",
    "Noto Serif",
    "Liberation Serif",
    "DejaVu Serif",
)
CHINESE = ("Songti SC", "Noto Serif CJK SC", "Source Han Serif SC", "SimSun", "AR PL UMing CN")
MEASURE = 62  # characters in a line at most; Bringhurst, "The Elements of Typographic Style", 2.1.2
_MEASURE_CHINESE = 36
SIZES = (22, 19, 17, 15)  # canvas units; the largest at which a short text fits its card
_LEADING = {False: 148, True: 172}  # percent, by whether it is Chinese
_HANGING = 1.5  # ems by which a line of verse that is too long goes on further in


def reading_font(shape: Shape, pixels: float) -> QFont:
    """The face for reading, so many pixels high."""
    font = QFont(theme.title_font())
    first, then = (CHINESE, LATIN) if shape.chinese else (LATIN, CHINESE)
    font.setFamilies([*first, *then, *theme.FALLBACK, "serif"])
    font.setStyleHint(QFont.StyleHint.Serif)
    font.setWeight(QFont.Weight.Normal)
    font.setPixelSize(round(pixels))
    font.unsetFeature(QFont.Tag("tnum"))  # figures in a sentence are no column
    if shape.chinese:
        font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 106)
    return font


def measure(shape: Shape, pixels: float) -> int:
    """The widest a line should be for the eye to find the next one, in pixels."""
    if shape.chinese:
        return round(_MEASURE_CHINESE * pixels * 1.06)
    return round(MEASURE * pixels * 0.52)


def block_format(shape: Shape, pixels: float) -> QTextBlockFormat:
    """How every paragraph, or line of verse, is set."""
    made = QTextBlockFormat()
    leading = _LEADING[shape.chinese]
    made.setLineHeight(leading, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    if shape.verse and shape.chinese:
        made.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    elif shape.verse:
        made.setLeftMargin(_HANGING * pixels)
        made.setTextIndent(-_HANGING * pixels)
    else:
        made.setBottomMargin(0.35 * pixels)
    return made


def dress(document: QTextDocument, shape: Shape, pixels: float) -> None:
    """Set everything in a document that way. It is no step that could be undone."""
    undo = document.isUndoRedoEnabled()
    if undo:
        document.setUndoRedoEnabled(False)  # which forgets what was done: only for whole texts
    document.setDefaultFont(reading_font(shape, pixels))
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    cursor.setBlockFormat(block_format(shape, pixels))
    if undo:
        document.setUndoRedoEnabled(True)


def set_text(text: str, shape: Shape, width: float, pixels: float) -> QTextDocument:
    """Set a text in a column of a width."""
    document = QTextDocument()
    document.setUndoRedoEnabled(False)
    document.setDocumentMargin(0)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    document.setDefaultTextOption(option)
    document.setPlainText(text)
    dress(document, shape, pixels)
    document.setTextWidth(width)
    return document


def room_for(width: float, height: float, pixels: float) -> int:
    """More characters than fit into a place, but not many more: narrow ones, on full lines."""
    return round(width / (0.3 * pixels)) * round(height / (1.2 * pixels))


def set_on_card(
    text: str, shape: Shape, width: float, height: float, sizes: tuple[int, ...] = SIZES
) -> QTextDocument:
    """Set a text for a card: as large as it fits whole, or else at the last of the sizes."""
    length = len(text)
    likely = [each for each in sizes if length <= room_for(width, height, each)]
    for pixels in likely or sizes[-1:]:
        document = set_text(text.strip("\n"), shape, width, pixels)
        if document.size().height() <= height:
            break
    return document


def draw(painter: QPainter, document: QTextDocument, place: QRectF, colour: QColor) -> None:
    """Draw a document into a place; what does not fit is not drawn."""
    painter.save()
    painter.setClipRect(place, Qt.ClipOperation.IntersectClip)
    painter.translate(place.topLeft())
    context = QAbstractTextDocumentLayout.PaintContext()
    context.palette.setColor(QPalette.ColorRole.Text, colour)
    context.clip = QRectF(0, 0, place.width(), place.height())
    document.documentLayout().draw(painter, context)
    painter.restore()
