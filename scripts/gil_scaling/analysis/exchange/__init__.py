"""Exchange with other machines and programs: archives of result sets, and pyperf files."""
