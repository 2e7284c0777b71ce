"""The hub's face to browsers and programs: one FastAPI application, pages and JSON."""
