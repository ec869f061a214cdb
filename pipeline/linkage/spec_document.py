"""Specifications written down: the mapping that a TOML file of one would hold, and its hash.

In: a specification. Out: plain lists and dictionaries, or a hash of them. It must not read any:
`spec.py` does.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from pipeline.linkage.spec import Comparison, LinkageSpec, RuleFamily


def spec_document(spec: LinkageSpec) -> dict[str, Any]:
    """The specification as the mapping that a TOML file of it would hold."""
    return {
        "id_column": spec.id_column,
        "field": [asdict(field) for field in spec.extra_fields],
        "comparison": [_comparison_entry(comparison) for comparison in spec.comparisons],
        "blocking_rule": [_family_entry(family) for family in spec.rule_families],
    }


def spec_hash(spec: LinkageSpec) -> str:
    """SHA-256 of the specification's canonical JSON."""
    canonical = json.dumps(spec_document(spec), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _comparison_entry(comparison: Comparison) -> dict[str, Any]:
    if comparison.ladder is not None:
        ladder = asdict(comparison.ladder)
        levels = ladder.pop("rungs")
        return {"name": comparison.name, "kind": comparison.kind, **ladder, "levels": levels}
    entry = {"name": comparison.name, "kind": comparison.kind, "column": comparison.column}
    if comparison.swap_with is not None:
        entry["swap_with"] = comparison.swap_with
    return entry


def _family_entry(family: RuleFamily) -> dict[str, Any]:
    names = [rule.name for rule in family.rules]
    return {"key": names[0]} if family.is_required else {"keys": names}
