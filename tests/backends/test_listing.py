"""Lists of models as servers send them; samples from their documents."""

from __future__ import annotations

import pytest

from copilot_tui.backends import Model
from copilot_tui.backends.listing import (
    NO_CHAT,
    NOT_ACTIVE,
    NOT_ENABLED,
    context_words,
    facts,
    listed_model,
    price_words,
)

OPENROUTER = {
    "id": "openai/gpt-4o",
    "name": "OpenAI: GPT-4o",
    "context_length": 128000,
    "pricing": {"prompt": "0.0000025", "completion": "0.00001", "image": "0.003613"},
    "top_provider": {"context_length": 128000, "is_moderated": True},
}
COPILOT = {
    "id": "claude-sonnet-4.5",
    "name": "Claude Sonnet 4.5",
    "object": "model",
    "vendor": "Anthropic",
    "model_picker_enabled": True,
    "policy": {"state": "enabled", "terms": "…"},
    "capabilities": {"type": "chat", "limits": {"max_context_window_tokens": 144000}},
    "billing": {"multiplier": 1},
}
LM_STUDIO = {
    "id": "qwen2.5-7b-instruct",
    "object": "model",
    "type": "llm",
    "publisher": "lmstudio-community",
    "state": "not-loaded",
    "max_context_length": 32768,
}


@pytest.mark.parametrize(
    ("entry", "model"),
    [
        (
            OPENROUTER,
            Model(
                "openai/gpt-4o",
                "openai",
                name="OpenAI: GPT-4o",
                context_window=128_000,
                price_in=2.5,
                price_out=10,
            ),
        ),
        (
            COPILOT,
            Model(
                "claude-sonnet-4.5",
                "Anthropic",
                name="Claude Sonnet 4.5",
                context_window=144_000,
                multiplier=1,
            ),
        ),
        (
            LM_STUDIO,
            Model("qwen2.5-7b-instruct", "lmstudio-community", context_window=32768),
        ),
        ({"id": "llama3:8b", "object": "model", "owned_by": "library"}, Model("llama3:8b")),
        ({"name": "llama3:8b", "model": "llama3:8b", "size": 1}, Model("llama3:8b")),
        ({"id": "m", "meta": {"n_ctx_train": 8192}}, Model("m", context_window=8192)),
        (
            {"id": "m", "owned_by": "vllm", "max_model_len": 4096},
            Model("m", "vllm", False, "", 4096),
        ),
        (
            {"id": "Copilot", "object": "provider", "label": "Microsoft Copilot", "url": None},
            Model("Copilot", is_provider=True, name="Microsoft Copilot"),
        ),
        ({"id": "Cloudflare", "object": "provider", "label": None}, Model("Cloudflare", "", True)),
    ],
    ids=lambda value: value.get("id", "ollama") if isinstance(value, dict) else "",
)
def test_what_a_server_says_of_a_model_is_known(entry: object, model: Model) -> None:
    assert listed_model(entry) == model


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"policy": {"state": "disabled"}}, NOT_ENABLED),
        ({"policy": {"state": "unconfigured"}}, NOT_ENABLED),
        ({"model_picker_enabled": False}, NOT_ENABLED),
        ({"active": False}, NOT_ACTIVE),
        ({"capabilities": {"type": "embeddings"}}, NO_CHAT),
        ({"policy": None, "active": True, "capabilities": []}, ""),
    ],
    ids=str,
)
def test_why_a_model_cannot_be_used_is_known(more: dict[str, object], why: str) -> None:
    model = listed_model({"id": "m", **more})
    assert model is not None
    assert model.disabled == why


@pytest.mark.parametrize(
    "nonsense",
    [
        {"context_length": "many", "pricing": {"prompt": "nan", "completion": "-1"}},
        {"context_length": -5, "pricing": {"prompt": True, "completion": None}},
        {"context_length": [], "pricing": "free", "billing": 3, "top_provider": {"x": 1}},
        {"context_length": 1e400, "pricing": {"prompt": "1" * 400}},
    ],
    ids=str,
)
def test_nonsense_in_an_entry_leaves_its_name(nonsense: dict[str, object]) -> None:
    assert listed_model({"id": "m", "owned_by": 7, **nonsense}) == Model("m")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Model("m", multiplier=0.33), "0.33x"),
        (Model("m", multiplier=0), "0x, without limit"),
        (Model("m", price_in=0, price_out=0), "free"),
        (Model("m", price_in=2.5, price_out=10), "$2.5 in, $10 out per 1M"),
        (Model("m"), ""),
    ],
)
def test_prices_are_said_shortly(model: Model, words: str) -> None:
    assert price_words(model) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(None, ""), (512, "512 context"), (128_000, "128k context"), (1_048_576, "1.05M context")],
)
def test_sizes_are_said_shortly(size: int | None, words: str) -> None:
    assert context_words(Model("m", context_window=size)) == words


def test_why_a_model_cannot_be_used_stands_last() -> None:
    model = Model("m", "Anthropic", context_window=1000, disabled="not enabled")
    assert facts(model) == ["Anthropic", "1k context", "not enabled"]
