"""Programs for those who change the project; run by make, installed nowhere."""
