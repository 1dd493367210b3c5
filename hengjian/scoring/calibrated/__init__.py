"""Calibration in the score: from a snapshot's marks by rater to calibrated marks of the panel's groups.

``rule`` is what the policy says, ``inputs`` turns frozen rows into :class:`hengjian.calibration.marks.Marks`,
``parts`` finds what hangs together, ``table`` holds what came out, ``fitting`` puts these together,
``leads`` looks for what a person should look at, ``checking`` holds a table against a new fit.
"""
