"""The recipe's dataset written for other tools, with all that is known of renders."""
