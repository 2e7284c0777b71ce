"""Two figures and the flags of an interaction: pure functions of what was measured, of facts
about the visit, and of readable files. Only the worker knows of a database.
"""
