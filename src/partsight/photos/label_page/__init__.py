"""The page in the browser on which photos are labelled, and the local server behind it."""
