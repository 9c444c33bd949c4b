"""The queue messages: their kinds, their types, and the output for each queue."""
