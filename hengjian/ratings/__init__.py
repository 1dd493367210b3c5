"""Who was asked and what was said: two apps that never meet (invitations, ballots), and the panels."""
