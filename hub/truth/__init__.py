"""What truly happened at a counter, told by an observer or by a script that was played, beside
what the devices and the rules made of it.
"""
