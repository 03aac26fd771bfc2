"""From stream pointers to the records they name, and from there to a file, a function, a stream."""
