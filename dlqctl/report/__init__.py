"""What a person or a program reads: with cli, the only room that knows the terminal."""
