"""Empty so far: matched declarations and sealed alerts. A later issue fills it.

Read by :mod:`hengjian.console.integrity` only, never by scoring.
"""
