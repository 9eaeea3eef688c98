"""A bar chart of some figures as SVG: one panel per figure, each with its own scale."""
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .figure import Better
from .libraries import FRESHET, Library
from .results import Results
from .table import number


@dataclass(frozen=True)
class Panel:
    key: str
    title: str


PANELS = [
    Panel("plain-10x100-cpu", "CPU µs of a unary call at the server"),
    Panel("client-64-cpu", "CPU µs of a unary call at the client"),
    Panel("sstream-16-rate", "messages of 16 B per second, server to client"),
    Panel("cstream-16-rate", "messages of 16 B per second, client to server"),
    Panel("sstream-65536-rate", "GB/s in messages of 64 KiB, server to client"),
    Panel("bidi-p50", "µs of a ping-pong turn, median"),
]
_COLUMNS, _PANEL_WIDTH, _BAR, _GAP, _LABEL, _VALUE = 2, 440, 18, 6, 100, 60
_HEAD, _MARGIN = 44, 16

# Readable on white and on GitHub's dark grey.
_STYLE = """
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-weight: 600 }
  .note { font-size: 11px; fill: #59636e }
  .own { fill: #e8590c }
  .peer { fill: #8c959f }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .note { fill: #9198a1 }
    .own { fill: #ff922b }
    .peer { fill: #656c76 }
  }
"""


def chart(results: Results) -> str:
    panels = [panel for panel in PANELS if results.of(panel.key, FRESHET.name)]
    height_each = _HEAD + len(results.libraries) * (_BAR + _GAP) + _MARGIN
    rows = (len(panels) + _COLUMNS - 1) // _COLUMNS
    width, height = _COLUMNS * _PANEL_WIDTH, rows * height_each
    drawn = "\n".join(
        f'<g transform="translate({index % _COLUMNS * _PANEL_WIDTH}, {index // _COLUMNS * height_each})">\n'
        f"{_panel(panel, results)}\n</g>"
        for index, panel in enumerate(panels))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="Freshet beside its peers">\n<style>{_STYLE}</style>\n{drawn}\n</svg>\n')


def _panel(panel: Panel, results: Results) -> str:
    better = next(figure.better for figure in results.figures if figure.key == panel.key)
    present = [(library, value) for library in results.libraries
               if (value := results.median(panel.key, library.name)) is not None]
    most = max(value for _, value in present)
    note = "shorter is better" if better is Better.LOWER else "longer is better"
    lines = [f'<text class="title" x="{_MARGIN}" y="18">{escape(panel.title)}</text>',
             f'<text class="note" x="{_MARGIN}" y="33">{note}</text>']
    for index, (library, value) in enumerate(present):
        lines += _bar(library, value, value / most, _HEAD + index * (_BAR + _GAP))
    return "\n".join(lines)


def _bar(library: Library, value: float, share: float, top: int) -> list[str]:
    left = _MARGIN + _LABEL
    width = max(2.0, share * (_PANEL_WIDTH - left - _VALUE - _MARGIN))
    middle = top + _BAR - 5
    kind = "own" if library is FRESHET else "peer"
    return [
        f'<text x="{left - 8}" y="{middle}" text-anchor="end">{escape(library.title)}</text>',
        f'<rect class="{kind}" x="{left}" y="{top}" width="{width:.1f}" height="{_BAR}" rx="2"/>',
        f'<text x="{left + width + 6:.1f}" y="{middle}">{escape(number(value))}</text>']
