"""What every test needs."""

from hypothesis import settings

# The machine that runs this may be busy: a slow example is no wrong one.
settings.register_profile("fis", deadline=None)
settings.load_profile("fis")
