"""What every test runs under: the same generated examples each time, fresh ones in `make verify`."""

import os

from hypothesis import settings

settings.register_profile("test", deadline=None, derandomize=True)
settings.register_profile("verify", deadline=None)
settings.load_profile("verify" if os.environ.get("FLUJO_VERIFY") else "test")
