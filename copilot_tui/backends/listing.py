"""What servers tell of their models: one entry of a list, in every shape met in the wild.

OpenAI, g4f, Ollama   id, owned_by; g4f marks its providers
OpenRouter            name, context_length, pricing in dollars a token, as text
LM Studio, vLLM, llama.cpp, Groq, Mistral   the context under a name of each one's own
GitHub                vendor, capabilities.limits, billing.multiplier, policy.state
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from copilot_tui.backends import Model
from copilot_tui.backends.server_words import Masked, server_words
from copilot_tui.errors import BadReply

NOT_ENABLED: Final = (
    "not enabled for this account: https://github.com/settings/copilot/features enables more"
)
NOT_ACTIVE: Final = "the server has switched it off"
NO_CHAT: Final = "it is not made for chats"

_CONTEXTS: Final = (
    ("context_window",),
    ("context_length",),
    ("loaded_context_length",),
    ("max_context_length",),
    ("max_model_len",),
    ("top_provider", "context_length"),
    ("capabilities", "limits", "max_context_window_tokens"),
    ("meta", "n_ctx"),
    ("meta", "n_ctx_train"),
)
"""Where the size of the context stands, by server."""

_NAMES: Final = ("id", "name", "model")
_VENDORS: Final = ("vendor", "owned_by", "publisher")
_OF_NOBODY: Final = frozenset({"organization_owner", "library", "system", "user"})
"""What some servers write for every model."""

_A_MILLION: Final = 1_000_000
"""Tokens that a price is said for."""


def listed_models(answer: object, masked: Masked) -> list[Model]:
    """The models in a list, bare or under "data". Raises BadReply when there is no list, with the
    server's words without our own secrets.
    """
    entries = answer
    if isinstance(answer, dict):
        entries = answer.get("data", answer.get("models"))
        if answer.get("object") == "list" and entries is None:
            entries = []  # Ollama without a model: "data": null
    if not isinstance(entries, list):
        words = server_words(answer, masked)
        raise BadReply("the server sent no list of models" + (f": {words}" if words else ""))
    return [model for entry in entries if (model := listed_model(entry))]


def listed_model(entry: object) -> Model | None:
    """One entry of a list; None: it names nothing."""
    if isinstance(entry, str):
        return Model(entry) if entry else None
    if not isinstance(entry, dict):
        return None
    id_ = next(filter(None, (_text(entry.get(key)) for key in _NAMES)), "")
    if not id_:
        return None
    name = _text(entry.get("label")) or _text(entry.get("name"))
    prices = entry.get("pricing")
    return Model(
        id_,
        vendor=_vendor(entry, id_),
        is_provider=entry.get("provider") is True or entry.get("object") == "provider",
        name="" if name == id_ else name,
        context_window=next(filter(None, (_count(_at(entry, path)) for path in _CONTEXTS)), None),
        multiplier=_amount(_at(entry, ("billing", "multiplier"))),
        price_in=_price(prices, "prompt"),
        price_out=_price(prices, "completion"),
        disabled=_why_disabled(entry),
    )


def _vendor(entry: Mapping[str, Any], id_: str) -> str:
    said = next(filter(None, (_text(entry.get(key)) for key in _VENDORS)), "")
    if said and said not in _OF_NOBODY:
        return said
    # A router that tells prices names each model VENDOR/MODEL.
    return id_.partition("/")[0] if "/" in id_ and "pricing" in entry else ""


def _why_disabled(entry: Mapping[str, Any]) -> str:
    state = _text(_at(entry, ("policy", "state")))
    if (state and state != "enabled") or entry.get("model_picker_enabled") is False:
        return NOT_ENABLED
    if entry.get("active") is False:
        return NOT_ACTIVE
    kind = _text(_at(entry, ("capabilities", "type"))) or _text(entry.get("type"))
    return NO_CHAT if kind in ("embeddings", "embedding") else ""


def _at(entry: Mapping[str, Any], path: tuple[str, ...]) -> object:
    found: object = entry
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _amount(value: object) -> float | None:
    """A number, or the text of one, that is not below nought."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = float(value)
    except (ValueError, OverflowError):
        return None
    return amount if math.isfinite(amount) and amount >= 0 else None


def _count(value: object) -> int | None:
    amount = _amount(value)
    return int(amount) if amount else None


def _price(prices: object, of: str) -> float | None:
    """Dollars for a million tokens. A router's own choice has a price of -1: nobody knows it."""
    each = _amount(prices.get(of)) if isinstance(prices, dict) else None
    return None if each is None else round(each * _A_MILLION, 4)


def facts(model: Model) -> list[str]:
    """What is worth knowing of a model before it is chosen, each in a few words."""
    found = ["provider"] if model.is_provider else []
    found += [model.name, model.vendor, context_words(model), price_words(model)]
    return [*filter(None, found), *([model.disabled] if model.disabled else [])]


def context_words(model: Model) -> str:
    """128k context, 1M context."""
    size = model.context_window
    if not size:
        return ""
    if size >= 1_000_000:
        return f"{size / 1_000_000:.3g}M context"
    return f"{round(size / 1000)}k context" if size >= 1000 else f"{size} context"


def price_words(model: Model) -> str:
    """0.33x, free, or $2.5 in, $10 out per 1M (a million tokens)."""
    if model.multiplier is not None:
        return f"{model.multiplier:g}x" if model.multiplier else "0x, without limit"
    if model.price_in is None and model.price_out is None:
        return ""
    if not model.price_in and not model.price_out:
        return "free"
    return f"${model.price_in or 0:.4g} in, ${model.price_out or 0:.4g} out per 1M"
