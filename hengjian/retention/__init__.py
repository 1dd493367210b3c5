"""How long each class of data is kept, and its destruction by an approved list, of which a report stays.

Trusted with what may never come back: so a list is drawn up by one person, approved by another, bound by a
digest, carried out by the worker, and the database lets a row go only after its erasure is recorded.
"""
