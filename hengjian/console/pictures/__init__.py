"""What a picture needs: data for the script, the same figures as a table, and its finding in a sentence."""

from hengjian.console.pictures.bars import (
    Span,
    Step,
    bars,
    distribution,
    funnel,
    sentence,
    spans,
    waterfall,
)
from hengjian.console.pictures.groups import Box, Moment, Spoke, boxes, radar, span, trend
from hengjian.console.pictures.maps import Region, choropleth
from hengjian.console.pictures.shape import Picture, Table

__all__ = [
    "Box",
    "Moment",
    "Picture",
    "Region",
    "Span",
    "Spoke",
    "Step",
    "Table",
    "bars",
    "boxes",
    "choropleth",
    "distribution",
    "funnel",
    "radar",
    "sentence",
    "span",
    "spans",
    "trend",
    "waterfall",
]
