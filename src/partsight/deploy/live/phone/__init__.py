"""The camera of a phone or tablet that has the page open."""
