"""What a what-if reads besides the traffic, made into tables first."""
