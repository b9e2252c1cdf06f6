"""The curves of a scorecard as PNG pictures, drawn without a screen and the same on every machine."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from antigone.evaluate.metrics import Float64Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#4d4d4d")  # Okabe and Ito 2008
WIDTH, HEIGHT = 6.4, 4.2  # inches
DPI = 150
LEAST_RATE = 1e-5  # the lower end of a logarithmic axis of rates

Line = tuple[Sequence[float] | Float64Array, Sequence[float] | Float64Array]


def trade_off(lines: Mapping[str, Line], labels: tuple[str, str]) -> bytes:
    """Draw error against error on two logarithmic axes, the lines of several systems in one picture."""
    canvas = _Canvas(labels)
    axes = canvas.axes
    lowest = 1.0
    for (name, (across, up)), colour in zip(lines.items(), _colours(), strict=False):
        x, y = np.asarray(across, dtype=np.float64), np.asarray(up, dtype=np.float64)
        kept = (x > 0) & (y > 0)
        if kept.any():
            lowest = min(lowest, float(x[kept].min()), float(y[kept].min()))
        axes.plot(x[kept], y[kept], color=colour, label=name, linewidth=1.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(max(LEAST_RATE, lowest / 1.5), 1)
    axes.set_ylim(max(LEAST_RATE, lowest / 1.5), 1)
    _as_percent(axes, "xy")
    return canvas.png()


def over(
    lines: Mapping[str, Line], labels: tuple[str, str], *, percent: str = "y", low: float | None = None
) -> bytes:
    """Draw lines over a plain axis; ``percent`` names the axes that hold shares."""
    canvas = _Canvas(labels)
    axes = canvas.axes
    for (name, (across, up)), colour in zip(lines.items(), _colours(), strict=False):
        axes.plot(across, up, color=colour, label=name, linewidth=1.8, marker="o", markersize=3)
    if low is not None:
        axes.set_ylim(bottom=low)
    if "y" in percent and axes.get_ylim()[1] > 1:
        axes.set_ylim(top=1.0)
    _as_percent(axes, percent)
    return canvas.png()


def distributions(scores: Mapping[str, Float64Array], marks: Mapping[str, float]) -> bytes:
    """Draw how scores are spread: one outline a kind, and thresholds as vertical lines."""
    canvas = _Canvas(("comparison score", "share of comparisons"))
    axes = canvas.axes
    known = {name: values[np.isfinite(values)] for name, values in scores.items()}
    everything = np.concatenate([values for values in known.values() if len(values)])
    edges = np.linspace(float(everything.min()), float(everything.max()) + 1e-9, 81)
    for (name, values), colour in zip(known.items(), _colours(), strict=False):
        if len(values):
            counts, _ = np.histogram(values, edges)
            axes.stairs(
                counts / len(values),
                edges,
                color=colour,
                label=f"{name} ({len(values):,})",
                fill=True,
                alpha=0.45,
            )
    for (name, at), style in zip(marks.items(), ("--", ":", "-.", (0, (1, 3))), strict=False):
        axes.axvline(at, color="#333333", linestyle=style, linewidth=1, label=f"{name}: {at:.3f}")
    _as_percent(axes, "y")
    return canvas.png()


def diagonal(lines: Mapping[str, Line], labels: tuple[str, str]) -> bytes:
    """Draw what was expected against what was seen, both logarithmic, with the line of agreement."""
    canvas = _Canvas(labels)
    axes = canvas.axes
    low, high = np.inf, 0.0
    for (name, (across, up)), colour in zip(lines.items(), _colours(), strict=False):
        x, y = np.asarray(across, dtype=np.float64), np.asarray(up, dtype=np.float64)
        kept = (x > 0) & (y > 0)
        if kept.any():
            low = min(low, float(x[kept].min()), float(y[kept].min()))
            high = max(high, float(x[kept].max()), float(y[kept].max()))
        axes.plot(x[kept], y[kept], color=colour, label=name, linewidth=1.8, marker="o", markersize=3)
    if high > low:
        ends = np.array([low / 1.5, high * 1.5])
        axes.plot(ends, ends, color="#777777", linewidth=1, linestyle="--", label="agreement")
    axes.set_xscale("log")
    axes.set_yscale("log")
    return canvas.png()


class _Canvas:
    """One picture with one pair of axes."""

    def __init__(self, labels: tuple[str, str]) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self._figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout="constrained")
        FigureCanvasAgg(self._figure)
        self.axes: Axes = self._figure.add_subplot()
        self.axes.set_xlabel(labels[0])
        self.axes.set_ylabel(labels[1])
        self.axes.grid(alpha=0.25, linewidth=0.6)
        self.axes.spines[["top", "right"]].set_visible(False)

    def png(self) -> bytes:
        """Return the picture, with a legend where lines have names."""
        if self.axes.get_legend_handles_labels()[1]:
            self.axes.legend(frameon=False, fontsize=8)
        stream = io.BytesIO()
        self._figure.savefig(stream, format="png", metadata={"Software": None})
        return stream.getvalue()


def _colours() -> Sequence[str]:
    return COLOURS * 4


def _as_percent(axes: Axes, which: str) -> None:
    from matplotlib.ticker import FuncFormatter

    for name in which:
        axis = axes.xaxis if name == "x" else axes.yaxis
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
