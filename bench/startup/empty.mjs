// Nothing: what Node alone costs.
