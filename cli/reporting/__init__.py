"""The reports of `phidrift report`: what is gathered from the state, as JSON and as a page of HTML."""
