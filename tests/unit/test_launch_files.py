from __future__ import annotations

import configparser
import shlex
from pathlib import Path

from launch import procfile
from launch.files import procfiles, write_private
from launch.supervisor_config import render

ROOT = Path(__file__).parents[2]


def test_a_procfile_is_read_line_by_line_in_order() -> None:
    text = "# a comment\nweb: serve --port ${PORT:-80}\n\ndemo-model: python -m demo: yes\nno colon here\n"

    assert list(procfile.parse(text).items()) == [
        ("web", "serve --port ${PORT:-80}"),
        ("demo-model", "python -m demo: yes"),
    ]


def test_the_procfiles_name_the_processes_of_production_and_of_one_machine() -> None:
    assert list(procfiles(ROOT)) == ["web", "worker", "scheduler", "mcp", "redis", "demo-model", "mail"]


def program(rendered: str, name: str) -> configparser.SectionProxy:
    parser = configparser.RawConfigParser()
    parser.read_string(rendered)
    return parser[f"program:{name}"]


def test_a_command_reaches_the_shell_as_it_was_written() -> None:
    written = "serve --format \"%d\" --name 'a b' ${PORT:-1}"

    found = program(render({"web": written}), "web")

    assert shlex.split(found["command"].replace("%%", "%")) == ["/bin/sh", "-c", f"exec {written}"]


def test_a_part_is_started_again_whenever_it_ends_and_a_worker_gets_time_to_finish() -> None:
    rendered = render({"web": "a", "worker": "b"})

    assert program(rendered, "web")["autorestart"] == "true"
    assert int(program(rendered, "web")["startretries"]) > 1_000_000
    assert int(program(rendered, "worker")["stopwaitsecs"]) > int(program(rendered, "web")["stopwaitsecs"])


def test_supervisord_listens_on_nothing() -> None:
    assert "http_server" not in render(procfiles(ROOT))


def test_the_parts_stop_before_the_servers_they_lean_on() -> None:
    parser = configparser.RawConfigParser()
    parser.read_string(render(procfiles(ROOT)))

    assert parser["group:servers"]["programs"] == "redis,demo-model,mail"
    assert int(parser["group:parts"]["priority"]) > int(parser["group:servers"]["priority"])


def test_a_private_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = write_private(tmp_path / "secret", "one")
    write_private(path, "two")

    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
