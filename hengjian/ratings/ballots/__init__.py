"""Empty so far: what was said, without who said it. Issue C (rate any time) fills it.

Never imports :mod:`hengjian.ratings.invitations`, nor is imported by it: a rater cannot be found.
"""
