"""What runs by the clock: when a duty is due, that one worker at a time does it, and how it went.

The room knows no duty: faces name them and hand in what to do (``hengjian worker``).
"""
