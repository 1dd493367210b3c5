"""How sure a rank is, which choice moves it, and what the kindest allowed weights would give."""
