"""What the Copilot CLI tells of an account: its models, and what is left of its quotas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from copilot_tui.backends import Model
from copilot_tui.backends.accounts import Quota
from copilot_tui.backends.listing import NOT_ENABLED

if TYPE_CHECKING:
    from copilot_tui.backends.sdk.runtime import Client, ListedModel

_QUOTAS: Final = {"premium_interactions": "premium requests", "chat": "chat messages"}
"""Those that a chat uses up, by the service's names."""


class _Nothing:
    """The parameters of a request that has none."""

    def to_dict(self) -> dict[str, object]:
        """As the wire has them."""
        return {}


async def quotas(client: Client) -> tuple[Quota, ...]:
    """What is left; empty: this version of the CLI, or this kind of account, does not tell."""
    try:
        told = await client.rpc.account.get_quota(_Nothing())
        return tuple(
            _quota(name, told.quota_snapshots[key])
            for key, name in _QUOTAS.items()
            if key in told.quota_snapshots
        )
    except Exception:  # noqa: BLE001  the SDK's own are not documented, and nothing hangs on it
        return ()


def _quota(name: str, snapshot: Any) -> Quota:  # noqa: ANN401  the SDK's AccountQuotaSnapshot
    allowed = snapshot.entitlement_requests
    is_endless = snapshot.is_unlimited_entitlement or allowed < 0
    return Quota(
        name,
        used=float(snapshot.used_requests),
        allowed=None if is_endless else float(allowed),
        renewed_on=str(snapshot.reset_date or "")[:10],
        may_exceed=bool(getattr(snapshot, "usage_allowed_with_exhausted_quota", False))
        or bool(getattr(snapshot, "overage_allowed_with_exhausted_quota", False)),
    )


def model_of(entry: ListedModel) -> Model:
    """A model as it is listed. Not every version of the SDK has all of these fields."""
    limits = getattr(getattr(entry, "capabilities", None), "limits", None)
    state = getattr(getattr(entry, "policy", None), "state", "enabled")
    name = getattr(entry, "name", "") or ""
    return Model(
        entry.id,
        vendor=_vendor(name or entry.id),
        name="" if name == entry.id else name,
        context_window=getattr(limits, "max_context_window_tokens", None),
        multiplier=getattr(getattr(entry, "billing", None), "multiplier", None),
        disabled="" if getattr(state, "value", state) == "enabled" else NOT_ENABLED,
    )


_VENDORS: Final[Mapping[str, str]] = {
    "claude": "Anthropic",
    "gpt": "OpenAI",
    "o1": "OpenAI",
    "o3": "OpenAI",
    "o4": "OpenAI",
    "gemini": "Google",
    "grok": "xAI",
}


def _vendor(name: str) -> str:
    """Whose model it is: the CLI does not say, but the family's name does."""
    family = name.lower().replace("-", " ").partition(" ")[0]
    return _VENDORS.get(family, "")
