"""What is done about a rating: low marks followed up, marks contested, reports of pressure, unusual traffic.

Knows :mod:`hengjian.ratings.ballots`, never the invitations: who gave a mark is known only where a rater
chose to leave a name.
"""
