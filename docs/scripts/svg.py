"""A few shapes of SVG, for the pictures of the site."""

from html import escape

BLUE, ORANGE, GREEN, GREY = "#3f51b5", "#e07b00", "#2e7d32", "#777777"
DARK, PALE = "#222222", "#e8eaf6"


class Picture:
    """A picture on a white card, which is readable on light and dark pages.

    width (int): Width in pixels.
    height (int): Height in pixels.
    title (str): What a screen reader says.
    """

    def __init__(self, width, height, title):
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" '
            'font-family="Helvetica, Arial, sans-serif" font-size="14">',
            f"<title>{escape(title)}</title>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto-start-reverse">'
            '<path d="M0 0 8 4 0 8z" fill="context-stroke"/></marker></defs>',
            f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>',
        ]

    def box(self, x, y, width, height, text="", fill=PALE, stroke=BLUE, color=DARK):
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="{fill}" '
            f'stroke="{stroke}"/>'
        )
        if text:
            self.text(x + width / 2, y + height / 2 + 5, text, "middle", color)

    def text(self, x, y, text, anchor="start", color=DARK, size=14, turn=0):
        turned = f' transform="rotate({turn} {x:g} {y:g})"' if turn else ""
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{color}" '
            f'font-size="{size}"{turned}>{escape(text)}</text>'
        )

    def line(self, points, color=GREY, width=1.5, tip=False, dashes=""):
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        extra = ' marker-end="url(#tip)"' if tip else ""
        extra += f' stroke-dasharray="{dashes}"' if dashes else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{color}" '
            f'stroke-width="{width}"{extra}/>'
        )

    def dot(self, x, y, color):
        self.parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="3.5" fill="{color}"/>')

    def __str__(self):
        return "\n".join([*self.parts, "</svg>\n"])
