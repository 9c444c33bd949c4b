"""`make package`: the zip that is deployed, the same bytes each time, and its bill of materials."""
