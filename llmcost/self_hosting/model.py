"""The shape of a transformer, which decides its bytes and its work."""

import datetime
from dataclasses import dataclass
from functools import cached_property

from llmcost.self_hosting.quantization import Quantization

TYPICAL_CONTEXT = 4096
"""Tokens of a request for which layers with a sliding window are counted: what they keep does not grow beyond it."""


@dataclass(frozen=True)
class Model:
    """A decoder's dimensions, as in its published config.json.

    Layers that attend to everything keep keys and values of every token, `sliding_layers` only of the last
    `sliding_window` tokens, and the rest, beyond `kv_layers` and `sliding_layers`, none (linear attention).
    """

    name: str
    layers: int
    hidden_size: int
    intermediate_size: int  # of one expert, where there are experts
    heads: int
    kv_heads: int
    head_size: int
    vocabulary: int
    max_context: int
    tied_embeddings: bool = False
    experts: int = 1
    experts_per_token: int = 1
    shared_intermediate_size: int = 0  # of what every token passes in addition to its experts
    kv_layers: int | None = None  # layers that attend to everything; None: all but the sliding ones
    sliding_layers: int = 0
    sliding_window: int = 0
    full_kv_heads: int | None = None  # of the layers that attend to everything, where they differ
    full_head_size: int | None = None
    gated_attention: bool = False  # queries are twice as wide, to gate what attention returns
    linear_parameters: int = 0  # of one layer of linear attention, without its MLP
    quantization: Quantization | None = None  # as published, where not in 16 bits
    aliases: tuple[str, ...] = ()  # a hub's names of models of this very shape, without their owners
    source: str = "llmcost.toml"
    read_on: datetime.date | None = None

    @cached_property
    def embedding_parameters(self) -> int:
        """Input and output embeddings, which stay 16-bit when the rest is quantized."""
        return self.vocabulary * self.hidden_size * (1 if self.tied_embeddings else 2)

    @cached_property
    def expert_parameters(self) -> int:
        """The matrices of all experts; of a model without any, of its feed-forward layers."""
        return self.layers * self.experts * self._expert

    @property
    def missed_experts(self) -> float:
        """The share of the experts that one token does not use."""
        return 1 - self.experts_per_token / self.experts

    @cached_property
    def layer_parameters(self) -> int:
        """The matrices of all layers."""
        return self._outside_experts + self.expert_parameters

    @cached_property
    def active_parameters(self) -> int:
        """The matrix entries that one token is multiplied with, output embedding included."""
        used = self._outside_experts + self.layers * self.experts_per_token * self._expert
        return used + self.vocabulary * self.hidden_size

    @cached_property
    def kv_bytes_per_token(self) -> int:
        """Keys and values of one token in 16 bits, in a request of TYPICAL_CONTEXT tokens."""
        full = self._full_layers * self._full_kv_heads * self._full_head_size
        return round(2 * 2 * (full + self._sliding_kept * self.kv_heads * self.head_size))

    @cached_property
    def attention_width(self) -> float:
        """Entries of all queries of one token that are multiplied with each token of context, over all layers."""
        return self.heads * (self._full_layers * self._full_head_size + self._sliding_kept * self.head_size)

    def is_like(self, other: "Model") -> bool:
        """Whether the two take the same bytes and the same work."""
        return all(
            getattr(self, name) == getattr(other, name)
            for name in ("embedding_parameters", "layer_parameters", "expert_parameters", "active_parameters",
                         "kv_bytes_per_token", "attention_width")
        )  # fmt: skip

    @property
    def _full_layers(self) -> int:
        return self.layers - self.sliding_layers if self.kv_layers is None else self.kv_layers

    @property
    def _full_kv_heads(self) -> int:
        return self.kv_heads if self.full_kv_heads is None else self.full_kv_heads

    @property
    def _full_head_size(self) -> int:
        return self.head_size if self.full_head_size is None else self.full_head_size

    @property
    def _sliding_kept(self) -> float:
        """Sliding layers, in layers that attend to everything."""
        return self.sliding_layers * min(1.0, self.sliding_window / TYPICAL_CONTEXT)

    @property
    def _outside_experts(self) -> int:
        linear = self.layers - self._full_layers - self.sliding_layers
        return (
            self._full_layers * self._attention(self._full_kv_heads, self._full_head_size)
            + self.sliding_layers * self._attention(self.kv_heads, self.head_size)
            + linear * self.linear_parameters
            + self.layers * 3 * self.hidden_size * self.shared_intermediate_size
        )

    def _attention(self, kv_heads: int, head_size: int) -> int:
        return self.hidden_size * head_size * ((3 if self.gated_attention else 2) * self.heads + 2 * kv_heads)

    @property
    def _expert(self) -> int:
        return 3 * self.hidden_size * self.intermediate_size
