"""The ground floor: values, events, errors and paths; imports nothing of ours."""
