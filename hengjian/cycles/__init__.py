"""Assessment cycles: open -> frozen -> scored -> reviewed -> published, and superseded.

The only room that brings roster, evidence and marks together. Writes stand in
:mod:`hengjian.cycles.operations`, reads in :mod:`hengjian.cycles.queries`.
"""
