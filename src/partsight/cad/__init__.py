"""CAD file → Part: import in a guarded child process, tessellation, colors → materials."""
