"""The demonstration city: synthetic, seeded, built only through the rooms' own importers.

Everything here is made up. No place, person or figure is real; every file, cycle and page that
comes of it says so.
"""
