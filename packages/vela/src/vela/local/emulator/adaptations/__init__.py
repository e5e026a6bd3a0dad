"""What the pinned emulator lacks, one gap a file.

Law: these modules run inside the emulator's own interpreter, so they import ``ministack`` and
the standard library only. Each checks, before it replaces anything, that what it replaces still
looks as it did in the pinned version, and names its gap if not.
"""
