"""How an agent's process tells that it is alive and what it lacks."""
