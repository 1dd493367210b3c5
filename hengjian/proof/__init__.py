"""The proof room: the Merkle log's tree, tiles, notes, cosignatures and evidence files, and their verifiers.

Pure core: imports nothing of ours, opens no connection, reads no clock and draws no random number:
time and randomness come in as arguments. Whoever distrusts the rest of the house can read this folder
alone. The formats are those of C2SP (signed-note, tlog-checkpoint, tlog-tiles, tlog-cosignature,
tlog-proof, tlog-policy), so that tools which we did not write check what this room writes.
"""
