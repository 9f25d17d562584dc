"""The Ultralytics library (AGPL-3.0) as a detector family; nothing outside this room knows it."""
