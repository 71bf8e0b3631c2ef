"""Names on a bill and names in a log meet at the same priced model."""

from __future__ import annotations

import pytest

from finops.prices.names import canonical, provider_id

SONNET = ("aws", "regional.anthropic.claude-sonnet-4-5-20250929-v1:0")
ARN = "arn:aws:bedrock:us-east-1:123456789012:"


@pytest.mark.parametrize(
    ("provider", "model", "expected"),
    [
        ("openai", "gpt-4o-2024-08-06", ("openai", "gpt-4o")),
        ("openai", "GPT-4o", ("openai", "gpt-4o")),
        ("OpenAI", " gpt-4o ", ("openai", "gpt-4o")),
        ("openai", "openai/gpt-4o", ("openai", "gpt-4o")),
        ("openai", "gpt-4o-20240806", ("openai", "gpt-4o")),
        (None, "gpt-4o", ("openai", "gpt-4o")),
        (None, "openai/gpt-4o", ("openai", "gpt-4o")),
        ("litellm", "azure/gpt-4o", ("azure", "gpt-4o")),
        ("azure.ai.openai", "gpt-4o", ("azure", "gpt-4o")),
        ("Microsoft Azure", "gpt-4o", ("azure", "gpt-4o")),
        ("aws.bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET),
        ("Amazon Bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET),
        (None, "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET),
        (
            "bedrock",
            ARN + "inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            SONNET,
        ),
        (None, ARN + "foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET),
        (
            "aws",
            "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
            ("aws", "global.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ),
        ("gcp.vertex_ai", "claude-sonnet-4-5@20250929", ("google", "claude-sonnet-4-5")),
        ("gcp.gemini", "models/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("vertex_ai", "publishers/google/models/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("x_ai", "grok-4", ("x-ai", "grok-4-0709")),
        ("openrouter", "openai/gpt-4o", ("openrouter", "openai/gpt-4o")),
        ("openai", "gpt-4o-invented", None),
        ("aws", ARN + "application-inference-profile/abc123", None),
        ("acme-gateway", "gpt-4o", None),
        ("my-openai-compatible-server", "gpt-4o", None),
        ("openai", "", None),
        ("openai", None, None),
        (None, "house-model", None),
    ],
)
def test_a_model_is_known_by_many_names(
    provider: str | None, model: str | None, expected: tuple[str, str] | None
) -> None:
    assert canonical(provider, model) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openai", "openai"),
        ("anthropic", "anthropic"),
        ("aws.bedrock", "aws"),
        ("Amazon Web Services", "aws"),
        ("azure.ai.inference", "azure"),
        ("az.ai.openai", "azure"),
        ("gcp.gen_ai", "google"),
        ("gemini", "google"),
        ("Google Cloud", "google"),
        ("mistral_ai", "mistral"),
        ("together_ai", "together"),
        ("fireworks_ai", "fireworks"),
        ("xai", "x-ai"),
        ("ibm.watsonx.ai", None),
        ("", None),
        (None, None),
    ],
)
def test_a_provider_is_known_by_many_names(name: str | None, expected: str | None) -> None:
    assert provider_id(name) == expected
