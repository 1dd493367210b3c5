"""The notary: what was recorded is committed to a Merkle log, signed, witnessed and published.

A room below calls :func:`hengjian.notary.operations.append` inside the transaction that writes its
row. One sequencer numbers what was appended, in batches: tiles, bundles and receipts stand in one
commit with the new head; then the head is signed, then witnesses are asked, then files are published.
"""
