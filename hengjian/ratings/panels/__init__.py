"""The marks of the panel: by group and stratum, without raters, append-only."""
