"""Arithmetic with times: the ends of the calendar, and the difference between two clocks."""
