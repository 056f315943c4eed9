"""Editing a draft by hand: strokes and their consequences, undo, proposals, merging, comparing, explaining."""
