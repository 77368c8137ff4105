"""What fits where, and what is said where it does not."""

import pytest

from llmcost.self_hosting import catalogue
from llmcost.self_hosting.fitting import GIB, DoesNotFitError, check, weights_bytes

KNOWN = catalogue.load()


def test_weights_are_as_large_as_published() -> None:
    assert weights_bytes(KNOWN.model("mistral-7b"), "none") / GIB == pytest.approx(13.5, abs=0.05)
    assert weights_bytes(KNOWN.model("mistral-7b"), "awq") / 1e9 == pytest.approx(4.2, abs=0.05)
    assert weights_bytes(KNOWN.model("llama-3.1-8b"), "none") / 1e9 == pytest.approx(16.06, abs=0.02)


def test_mistral_in_16_bits_is_refused_on_a_t4_and_fewer_bits_named() -> None:
    with pytest.raises(DoesNotFitError) as refused:
        check(KNOWN, KNOWN.model("mistral-7b"), "none", KNOWN.gpu("T4"))
    assert "13.5 GiB of weights" in refused.value.message
    assert "quantization=fp8" in (refused.value.hint or "")
    assert "in 16-bit it fits runpod-community-rtx-4090 (one RTX-4090)" in (refused.value.hint or ""), "the cheapest"


def test_mistral_in_4_bits_leaves_a_t4_some_70_thousand_tokens() -> None:
    fit = check(KNOWN, KNOWN.model("mistral-7b"), "awq", KNOWN.gpu("T4"))
    assert 60_000 < fit.kv_tokens < 75_000
    assert fit.dtype == "float16"
    assert "bfloat16" in fit.note


def test_the_cache_is_as_large_as_a_real_server_found() -> None:
    fit = check(KNOWN, KNOWN.model("llama-3.1-8b"), "none", KNOWN.gpu("NVIDIA GeForce RTX 4090"))
    assert fit.kv_blocks == pytest.approx(2587, rel=0.01)


def test_a_gpu_without_the_kernels_is_refused() -> None:
    with pytest.raises(DoesNotFitError, match="no kernels for MXFP4"):
        check(KNOWN, KNOWN.model("gpt-oss-20b"), "mxfp4", KNOWN.gpu("T4"))
    fit = check(KNOWN, KNOWN.model("mistral-7b"), "fp8", KNOWN.gpu("T4"))
    assert "no 8-bit arithmetic" in fit.note
    assert "bfloat16" in fit.note


def test_of_mxfp4_only_the_experts_are_in_4_bits() -> None:
    """13.76 GB is what the published files of gpt-oss-20b take."""
    assert weights_bytes(KNOWN.model("gpt-oss-20b"), "mxfp4") / 1e9 == pytest.approx(13.76, rel=0.005)
    check(KNOWN, KNOWN.model("gpt-oss-20b"), "mxfp4", KNOWN.gpu("L4"))


def test_a_large_model_is_split_where_its_heads_allow() -> None:
    llama = KNOWN.model("llama-3.3-70b")
    with pytest.raises(DoesNotFitError):
        check(KNOWN, llama, "none", KNOWN.gpu("H100"))
    assert check(KNOWN, llama, "none", KNOWN.gpu("H100"), 8).kv_tokens > 100_000
    with pytest.raises(DoesNotFitError, match="cannot be split over 3"):
        check(KNOWN, llama, "none", KNOWN.gpu("H100"), 3)


def test_where_nothing_fits_a_smaller_model_is_advised() -> None:
    none_to_rent = catalogue.Catalogue(KNOWN.gpus, {}, KNOWN.models)
    with pytest.raises(DoesNotFitError) as refused:
        check(none_to_rent, KNOWN.model("llama-3.3-70b"), "awq", KNOWN.gpu("T4"))
    assert refused.value.hint == "use a smaller model"
