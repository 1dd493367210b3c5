"""Empty so far: the Merkle log, its proofs and signatures. Issue B (proof and notary) fills it.

Pure core: imports nothing of ours.
"""
