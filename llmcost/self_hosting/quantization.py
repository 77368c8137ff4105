"""How weights are stored, and which GPUs have kernels for it."""

from typing import Literal, get_args

Quantization = Literal["none", "fp8", "int8", "gptq-8bit", "awq", "gptq", "awq-gemm", "mxfp4", "nvfp4"]
QUANTIZATIONS: tuple[Quantization, ...] = get_args(Quantization)

# Bits a weight takes. AWQ and GPTQ: scales and zero points of groups of 128 included; MXFP4: a scale for each 32,
# NVFP4: for each 16.
BITS: dict[Quantization, float] = {
    "none": 16.0, "fp8": 8.0, "int8": 8.0, "gptq-8bit": 8.16, "awq": 4.16, "gptq": 4.16, "awq-gemm": 4.16,
    "mxfp4": 4.25, "nvfp4": 4.5,
}  # fmt: skip

# The oldest compute capability with kernels for the format in vLLM 0.33 (its wheel, read in November 2026): below 8.9
# 8-bit floats are unpacked to 16 bits, below 10.0 NVFP4 is; MXFP4 needs bfloat16.
LEAST_CAPABILITY: dict[Quantization, float] = {
    "none": 7.0, "fp8": 7.5, "int8": 7.5, "gptq-8bit": 7.5, "awq": 7.5, "gptq": 7.5, "awq-gemm": 7.5,
    "mxfp4": 8.0, "nvfp4": 7.5,
}  # fmt: skip

_SPOKEN: dict[Quantization, str] = {
    "none": "16-bit", "fp8": "8-bit", "int8": "INT8 (W8A8)", "gptq-8bit": "8-bit GPTQ", "awq": "4-bit AWQ",
    "gptq": "4-bit GPTQ", "awq-gemm": "4-bit AWQ before Marlin", "mxfp4": "MXFP4", "nvfp4": "NVFP4",
}  # fmt: skip


def spoken(quantization: Quantization) -> str:
    """Its name in a sentence."""
    return _SPOKEN[quantization]
