"""Empty so far: three lists, proposals and decisions, reconsideration, appeals. A later issue fills it.

The system proposes; a named person decides. No code path here will write a personnel or pay outcome alone.
"""
