"""Conversations with known truth, measured by the agent's own pipeline, and the errors."""
