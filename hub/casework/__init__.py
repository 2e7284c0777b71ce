"""What people do with flags: decisions with their grounds, and how often a rule proved right."""
