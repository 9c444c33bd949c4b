"""Rows, keys, indexes and due work: everything that the monitor stores."""
