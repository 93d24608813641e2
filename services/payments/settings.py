"""What `payments` is told besides what every service is. Stripe's own names, so that an operator finds them in Stripe's manual."""

from __future__ import annotations

from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr, model_validator

from services.chassis.settings import Settings


class PaymentsSettings(Settings):
    """Secrets may be files; a file is read at the start."""

    service: str = "payments"
    stripe_secret_key: SecretStr = Field(SecretStr(""), validation_alias=AliasChoices("STRIPE_SECRET_KEY"))
    stripe_secret_key_file: Path | None = Field(None, validation_alias=AliasChoices("STRIPE_SECRET_KEY_FILE"))
    stripe_webhook_secret: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("STRIPE_WEBHOOK_SECRET"),
        description="one or more `whsec_…`, separated by commas: while a secret is rolled both count",
    )
    stripe_webhook_secret_file: Path | None = Field(None, validation_alias=AliasChoices("STRIPE_WEBHOOK_SECRET_FILE"))
    stripe_api_base: str | None = Field(None, validation_alias=AliasChoices("STRIPE_API_BASE"), description="none: Stripe itself")
    stripe_timeout_seconds: float = Field(
        20.0,
        gt=0,
        le=25,
        validation_alias=AliasChoices("STRIPE_TIMEOUT_SECONDS"),
        description="for one conversation with Stripe, retries included",
    )
    stripe_max_calls: int = Field(
        64, ge=1, le=100, validation_alias=AliasChoices("STRIPE_MAX_CALLS"), description="calls to Stripe at the same time"
    )

    stripe_charges_at_once: int = Field(
        32, ge=1, le=100, validation_alias=AliasChoices("STRIPE_CHARGES_AT_ONCE"), description="queued charges at the same time"
    )
    stripe_clock_url: str | None = Field(None, description="where the clock of a stand-in for Stripe is advanced; none: it is not")

    @model_validator(mode="after")
    def _complete(self) -> PaymentsSettings:
        if not self.secret_key or not self.webhook_secrets:
            raise ValueError("set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET, or their …_FILE")
        return self

    @property
    def secret_key(self) -> str:
        """The key of Stripe's API."""
        return _secret(self.stripe_secret_key, self.stripe_secret_key_file)

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Every secret that signs events now."""
        text = _secret(self.stripe_webhook_secret, self.stripe_webhook_secret_file)
        return tuple(part.strip() for part in text.replace("\n", ",").split(",") if part.strip())


def _secret(given: SecretStr, file: Path | None) -> str:
    return file.read_text().strip() if file else given.get_secret_value().strip()
