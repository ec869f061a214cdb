"""Prefect flows: they put the pipeline's stages in order and know nothing else."""
