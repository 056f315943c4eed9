"""The archive of facts: incidents in immutable Parquet segments, named by a manifest that lives in the database.

``segments`` writes and checks files, ``query`` asks, ``values`` says what a segment and an answer are. The archive
keeps no state of its own: who calls it brings the manifest's segments and the live incidents (``values.Facts``).
"""
