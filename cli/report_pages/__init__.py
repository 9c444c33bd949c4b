"""The pages of `phidrift report`: a report that is JSON, shown as one file of HTML."""
