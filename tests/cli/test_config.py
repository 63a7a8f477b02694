from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Program

FILE = """
backend = "work"
proxy = "http://user:canary-proxy@proxy.example.com:8080"

[backends.work]
base_url = "https://llm.example.com/v1"
model = "large"
api_key_command = ["pass", "show", "canary-command"]

[backends.ollama]
model = "small"

[keys]
new = "ctrl+k"
"""


def origins(program: Program, *args: str, **environ: str) -> dict[str, tuple[object, str]]:
    done = program.run("config", "--json", *args, environ=environ)
    assert (done.status, done.stderr) == (0, "")
    assert "canary" not in done.stdout
    return {each["name"]: (each["value"], each["origin"]) for each in json.loads(done.stdout)}


def test_without_anything_said_all_is_default(program: Program, tmp_path: Path) -> None:
    found = origins(program, COPILOT_TUI_DATA_DIR="")
    assert found["backend"] == ("g4f", "default")
    assert found["backends.g4f.provider"] == ("Copilot", "default")
    assert found["key"] == ("none", "default")
    path, origin = found["config"]
    assert (str(path).startswith(str(tmp_path)), origin) == (True, "default (no such file)")
    assert {origin for _, origin in found.values()} == {"default", "default (no such file)"}


def test_every_value_says_where_it_is_from(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(FILE)
    found = origins(program, "--config", str(file), "--model", "huge", COPILOT_TUI_PROVIDER="Some")
    in_file = str(file)
    assert found["config"] == (in_file, "option --config")
    assert found["data_dir"] == (str(program.data_dir), "environment COPILOT_TUI_DATA_DIR")
    assert found["backend"] == ("work", in_file)
    assert found["backends.work.base_url"] == ("https://llm.example.com/v1", in_file)
    assert found["backends.work.model"] == ("huge", "option --model")
    assert found["backends.work.provider"] == ("Some", "environment COPILOT_TUI_PROVIDER")
    assert found["backends.work.proxy"] == ("http://proxy.example.com:8080", in_file)
    assert found["backends.work.read_timeout_s"] == (600.0, "default")
    assert found["backends.work.api_key_command"] == ("pass …", in_file)
    assert found["key"] == ("set, not shown", "api_key_command")
    assert found["backends.ollama.model"] == ("small", in_file)
    assert found["keys.new"] == ("ctrl+k", in_file)


def test_an_option_wins_over_the_environment_and_that_over_the_file(
    program: Program, tmp_path: Path
) -> None:
    file = tmp_path / "c.toml"
    file.write_text('model = "from-file"\n')
    environ = {"COPILOT_TUI_CONFIG": str(file)}
    assert origins(program, **environ)["backends.g4f.model"] == ("from-file", str(file))
    environ["COPILOT_TUI_MODEL"] = "from-environment"
    assert origins(program, **environ)["backends.g4f.model"][1] == "environment COPILOT_TUI_MODEL"
    found = origins(program, "--model", "from-option", **environ)
    assert found["backends.g4f.model"] == ("from-option", "option --model")


def test_a_key_is_named_by_its_variable_alone(program: Program) -> None:
    done = program.run("config", "--backend", "openai", environ={"OPENAI_API_KEY": "canary-key"})
    assert (done.status, done.stderr) == (0, "")
    assert "key\tset, not shown\tOPENAI_API_KEY\n" in done.stdout
    assert "canary" not in done.stdout


@pytest.mark.parametrize("password", ["s3cret", "s3c@s3cret", "s3c:s3cret@"])
def test_no_part_of_a_proxys_password_is_shown(program: Program, password: str) -> None:
    done = program.run("config", "--proxy", f"http://user:{password}@proxy.example:3128")
    assert "http://proxy.example:3128" in done.stdout
    assert "s3c" not in done.stdout + done.stderr


def test_a_configuration_that_is_wrong_is_an_error(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("modell = 1\n")
    done = program.run("config", "--config", str(file))
    assert (done.status, done.stdout) == (2, "")
    assert f"{file}, line 1: unknown key modell" in done.stderr
