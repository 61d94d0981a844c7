"""What a user of each library would write, run as whole processes: `with_x.py push|again|pull DIRECTORY`."""
