"""A decoder-only transformer (RMSNorm, rotary positions, grouped-query attention, SwiGLU) with a static KV cache."""

from typing import Any

from llmcost.bench_gpu.random_model import Shape
from llmcost.bench_gpu.torch_engine.device import Device

_WEIGHT_SPREAD = 0.02


class Decoder:
    """A shape with random weights. `make_room` comes before `forward`."""

    def __init__(self, device: Device, shape: Shape, seed: int) -> None:
        torch = self._torch = device.torch
        self._device, self.shape = device, shape
        generator = torch.Generator(device=device.kind).manual_seed(seed)

        def matrix(rows: int, columns: int) -> Any:
            empty = torch.empty(rows, columns, device=device.kind, dtype=device.dtype)
            return empty.normal_(0.0, _WEIGHT_SPREAD, generator=generator)

        hidden, inner = shape.hidden_size, shape.intermediate_size
        self._query_size = shape.num_attention_heads * shape.head_dim
        self._kv_size = shape.num_key_value_heads * shape.head_dim
        self._norm = torch.ones(hidden, device=device.kind, dtype=device.dtype)
        self._embedding = matrix(shape.vocab_size, hidden)
        self._head = matrix(shape.vocab_size, hidden)
        self._layers = [
            {
                "qkv": matrix(self._query_size + 2 * self._kv_size, hidden),
                "out": matrix(hidden, self._query_size),
                "gate_up": matrix(2 * inner, hidden),
                "down": matrix(hidden, inner),
            }
            for _ in range(shape.num_hidden_layers)
        ]

    def make_room(self, batch: int, max_tokens: int) -> None:
        """An empty cache for a number of sequences of up to a number of tokens."""
        torch, shape = self._torch, self.shape
        size = (shape.num_hidden_layers, 2, batch, shape.num_key_value_heads, max_tokens, shape.head_dim)
        self._cache = torch.zeros(size, device=self._device.kind, dtype=self._device.dtype)
        half = torch.arange(0, shape.head_dim, 2, device=self._device.kind, dtype=torch.float32) / shape.head_dim
        angles = torch.outer(torch.arange(max_tokens, device=self._device.kind), shape.rope_theta**-half)
        angles = torch.cat((angles, angles), dim=-1)
        self._cos, self._sin = angles.cos().to(self._device.dtype), angles.sin().to(self._device.dtype)

    def forward(self, tokens: Any, position: int, first_row: int = 0) -> Any:
        """The next token's scores for each sequence.

        `tokens`: (sequences, length) ids, either whole prompts at position 0 or one token each at a later one; they
        belong to the cache's rows from `first_row` on.
        """
        functional = self._torch.nn.functional
        rows = slice(first_row, first_row + tokens.shape[0])
        hidden = functional.embedding(tokens, self._embedding)
        for number, layer in enumerate(self._layers):
            mixed = self._attend(self._normed(hidden), layer["qkv"], self._cache[number, :, rows], position)
            hidden = hidden + functional.linear(mixed, layer["out"])
            gate, up = functional.linear(self._normed(hidden), layer["gate_up"]).chunk(2, dim=-1)
            hidden = hidden + functional.linear(functional.silu(gate) * up, layer["down"])
        return functional.linear(self._normed(hidden[:, -1]), self._head)

    def _normed(self, hidden: Any) -> Any:
        return self._torch.nn.functional.rms_norm(hidden, self._norm.shape, self._norm, self.shape.rms_norm_eps)

    def _attend(self, hidden: Any, weights: Any, cache: Any, position: int) -> Any:
        functional, shape = self._torch.nn.functional, self.shape
        batch, length = hidden.shape[:2]
        end = position + length
        sizes = (self._query_size, self._kv_size, self._kv_size)
        query, key, value = (
            part.view(batch, length, -1, shape.head_dim).transpose(1, 2)
            for part in functional.linear(hidden, weights).split(sizes, dim=-1)
        )
        cache[0, :, :, position:end] = self._rotated(key, position)
        cache[1, :, :, position:end] = value
        query = self._rotated(query, position)
        keys, values = cache[0, :, :, :end], cache[1, :, :, :end]
        group = shape.num_attention_heads // shape.num_key_value_heads
        if length == 1:
            # The query heads that share a key head are grouped before it: no key is copied.
            query = query.reshape(batch, shape.num_key_value_heads, group, shape.head_dim)
            mixed = functional.scaled_dot_product_attention(query, keys, values)
        else:
            keys, values = keys.repeat_interleave(group, dim=1), values.repeat_interleave(group, dim=1)
            mixed = functional.scaled_dot_product_attention(query, keys, values, is_causal=True)
        mixed = mixed.reshape(batch, shape.num_attention_heads, length, shape.head_dim)
        return mixed.transpose(1, 2).reshape(batch, length, self._query_size)

    def _rotated(self, heads: Any, position: int) -> Any:
        """Rotary position embedding: the halves of each head turned by an angle that grows with the position."""
        end = position + heads.shape[2]
        first, second = heads.chunk(2, dim=-1)
        turned = self._torch.cat((-second, first), dim=-1)
        return heads * self._cos[position:end] + turned * self._sin[position:end]
