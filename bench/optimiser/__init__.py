"""How much agreement does a rewrite gain, at what price, beside other optimisers? See `__main__`."""
