"""Copies of the database that can be proved whole, and the way back from one."""
