"""A feed is a folder with ``feed.yaml``: how one source's files become our records."""
