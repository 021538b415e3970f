"""The training curve as a picture, drawn with Pillow from a run's statistics."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH, PANEL_HEIGHT = 960, 260
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 30  # margins of a panel
OVERSAMPLING = 2  # lines are drawn larger and reduced, which smooths them
COLORS = ("#2f6fde", "#e0662f", "#2a9d63", "#8e4ec6")
INK, FAINT, PAPER = "#30343b", "#e4e7ec", "#ffffff"


@dataclass(frozen=True)
class Panel:
    """One chart: a title, and the statistics shown in it by label."""

    title: str
    series: Mapping[str, str]  # label -> name in stats.jsonl


PANELS = (
    Panel("Losses", {"generator": "loss/G", "discriminator": "loss/D"}),
    Panel("Share of real images that D takes for real, minus the rest", {"sign of D(real)": "signs/real"}),
    Panel("Regularisers", {"R1": "loss/R1", "path length": "loss/path_length"}),
)


def draw_curve(stats: Sequence[Mapping[str, Any]], panels: Sequence[Panel] = PANELS) -> np.ndarray:
    """Draws panels of statistics over thousands of images shown.

    Args:
      stats: the lines of ``stats.jsonl``.
      panels: what to show; a panel none of whose statistics occur is left out.

    Returns:
      uint8 ``[H, W, 3]``.
    """
    shown = []
    for panel in panels:
        lines = {label: _points(stats, name) for label, name in panel.series.items()}
        lines = {label: points for label, points in lines.items() if points}
        if lines:
            shown.append((panel.title, lines))
    scale = OVERSAMPLING
    canvas = Image.new("RGB", (WIDTH * scale, max(1, len(shown)) * PANEL_HEIGHT * scale), PAPER)
    draw = ImageDraw.Draw(canvas)
    for index, (title, lines) in enumerate(shown):
        _draw_panel(draw, index * PANEL_HEIGHT, title, lines)
    return np.asarray(canvas.resize((WIDTH, canvas.height // scale), Image.Resampling.BOX))


def _points(stats, name: str) -> list[tuple[float, float]]:
    found = [(line["nimg"] / 1000, line[name]) for line in stats if name in line]
    return [(x, y) for x, y in found if math.isfinite(y)]


def _draw_panel(draw: ImageDraw.ImageDraw, top: int, title: str, lines: Mapping[str, list]) -> None:
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    x_ticks, y_ticks = nice_ticks(0.0, max(xs)), nice_ticks(min(0.0, *ys), max(ys))
    x_range, y_range = (0.0, max(max(xs), x_ticks[-1])), (min(y_ticks[0], min(ys)), max(y_ticks[-1], max(ys)))

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - x_range[0]) / ((x_range[1] - x_range[0]) or 1)
        up = (y - y_range[0]) / ((y_range[1] - y_range[0]) or 1)
        px = LEFT + across * (WIDTH - LEFT - RIGHT)
        py = top + PANEL_HEIGHT - BOTTOM - up * (PANEL_HEIGHT - TOP - BOTTOM)
        return px * OVERSAMPLING, py * OVERSAMPLING

    font = ImageFont.load_default(13 * OVERSAMPLING)
    for tick in y_ticks:
        draw.line([place(x_range[0], tick), place(x_range[1], tick)], FAINT, OVERSAMPLING)
        x, y = place(x_range[0], tick)
        draw.text((x - 8 * OVERSAMPLING, y), f"{tick:g}", INK, font, anchor="rm")
    for tick in x_ticks:
        x, y = place(tick, y_range[0])
        label = f"{tick:g} kimg" if tick == x_ticks[-1] else f"{tick:g}"
        draw.text((x, y + 6 * OVERSAMPLING), label, INK, font, anchor="rt" if tick == x_ticks[-1] else "mt")
    x, y = LEFT * OVERSAMPLING, (top + TOP / 2) * OVERSAMPLING
    draw.text((x, y), title, INK, ImageFont.load_default(15 * OVERSAMPLING), anchor="lm")
    legend: float = (WIDTH - RIGHT) * OVERSAMPLING
    for (label, points), color in reversed(list(zip(lines.items(), COLORS, strict=False))):
        width = draw.textlength(label, font)
        draw.text((legend, y), label, color, font, anchor="rm")
        legend -= width + 18 * OVERSAMPLING
        if len(points) > 1:
            draw.line([place(*point) for point in points], color, 2 * OVERSAMPLING, joint="curve")
        else:
            x_dot, y_dot = place(*points[0])
            radius = 3 * OVERSAMPLING
            draw.ellipse([x_dot - radius, y_dot - radius, x_dot + radius, y_dot + radius], color)


def nice_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from ``low`` or above up to ``high`` or just below, about so many."""
    span = high - low
    if not span > 0:
        return [low]
    rough = span / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]
