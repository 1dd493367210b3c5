"""Who was asked: service events, invitations, their delivery, and the keys that sign tokens blindly.

This room and ``ballots`` never meet: no import, no relation, no common key, no common order.
"""
