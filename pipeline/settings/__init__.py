"""Configuration as frozen pydantic models: one module a room, joined in `run.py`."""
