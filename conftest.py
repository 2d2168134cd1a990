"""Tests and notebooks run on the committed sample, whatever the machine's own store holds."""

import os
from pathlib import Path

os.environ["EKTP_STORE"] = str(Path(__file__).parent / "data" / "sample" / "store")
os.environ["EKTP_EXHIBITS"] = "plain"
