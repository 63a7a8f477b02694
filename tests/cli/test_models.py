from __future__ import annotations

from tests.cli.conftest import Program
from tests.server import Server

LISTED = {
    "object": "list",
    "data": [
        {"id": "gpt-4o", "owned_by": "OpenAI", "provider": False},
        {"id": "Copilot", "owned_by": "Microsoft", "provider": True},
        {"id": "bad\x1b[31m\nname", "provider": False},
    ],
}


def test_models_are_listed_one_a_line(asking: Program, server: Server) -> None:
    server.answer(LISTED, path="/v1/models")
    done = asking.run("models")
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout == "gpt-4o\tOpenAI\nCopilot\tprovider\tMicrosoft\nbad[31m name\n"


def test_models_as_json_are_one_array(asking: Program, server: Server) -> None:
    server.answer(LISTED, path="/v1/models")
    (models,) = asking.run("models", "--json").json_lines()
    assert models[0] == {
        "id": "gpt-4o",
        "name": "",
        "vendor": "OpenAI",
        "owner": "OpenAI",
        "is_provider": False,
        "context_window": None,
        "multiplier": None,
        "price_in": None,
        "price_out": None,
        "disabled": "",
    }
    assert [model["id"] for model in models] == ["gpt-4o", "Copilot", "bad\x1b[31m\nname"]


def test_a_server_without_models_is_said(asking: Program, server: Server) -> None:
    server.answer({"data": []}, path="/v1/models")
    done = asking.run("models")
    assert (done.status, done.stdout, done.stderr) == (0, "", "g4f lists no models\n")


def test_a_server_that_refuses_is_one_sentence_and_an_object_in_json(
    asking: Program, server: Server
) -> None:
    server.answer("<html>", status=500, path="/v1/models", repeat=True)
    done = asking.run("models", "--json")
    (failure,) = done.json_lines()
    assert (done.status, failure["type"]) == (1, "error")
    assert failure["message"] in done.stderr
    assert "500" in done.stderr


def test_what_a_router_tells_of_its_models_stands_beside_them(
    asking: Program, server: Server
) -> None:
    server.answer(
        {
            "data": [
                {
                    "id": "openai/gpt-4o",
                    "name": "OpenAI: GPT-4o",
                    "context_length": 128000,
                    "pricing": {"prompt": "0.0000025", "completion": "0.00001"},
                }
            ]
        },
        path="/v1/models",
        repeat=True,
    )
    line = "openai/gpt-4o\tOpenAI: GPT-4o\topenai\t128k context\t$2.5 in, $10 out per 1M\n"
    assert asking.run("models", "--backend", "ollama").stdout == line
    (models,) = asking.run("models", "--backend", "ollama", "--json").json_lines()
    assert (models[0]["context_window"], models[0]["price_out"]) == (128000, 10)
