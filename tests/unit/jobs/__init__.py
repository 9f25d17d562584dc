"""Jobs: commands that outlive who started them."""
