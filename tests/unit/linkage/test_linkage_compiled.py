"""Where there is no place to keep compiled code, that is said, and what to do."""

import pytest
from numba.core import caching

from pipeline.errors import LinkageError
from pipeline.linkage.compiled import compiled, inlined


@pytest.mark.parametrize("compile_it", [compiled, inlined])
def test_no_place_for_compiled_code_is_named(
    compile_it: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    assert callable(compile_it)
    with pytest.raises(LinkageError, match="set NUMBA_CACHE_DIR to a folder that can"):
        compile_it(lambda: 1)
