"""The citizen's rating page: no account, no session, no cookie, no memory of who asked.

Two processes that never meet: :mod:`hengjian.kiosk.issue` knows who was asked, :mod:`hengjian.kiosk.cast`
what was said. What both share (:mod:`web`, :mod:`files`, :mod:`form`, :mod:`setup`) knows neither.
"""
