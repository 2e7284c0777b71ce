"""What data there is, until when, and the proof that it is gone."""
