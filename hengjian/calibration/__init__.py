"""Empty so far: rater severity and calibrated marks with standard errors. Issue D (the panel) fills it.

Pure core: no Django, no network, no clock, no hidden randomness.
"""
