"""Pages written by the server, in Vietnamese and English."""
