"""What nouns do for a person in a notebook: shown as HTML, drawn, turned into tables and into other libraries' structures."""
