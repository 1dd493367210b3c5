"""Suspected leaks: recorded, followed from the code on a copy to whoever looked, dealt with by a clock."""
