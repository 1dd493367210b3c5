"""The reads of this room. Each takes the viewer, and gives only what that person may handle.

* :mod:`.cases`: follow-up staff, never of the rated unit.
* :mod:`.decisions`: reviewers; and what the contesting official gets to know.
* :mod:`.reports`: handlers of reports, sealed from everybody else.
"""
