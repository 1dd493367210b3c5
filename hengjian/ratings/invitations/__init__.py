"""Empty so far: who was asked to rate, and when. Issue C (rate any time) fills it.

Never imports :mod:`hengjian.ratings.ballots`, nor is imported by it: a rater cannot be found.
"""
