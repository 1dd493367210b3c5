"""Empty so far: takes a ballot in. Issue C fills it; it may know ratings.ballots only."""
