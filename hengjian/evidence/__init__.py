"""Facts come in here, through one door: metrics, hotline-type cases, projects. Append-only."""
