"""Find and describe the incidents in the state, for `phidrift incidents`."""
