"""Trình Ký's BPM core: people, time, documents and the processes they move through. Knows no HTTP."""
