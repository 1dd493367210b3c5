"""Empty so far: the pages of sealed alerts, the only door to :mod:`hengjian.integrity`."""
