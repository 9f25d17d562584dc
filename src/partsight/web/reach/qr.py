"""A link as QR code, for the terminal and for a page."""

import io

import segno

_BORDER = 2


def qr_text(link: str) -> str:
    """Return a QR code for a terminal, two rows of modules a line."""
    stream = io.StringIO()
    segno.make(link, micro=False, error="m").terminal(out=stream, border=_BORDER, compact=True)
    return stream.getvalue()


def qr_svg(link: str) -> bytes:
    """Return a QR code as SVG, dark on white whatever the page's colors."""
    stream = io.BytesIO()
    code = segno.make(link, micro=False, error="m")
    code.save(stream, kind="svg", border=_BORDER, scale=4, dark="#000", light="#fff", omitsize=True, xmldecl=False)
    return stream.getvalue()
