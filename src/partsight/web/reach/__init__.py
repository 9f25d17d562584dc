"""How other devices reach a page: addresses that work, a code to photograph, a certificate."""
