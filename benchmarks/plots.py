"""Plots as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def lines(
    path: Path,
    *,
    title: str,
    labels: tuple[str, str],
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    logarithmic: bool = False,
) -> Path:
    """Draw one line a series (x values, y values) and write it to the path."""
    figure = Figure(figsize=(8, 5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, (horizontal, vertical) in series.items():
        axes.plot(horizontal, vertical, marker="o", markersize=3, label=name)
    if logarithmic:
        axes.set_xscale("log")
        axes.set_yscale("log")
    axes.set_title(title)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.grid(alpha=0.3)
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return path


def panels(
    path: Path, *, title: str, panels: Mapping[str, Mapping[str, tuple[Sequence[str], Sequence[float]]]]
) -> Path:
    """Draw a small plot for each panel, one line a series (names of steps, per cent), on one common scale."""
    columns = 2
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(9, 2.6 * rows), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    for place, (name, series) in enumerate(panels.items(), 1):
        axes = figure.add_subplot(rows, columns, place)
        for label, (steps, values) in series.items():
            axes.plot(range(len(steps)), values, marker="o", markersize=3, label=label)
            axes.set_xticks(range(len(steps)), steps, fontsize=8)
        axes.set_title(name, fontsize=10)
        axes.set_ylim(0, 100)
        axes.grid(alpha=0.3)
        if place == 1:
            axes.legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return path
