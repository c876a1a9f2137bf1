"""The comparison: what several result sets, also those of other people, say together."""
