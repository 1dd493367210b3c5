"""What was said, without who said it: ballots, their receipts, and the releases of what they amount to.

Never imports :mod:`hengjian.ratings.invitations`, nor is imported by it, and shares no key, relation, hour,
address or order with it: a rater cannot be found.
"""
