"""Empty so far: hands out the right to rate once. Issue C fills it; it may know ratings.invitations only."""
