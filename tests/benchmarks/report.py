"""The results as a Markdown page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any


def write_page(results: dict[str, Any], path: Path) -> None:
    """Write tables of ratios, and what they were measured on."""
    path.write_text("\n".join(_lines(results)) + "\n", "utf-8")


def plot_name(case: str) -> str:
    """Return the name of the plot of a case."""
    return "".join(c if c.isalnum() else "-" for c in case.replace(",", "")) + ".svg"


def _lines(results: dict[str, Any]) -> Iterator[str]:
    machine = results["machine"]
    yield "# Measurements"
    yield ""
    yield (
        f"Made by `python3 tests/benchmarks/run.py` on {machine['date']}: {machine['system']}"
        f" {machine['machine']}, {machine['processors']} processors, Python {machine['python']},"
        f" CMake {machine['cmake']}. Commands that are compared ran in turn; a ratio is the median"
        f" over {results['rounds']} rounds (twice as many for hooks) of the ratios within a round."
        " The first row of a size is the reference."
    )
    yield ""
    versions = (f"{name} {version}" for name, version in results["versions"].items())
    yield f"Versions: {', '.join(versions)}."
    for case in dict.fromkeys(row["case"] for row in results["rows"]):
        yield from _table(case, [row for row in results["rows"] if row["case"] == case])
        yield f"![{case}]({plot_name(case)})"
        yield ""
        for fit in results["growth"]:
            if fit["case"] == case:
                yield f"* {fit['name']}: time grows with size to the power {fit['exponent']:.2f}"


def _table(case: str, rows: list[dict[str, Any]]) -> Iterator[str]:
    yield ""
    yield f"## {case}"
    yield ""
    yield "| | size | ratio | seconds | processor seconds | MiB |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        size = "" if row["size"] is None else f"{row['size']:g}"
        yield (
            f"| {row['name']} | {size} | {row['ratio']:.2f} | {row['seconds']:.3f} |"
            f" {row['cpu_seconds']:.3f} | {row['memory_mib']:.0f} |"
        )
    yield ""
