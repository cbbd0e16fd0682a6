"""Draw results: ``python plots.py results.json DIRECTORY``, with matplotlib."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator
from report import plot_name


def draw(results: Path, directory: Path) -> None:
    """Write one SVG file for each case."""
    matplotlib.rcParams["svg.hashsalt"] = "py-build-cmake"
    rows = json.loads(results.read_text())["rows"]
    for case in dict.fromkeys(row["case"] for row in rows):
        own = [row for row in rows if row["case"] == case]
        figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
        if own[0]["size"] is None:
            axes.barh([row["name"] for row in own], [row["ratio"] for row in own])
            axes.invert_yaxis()
            axes.set_xlabel(f"time relative to {own[0]['name']}")
        else:
            for name in dict.fromkeys(row["name"] for row in own):
                points = [(row["size"], row["seconds"]) for row in own if row["name"] == name]
                axes.loglog(*zip(*points), marker="o", label=name)
            sizes = sorted({row["size"] for row in own})
            axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
            axes.xaxis.set_minor_locator(NullLocator())
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_minor_formatter(NullFormatter())
            axes.set_xlabel("size")
            axes.set_ylabel("seconds")
            axes.legend(fontsize="small")
        axes.set_title(case)
        figure.savefig(directory / plot_name(case), metadata={"Date": None})
        plt.close(figure)


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
