"""Real servers for tests, and a proxy between them and us that counts and breaks things."""
