"""Figure skating 2016-17: marks of named judges with published results (read from ../shared/data).

Data: BuzzFeed News, CC BY 4.0. The steps follow its description of the analysis.
"""

import math
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import polars as pl

from hengjian.calibration.marks import Column, Marks

HUNDREDTH = Decimal("0.01")
Frames = dict[str, pl.DataFrame]


def load(folder: Path) -> Frames:
    """All tables by name."""
    found = {}
    for file in sorted(folder.glob("*.csv.gz")):
        found[file.name.removesuffix(".csv.gz")] = pl.read_csv(file, infer_schema_length=None)
    return found


def half_up(value: Decimal) -> float:
    """Two decimals, half up."""
    return float(value.quantize(HUNDREDTH, rounding=ROUND_HALF_UP))


def judged(frames: Frames, section: str) -> pl.DataFrame:
    """Marks by aspect of one section; a component marked zero was not marked by anybody."""
    scores = frames["judge-scores"].join(frames["judged-aspects"], on="aspect_id")
    scores = scores.filter(pl.col("section") == section)
    return scores.filter(pl.col("score") != 0) if section == "components" else scores


def totals(frames: Frames) -> pl.DataFrame:
    """Points that each judge gave each senior performance, against the mean of the other judges."""
    scores = frames["judge-scores"].join(frames["judged-aspects"], on="aspect_id", how="left")
    scores = scores.join(frames["performances"], on="performance_id", how="left")
    scores = scores.join(frames["judge-goe"], on=["aspect_id", "judge"], how="left")
    scores = scores.filter(~pl.col("program").str.contains("JUNIOR"))
    scores = scores.filter(~((pl.col("section") == "components") & (pl.col("score") == 0)))
    points = (
        pl.when(pl.col("section") == "elements")
        .then(pl.col("base_value") + pl.col("judge_goe"))
        .otherwise(pl.col("factor") * pl.col("score"))
    )
    by = ["performance_id", "judge"]
    keep = ["total_deductions", "name", "nation", "program", "competition"]
    found = (
        scores.with_columns(points.round(2).alias("points"))
        .filter(pl.col("points").is_not_null())
        .group_by(by)
        .agg(pl.col("points").sum(), *[pl.col(name).first() for name in keep])
        .with_columns((pl.col("points") - pl.col("total_deductions")).alias("final"))
    )
    whole = found.group_by("performance_id").agg(
        pl.col("final").sum().alias("whole"), pl.len().alias("judges")
    )
    found = found.join(whole, on="performance_id")
    others = (pl.col("whole") - pl.col("final")) / (pl.col("judges") - 1)
    found = found.with_columns((pl.col("final") - others).alias("above"))
    return _named(frames, found).sort(by)


def _named(frames: Frames, found: pl.DataFrame) -> pl.DataFrame:
    judges = frames["judges"].join(frames["judge-country"], on="clean_judge_name")
    judges = judges.with_columns(("J" + pl.col("role").str.strip_chars().str.slice(-1)).alias("judge"))
    judges = judges.select("program", "competition", "judge", "clean_judge_name", "judge_country")
    found = found.join(judges, on=["program", "competition", "judge"], how="left")
    found = found.filter(pl.col("judge_country").is_not_null())
    return found.with_columns(
        (pl.col("judge_country") == pl.col("nation")).alias("home"),
        pl.when(pl.col("program").str.contains("SHORT"))
        .then(pl.lit("short"))
        .otherwise(pl.lit("free"))
        .alias("kind"),
    )


def marks_of(table: pl.DataFrame) -> Marks:
    """Totals as marks: a performance is marked by judges, home country is a recorded tie."""
    return Marks(
        value=np.rint(table["final"].to_numpy() * 100).astype(np.int64),
        official=Column.of(table["performance_id"].to_list()),
        rater=Column.of([f"{n}/{k}" for n, k in table.select("clean_judge_name", "kind").iter_rows()]),
        fixed={"program": Column.of(table["program"].to_list())},
        ties={"home": table["home"].to_numpy().astype(np.int64)},
        step=0.01,
    )


def welch(one: np.ndarray, other: np.ndarray) -> float:
    """Welch's t."""
    spread = one.var(ddof=1) / one.size + other.var(ddof=1) / other.size
    return float((one.mean() - other.mean()) / math.sqrt(spread))
