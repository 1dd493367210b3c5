"""Officials' desktop web: server-rendered pages over the rooms' queries and operations."""
