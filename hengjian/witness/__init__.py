"""The witness: cosigns a log's checkpoints for an office that does not run the log (C2SP tlog-witness).

Stands alone: it reads proofs and signatures (`proof`) and raises our errors (`terms`); it knows neither
Django nor anything of the assessment, so that the office that runs it need not trust the rest of us.
"""
