"""Who is signed in, and what each role may open."""
