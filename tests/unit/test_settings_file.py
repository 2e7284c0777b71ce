"""What enrolment writes into the settings file, and what it leaves as it was."""

import tomllib

import pytest

from edge_agent.errors import SettingsError
from edge_agent.settings_file import merged, read_settings, write_settings

TOP = {"device_id": "may-01", "state": '/var/lib/Hài lòng "1"'}
TLS = {"ca": "/x/ca.pem", "hub_url": "https://hub:8443"}
OWN = """\
# counter 7
device_id = "old"

# whom the microphones hear
[[source.microphones]]  # the left one
device = "Andrea"
staff = 0
citizen = 1

[zones]
citizen = [
  [0.5, 0.0], [1.0, 0.0],
  [1.0, 1.0],
]
"""


def lines_of(text):
    return [line for line in text.splitlines() if line.strip()]


def test_a_new_file():
    text = merged("", TOP, TLS)
    assert tomllib.loads(text) == {**TOP, "tls": TLS}
    assert merged(text, TOP, TLS) == text


def test_every_other_line_stays_in_its_order():
    text = merged(OWN, TOP, TLS)
    assert tomllib.loads(text) == {**tomllib.loads(OWN), **TOP, "tls": TLS}
    changed = {'device_id = "old"'}
    kept = [line for line in lines_of(OWN) if line not in changed]
    assert [line for line in lines_of(text) if line in kept] == kept
    assert "# whom the microphones hear\n[[source.microphones]]  # the left one\n" in text
    assert merged(text, TOP, TLS) == text


def test_an_earlier_enrolment_is_replaced_and_what_stands_beside_it_stays():
    text = (
        OWN
        + '\n[tls]  # by enrolment\nca = "/old"\nplain_broker = false\n\n[health]\ninterval_s = 30\n'
    )
    made = merged(text, TOP, TLS)
    assert tomllib.loads(made)["tls"] == {**TLS, "plain_broker": False}
    assert tomllib.loads(made)["health"] == {"interval_s": 30}
    assert made.count("[tls]") == 1


@pytest.mark.parametrize(
    "text",
    [
        'tls.ca = "x"\n',
        'tls = { ca = "x" }\n',
        'device_id = """\nold\n"""\n',
        "[tls]\n'ca' = 'x'\n",
    ],
)
def test_a_file_that_cannot_be_changed_line_by_line_is_left_alone(text):
    with pytest.raises(SettingsError, match=r"by hand: device_id = \"may-01\" \| .*\[tls\] \| ca"):
        merged(text, TOP, TLS)


def test_the_file_is_replaced_whole_and_keeps_its_mode(tmp_path):
    file = tmp_path / "folder" / "agent.toml"
    write_settings(file, "a = 1\n")
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o640)
    write_settings(file, "a = 2\n")
    assert file.stat().st_mode & 0o777 == 0o640
    assert read_settings(file) == ("a = 2\n", {"a": 2})
    assert [path.name for path in file.parent.iterdir()] == ["agent.toml"]
    assert read_settings(tmp_path / "none.toml") == ("", {})
    file.write_text("a = = 1")
    with pytest.raises(SettingsError, match="no TOML"):
        read_settings(file)
