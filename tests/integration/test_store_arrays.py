"""An array in PostgreSQL's text form is read as the values that it was made of."""

from datetime import UTC

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.store.arrays import array_text

pytestmark = pytest.mark.integration

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
awkward = st.sampled_from(["", "NULL", "null", "{}", "a,b", '"', "\\", "\\x", " ", "nguyễn", "'"])
times = st.datetimes(timezones=st.just(UTC)).filter(lambda at: at.year > 1900)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.none() | texts | awkward),
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.none() | times),
    st.lists(st.booleans()),
)
def test_an_array_is_read_as_it_was_written(hub_db, names, numbers, moments, facts):
    query = "SELECT %s::text[], %s::int8[], %s::timestamptz[], %s::bool[]"
    arrays = [array_text(values) for values in (names, numbers, moments, facts)]
    assert hub_db.rows(query, *arrays) == [(names, numbers, moments, facts)]
