"""The spatial core of Gezhi: arrays in, arrays out. No web, no SQL, no files, no clock, no environment."""
