"""Calibration: what a mark is worth once the rater's leaning, the service and chance are taken out.

``marks`` holds the marks, ``linking`` says whether they can be compared, ``design`` counts them into
integers, ``system`` solves the mixed-model equations, ``reml`` finds the variances, ``fitting`` puts
these together and ``results`` says what came out for each official. ``favour``, ``careless`` and
``screening`` raise leads for a person; ``round_robin``, ``ordinal`` and ``aggregates`` stand beside
the main method. Pure core: no Django, no network, no clock, no hidden randomness.
"""
