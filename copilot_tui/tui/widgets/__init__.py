"""What is on the main screen beside the transcript. Widgets show, they do not act."""
