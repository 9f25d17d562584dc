"""The page in the browser on which photos are labeled, and the local server behind it."""
