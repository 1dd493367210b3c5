"""Empty so far: appends digests to the log, publishes it, gathers cosignatures. Issue B fills it."""
