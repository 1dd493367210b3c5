"""The vocabulary that every room shares: errors, periods, numbers, digests, working days.

The lowest room: it imports nothing of ours.
"""
