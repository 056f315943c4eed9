"""What leaves as a file: plans in every format, documents, sheets, pictures."""
