"""Report suite for electronic identity card recording (e-KTP) in an Indonesian kabupaten/kota."""

__version__ = "0.1.0"
