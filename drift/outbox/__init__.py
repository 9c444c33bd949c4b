"""Write what must be delivered, in the batch of the decision that asks for it."""
