"""Anchors: each hour the newest published head of the log goes to places that others run.

Two kinds of places: a contract on an EVM chain (FISCO BCOS among them) and a time-stamping authority
(RFC 3161). They are a second rope, not the first: what makes the log hard to alter unseen is the
reconciliation of every row with its leaf and the witnesses' signatures; an anchor fixes the time.

The chain: not trusted to be up, nor to be honest alone. Whoever controls most of its nodes can hide
or reorder transactions, but not forge the owner's signature. Whoever steals the owner's key can write
sizes that are too large and so block the contract; they cannot change what is written, and `check`
tells. Loss of the key or of the contract: deploy another, the old one stays readable.
The authority: trusted for the time it signs and for nothing else; its answers are kept whole.
The rows of this package: not trusted. They remember what is due and what was sent; a restored backup or
a row that was changed is found by reading the chain back. Losing them loses no anchor: `send` looks
on the chain for a size before it writes it.

The clients (:mod:`.chains`, :mod:`.stamps`, :mod:`.sending`, :mod:`.outsider`) take plain values and know
no Django; :mod:`.operations` and :mod:`.queries` are the thin part with the database.
"""
