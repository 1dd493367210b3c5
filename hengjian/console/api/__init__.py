"""The interface for systems of record: they hand over service events, by key and over HTTPS.

It belongs to no person and no session: what it takes in is judged by ``ratings.invitations``. The document
is docs/reference/events-api.md; its machine-readable form stands at ``/api/v1/openapi.json``.
"""
