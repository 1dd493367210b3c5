"""Empty so far: the citizen's rating page, without account or session. Issue C (rate any time) fills it.

Two processes that never meet: :mod:`hengjian.kiosk.issue` and :mod:`hengjian.kiosk.cast`.
"""
