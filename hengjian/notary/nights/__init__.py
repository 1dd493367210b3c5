"""One leaf a night for kinds whose number would tell something; on a night without rows it is the same leaf.

The public log shows the kind and the day of each leaf. Where rows follow from low marks, leaves of their
own would count yesterday's low marks (docs/decisions/0016). Rows of nightly kinds are committed to like all
others, in the transaction that writes them, but their commitments wait for the night, which puts them at
places drawn by chance in a tree of a fixed size and logs its root. After nights without a worker the next
one takes all that waits: one leaf, and on which days there is none depends on the worker alone.

Trusted: until its night a row is bound by nothing that was published.

Crash points: one transaction; killed before its commit all still waits, and the next try takes it.
"""
