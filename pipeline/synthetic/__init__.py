"""Made-up agencies with known truth: families, what each agency holds of them, and its errors.

In: a scale, a seed and `config/synthetic.toml`. Out: extracts and `truth/`. Read in this order:

    family_plan.py families.py naming.py households.py       the true people
    names.py name_pools.py places.py                         what they are called, where they live
    offending.py identifiers.py                              what the courts did, official numbers
    recording_errors.py declarations.py                      what becomes of a truth written down
    prison.py probation.py childrens_services.py             what each agency holds; with their
                                                             contacts, visits, children, adults
    suppliers.py truth.py agencies.py                        files, truth, and all of it together

It must not know how records are linked; no rate here was chosen to make linking easy or hard.
"""

from pipeline.synthetic.agencies import synthesise

__all__ = ["synthesise"]
