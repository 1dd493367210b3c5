"""Takes ballots in and answers receipts: knows :mod:`hengjian.ratings.ballots` and nothing of invitations."""
