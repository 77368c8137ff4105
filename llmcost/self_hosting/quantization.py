"""How weights are stored, and which GPUs have kernels for it."""

from typing import Literal, get_args

Quantization = Literal["none", "fp8", "awq", "gptq", "mxfp4"]
QUANTIZATIONS: tuple[Quantization, ...] = get_args(Quantization)

# Bits a weight takes. AWQ and GPTQ: scales and zero points of groups of 128 included; MXFP4: a scale for each 32.
BITS: dict[Quantization, float] = {"none": 16.0, "fp8": 8.0, "awq": 4.16, "gptq": 4.16, "mxfp4": 4.25}

# The oldest compute capability with kernels for the format in vLLM 0.33 (its wheel, read in November 2026): below 8.9
# 8-bit floats are unpacked to 16 bits, MXFP4 needs bfloat16.
LEAST_CAPABILITY: dict[Quantization, float] = {"none": 7.0, "fp8": 7.5, "awq": 7.5, "gptq": 7.5, "mxfp4": 8.0}


def spoken(quantization: Quantization) -> str:
    """Its name in a sentence."""
    return {"none": "16-bit", "fp8": "8-bit", "awq": "4-bit AWQ", "gptq": "4-bit GPTQ", "mxfp4": "MXFP4"}[quantization]
