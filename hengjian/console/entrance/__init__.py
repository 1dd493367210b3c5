"""The entrance: who signs in and how, how long that lasts, when one shows again who one is."""
