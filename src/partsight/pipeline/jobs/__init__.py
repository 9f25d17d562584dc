"""Commands in processes of their own: they outlive whoever started them, wait for each other, and can be stopped and continued."""
