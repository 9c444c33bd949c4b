"""The incidents that the state holds, found and put into words, for `phidrift incidents`."""
