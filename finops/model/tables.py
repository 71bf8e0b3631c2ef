"""The ledger's tables: every column there is, what it means, and the rule its values keep.

Cost columns carry FOCUS names verbatim (FinOps Open Cost and Usage Specification, 1.0 to 1.4; our own
begin with `x_`). Request columns are OpenTelemetry GenAI attribute names in snake_case. Token kinds
are disjoint: `input_tokens` is their sum and is never stored.
"""

from __future__ import annotations

from finops.model.schema import Column, Kind, Table

__all__ = [
    "BOOK_COLUMNS",
    "CACHE_WRITE_COLUMNS",
    "CHANGES",
    "COSTS",
    "COST_AMOUNTS",
    "GENERATION_OPERATIONS",
    "GPU_SAMPLES",
    "INPUT_TOKEN_COLUMNS",
    "JOBS",
    "LOADS",
    "REQUESTS",
    "TABLES",
    "TOKEN_COLUMNS",
    "USAGE",
]

COST_AMOUNTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
"""The four FOCUS amounts every cost row carries."""

BOOK_COLUMNS = ("x_Line", "x_AdjustsMonth")
"""Cost columns that only finops fills: a delivery's own columns of these names are kept in x_Extra."""

CACHE_WRITE_COLUMNS = (
    "cache_write_5m_tokens",
    "cache_write_30m_tokens",
    "cache_write_1h_tokens",
    "cache_write_12h_tokens",
    "cache_write_unknown_tokens",
)
"""Cache-write tokens by lifetime class; `unknown` where the source does not say."""

INPUT_TOKEN_COLUMNS = ("uncached_input_tokens", "cache_read_tokens", *CACHE_WRITE_COLUMNS)
"""The disjoint kinds whose sum is `input_tokens`."""

TOKEN_COLUMNS = (*INPUT_TOKEN_COLUMNS, "output_tokens")
"""The disjoint kinds whose sum is `total_tokens`; reasoning is a part of output, not one of these."""

GENERATION_OPERATIONS = ("chat", "text_completion")
"""Operations that count as a request; every other one is cost of the run it happens in."""


def _text(name: str, about: str, *, required: bool = False, values: tuple[str, ...] = ()) -> Column:
    return Column(name, Kind.TEXT, about, required=required, values=values)


def _decimal(name: str, about: str, *, required: bool = False, unit: str | None = None) -> Column:
    return Column(name, Kind.DECIMAL, about, required=required, unit=unit)


def _count(name: str, about: str, *, required: bool = False, unit: str | None = None) -> Column:
    return Column(name, Kind.INTEGER, about, required=required, minimum=0, unit=unit)


def _real(name: str, about: str, *, unit: str | None = None, maximum: int | None = None) -> Column:
    return Column(name, Kind.REAL, about, minimum=0, maximum=maximum, unit=unit)


def _time(name: str, about: str, *, required: bool = False) -> Column:
    return Column(name, Kind.TIMESTAMP, about, required=required)


def _json(name: str, about: str) -> Column:
    return Column(name, Kind.JSON, about)


COSTS = Table(
    name="costs",
    about="One charge of a bill: a FOCUS row.",
    partition_by=("x_BillingMonth", "x_SourceId"),
    key=(),
    columns=(
        _decimal("BilledCost", "What the invoice charges.", required=True, unit="BillingCurrency"),
        _decimal(
            "EffectiveCost",
            "Amortized cost after all discounts.",
            required=True,
            unit="BillingCurrency",
        ),
        _decimal("ListCost", "Cost at the public list price.", unit="BillingCurrency"),
        _decimal("ContractedCost", "Cost at the negotiated price.", unit="BillingCurrency"),
        _text("BillingCurrency", "Currency of the four amounts (ISO 4217).", required=True),
        _text("BillingAccountId", "Account the invoice goes to."),
        _text("BillingAccountName", "Its name."),
        _text("BillingAccountType", "Its kind, in the provider's words."),
        _time("BillingPeriodStart", "First instant of the billing period.", required=True),
        _time("BillingPeriodEnd", "First instant after the billing period.", required=True),
        _time("ChargePeriodStart", "First instant the charge covers.", required=True),
        _time("ChargePeriodEnd", "First instant after the charge.", required=True),
        _text(
            "ChargeCategory",
            "What sort of charge this is.",
            required=True,
            values=("Usage", "Purchase", "Tax", "Credit", "Adjustment"),
        ),
        _text(
            "ChargeClass",
            "`Correction` when the row corrects an earlier invoice.",
            values=("Correction",),
        ),
        _text("ChargeDescription", "The provider's sentence about the charge."),
        _text(
            "ChargeFrequency",
            "How often it recurs.",
            values=("One-Time", "Recurring", "Usage-Based"),
        ),
        _text(
            "CommitmentDiscountCategory",
            "Commitment on usage or on spend.",
            values=("Spend", "Usage"),
        ),
        _text("CommitmentDiscountId", "The commitment applied to, or bought by, this row."),
        _text("CommitmentDiscountName", "Its name."),
        _decimal(
            "CommitmentDiscountQuantity", "Commitment units used.", unit="CommitmentDiscountUnit"
        ),
        _text(
            "CommitmentDiscountStatus",
            "Whether the commitment was used.",
            values=("Used", "Unused"),
        ),
        _text("CommitmentDiscountType", "Its type, in the provider's words."),
        _text("CommitmentDiscountUnit", "Unit of CommitmentDiscountQuantity."),
        _text("CapacityReservationId", "Capacity reservation this row belongs to."),
        _text(
            "CapacityReservationStatus",
            "Whether the reservation was used.",
            values=("Used", "Unused"),
        ),
        _decimal("ConsumedQuantity", "Amount consumed.", unit="ConsumedUnit"),
        _text("ConsumedUnit", "Unit of ConsumedQuantity."),
        _decimal(
            "ContractedUnitPrice", "Negotiated price of one PricingUnit.", unit="BillingCurrency"
        ),
        _json("ContractApplied", "Contracts applied to the row (1.3)."),
        _text("HostProviderName", "Who runs the infrastructure (1.3)."),
        _text("ServiceProviderName", "Who offers the service (1.3; ProviderName before)."),
        _text("InvoiceId", "Invoice the row is on."),
        _text("InvoiceDetailId", "Line of that invoice (1.4)."),
        _text("InvoiceIssuerName", "Who issued the invoice."),
        _decimal("ListUnitPrice", "List price of one PricingUnit.", unit="BillingCurrency"),
        _text(
            "PricingCategory",
            "How the price was set.",
            values=("Standard", "Committed", "Dynamic", "Other"),
        ),
        _text("PricingCurrency", "Currency, or virtual currency, of the price list."),
        _decimal(
            "PricingCurrencyContractedUnitPrice", "Negotiated price there.", unit="PricingCurrency"
        ),
        _decimal("PricingCurrencyEffectiveCost", "Effective cost there.", unit="PricingCurrency"),
        _decimal("PricingCurrencyListUnitPrice", "List price there.", unit="PricingCurrency"),
        _decimal("PricingQuantity", "Amount priced.", unit="PricingUnit"),
        _text("PricingUnit", "Unit of PricingQuantity."),
        _text("ProviderName", "Who made the service available (before 1.3)."),
        _text("PublisherName", "Who produced the service (before 1.3)."),
        _text("RegionId", "Region the charge arose in."),
        _text("RegionName", "Its name."),
        _text("AvailabilityZone", "Zone within the region."),
        _text("ResourceId", "Resource charged for."),
        _text("ResourceName", "Its name."),
        _text("ResourceType", "Its type."),
        _text("ServiceCategory", "FOCUS category of the service."),
        _text("ServiceSubcategory", "FOCUS subcategory (1.1)."),
        _text("ServiceName", "Service charged for."),
        _text("SkuId", "Stock-keeping unit."),
        _text("SkuMeter", "What of the SKU is metered (1.1)."),
        _json("SkuPriceDetails", "Properties of the SKU price, a JSON object."),
        _text("SkuPriceId", "Price of the SKU."),
        _text("SubAccountId", "Account, subscription or project inside the billing account."),
        _text("SubAccountName", "Its name."),
        _text("SubAccountType", "Its kind, in the provider's words."),
        _json("Tags", "Tags as a JSON object; keys as the provider wrote them."),
        _json("AllocatedMethodDetails", "How a split charge was split (1.3)."),
        _text("AllocatedMethodId", "Method of the split (1.3)."),
        _text("AllocatedResourceId", "Resource the split share goes to (1.3)."),
        _text("AllocatedResourceName", "Its name (1.3)."),
        _json("AllocatedTags", "Its tags (1.3)."),
        _json(
            "CommitmentProgramEligibilityDetails",
            "Commitment programs the row is eligible for (1.4).",
        ),
        _text("x_Model", "Model charged for, where the bill names one."),
        _text(
            "x_TokenType",
            "Token kind charged for, a token column's name without `_tokens`, where the bill names one.",
        ),
        _text("x_ServiceTier", "Service tier charged for: standard, batch, priority, flex …"),
        _json("x_Extra", "Columns of the delivery that FOCUS does not know, a JSON object."),
        _text("x_BillingMonth", "Month of the invoice, YYYY-MM.", required=True),
        _text("x_SourceId", "Source the row came from.", required=True),
        _text(
            "x_Scope",
            "What of the source one delivery replaces: provider/billing account.",
            required=True,
        ),
        _text("x_LoadId", "Load that brought the row.", required=True),
        _text(
            "x_CostOrigin",
            "Where the amount comes from.",
            required=True,
            values=("bill", "owned", "estimated"),
        ),
        _text("x_StackLayer", "Layer of the stack, where a rule has set it."),
        _text("x_Pool", "Pool named by the source itself; `finops.toml` rules decide otherwise."),
        _text(
            "x_Line",
            "Line of account of a row that finops adds to a month; no delivered row has one.",
            values=("prior_period", "fx", "accrual"),
        ),
        _text("x_AdjustsMonth", "Closed month that a row finops adds adjusts, YYYY-MM."),
    ),
)

REQUESTS = Table(
    name="requests",
    about="One model call, retrieval or tool call: one attempt.",
    partition_by=("day",),
    key=("source_id", "request_id", "attempt"),
    columns=(
        _time("timestamp", "When the attempt started, UTC.", required=True),
        _text("request_id", "The source's identity of the attempt.", required=True),
        _text("trace_id", "Trace it belongs to."),
        _text("span_id", "Span it is."),
        _text("parent_span_id", "Span it happened in."),
        _text(
            "call_id",
            "Attempts of one logical call share it; request_id when there was one.",
            required=True,
        ),
        _text(
            "operation",
            "gen_ai.operation.name.",
            required=True,
            values=("chat", "text_completion", "embeddings", "rerank", "retrieval", "execute_tool"),
        ),
        _text("provider", "gen_ai.provider.name: openai, anthropic, aws.bedrock …"),
        _text("request_model", "Model asked for."),
        _text("response_model", "Model that answered."),
        _text("workflow", "Workflow the call serves."),
        _text("workflow_run_id", "One execution of it."),
        _text("agent", "Agent that decided to call."),
        _text("feature", "Product feature."),
        _text("team", "Team that owns the call, where the log says."),
        _text("tenant", "Customer served."),
        _text("environment", "production, staging …"),
        _text("project", "Provider-side project, workspace or account the call is billed to."),
        _text("api_key_id", "Identifier of the key used; never the key."),
        _text("prompt_version", "Version of the prompt."),
        _text("workload_tier", "One of the five workload tiers."),
        _text(
            "service_tier",
            "Tier the provider served: standard, priority, flex, batch … null means standard.",
        ),
        _text("speed", "Speed mode: standard or fast."),
        _text("region", "Region the model ran in."),
        _text("caller_region", "Region the caller is in."),
        _text("store_region", "Region of the store read."),
        _text("inference_geo", "Geography the inference was restricted to."),
        _text("data_class", "Class of the data handled."),
        Column(
            "attempt", Kind.INTEGER, "1 for the first attempt of a call.", required=True, minimum=1
        ),
        _text(
            "status",
            "How the attempt ended.",
            required=True,
            values=("ok", "error", "timeout", "cancelled", "blocked"),
        ),
        _text("error_type", "error.type."),
        _count("uncached_input_tokens", "Input read at full price.", unit="tokens"),
        _count("cache_read_tokens", "Input read from a prompt cache.", unit="tokens"),
        _count("cache_write_5m_tokens", "Input written to a 5-minute cache.", unit="tokens"),
        _count("cache_write_30m_tokens", "Input written to a 30-minute cache.", unit="tokens"),
        _count("cache_write_1h_tokens", "Input written to a 1-hour cache.", unit="tokens"),
        _count("cache_write_12h_tokens", "Input written to a 12-hour cache.", unit="tokens"),
        _count(
            "cache_write_unknown_tokens",
            "Input written to a cache of unknown lifetime.",
            unit="tokens",
        ),
        _count("output_tokens", "All output, reasoning included.", unit="tokens"),
        _count("reasoning_tokens", "The part of output spent on reasoning.", unit="tokens"),
        _count("context_window", "Context window of the model.", unit="tokens"),
        _count("retrieved_chunks", "Chunks a retrieval returned."),
        _count("bytes_in", "Bytes received.", unit="bytes"),
        _count("bytes_out", "Bytes sent.", unit="bytes"),
        _real("work_units", "Work that is not tokens.", unit="work_unit_kind"),
        _text("work_unit_kind", "audio_second, image, page, search …"),
        _real("latency_ms", "Start to last byte.", unit="ms"),
        _real("ttft_ms", "Start to first token.", unit="ms"),
        _real("queue_ms", "Waiting before work began.", unit="ms"),
        _real("retrieval_ms", "Spent retrieving.", unit="ms"),
        _real("network_ms", "Spent on the network.", unit="ms"),
        _real("model_load_ms", "Spent loading the model.", unit="ms"),
        Column("batch", Kind.BOOLEAN, "Whether the provider's batch interface was used."),
        _real("confidence", "Model's confidence in its answer.", maximum=1),
        _text("outcome", "Outcome logged for the call or run: success, failure …"),
        _text("pool", "Pool that served it."),
        _text("deployment", "Deployment that served it."),
        _decimal(
            "reported_cost",
            "Cost the source itself reports; shown, never summed into ours.",
            unit="USD",
        ),
        _text("source_id", "Source the row came from.", required=True),
        _json("attributes", "Allow-listed scalar attributes, a JSON object. Never content."),
        Column("day", Kind.DATE, "UTC day of timestamp.", required=True),
    ),
)

GPU_SAMPLES = Table(
    name="gpu_samples",
    about="One accelerator over one interval.",
    partition_by=("day",),
    key=("source_id", "device_uuid", "mig_profile", "timestamp"),
    columns=(
        _time("timestamp", "Start of the interval, UTC.", required=True),
        Column(
            "interval_s", Kind.REAL, "Length of the interval.", required=True, minimum=0, unit="s"
        ),
        _text("cluster", "Cluster."),
        _text("node", "Host."),
        _text("device_uuid", "The device's UUID.", required=True),
        _text("device_model", "Its model name."),
        _text("mig_profile", "MIG slice, `id/profile`; null for a whole device."),
        _text("pool", "Pool it belongs to."),
        _text("namespace", "Namespace of the pod that holds it."),
        _text("pod", "Pod that holds it; null when nobody does."),
        _text("workload", "Workload of that pod."),
        _text("job_id", "Job that holds it."),
        _real("gpu_util", "Share of time any kernel was resident.", unit="ratio", maximum=1),
        _real("gr_engine_active", "Share of time the engine was active.", unit="ratio", maximum=1),
        _real("sm_active", "Share of SM cycles with a warp.", unit="ratio", maximum=1),
        _real(
            "tensor_active", "Share of cycles the tensor pipe was active.", unit="ratio", maximum=1
        ),
        _real(
            "dram_active",
            "Share of cycles the memory interface was active.",
            unit="ratio",
            maximum=1,
        ),
        _count("memory_used_bytes", "Framebuffer used.", unit="bytes"),
        _count("memory_total_bytes", "Framebuffer there is.", unit="bytes"),
        _real("power_w", "Power drawn.", unit="W"),
        _real("energy_j", "Energy used in the interval.", unit="J"),
        _real("sm_clock_mhz", "SM clock.", unit="MHz"),
        _real("throttle_s", "Time throttled in the interval.", unit="s"),
        _text("source_id", "Source the row came from.", required=True),
        Column("day", Kind.DATE, "UTC day of timestamp.", required=True),
    ),
)

JOBS = Table(
    name="jobs",
    about="One batch or training job: one attempt of it.",
    partition_by=("month",),
    key=("source_id", "job_id"),
    columns=(
        _text("job_id", "The scheduler's identity of the attempt.", required=True),
        _text("name", "Job name."),
        _text("user", "Who submitted it."),
        _text("team", "Team or scheduler account."),
        _text("cluster", "Cluster."),
        _text("pool", "Partition, queue or pool."),
        _text("workload_tier", "One of the five workload tiers."),
        _text("priority", "Priority or class."),
        _text("qos", "Quality of service."),
        _text("preempted_by", "Job that displaced it."),
        _count("gpu_count", "Accelerators allocated."),
        _text("gpu_model", "Accelerator model."),
        _time("submitted_at", "When it was submitted, UTC."),
        _time("started_at", "When it started, UTC."),
        _time("ended_at", "When it ended, UTC; null while running."),
        _text(
            "state",
            "How it ended.",
            required=True,
            values=(
                "completed",
                "failed",
                "cancelled",
                "timeout",
                "node_fail",
                "preempted",
                "running",
                "pending",
            ),
        ),
        _text("exit_code", "Exit code, in the scheduler's form."),
        _count("restarts", "Times it was restarted."),
        _text("requeue_of", "The attempt this one repeats."),
        _real("productive_s", "Seconds of forward progress.", unit="s"),
        _real("checkpoint_s", "Seconds spent on checkpoints.", unit="s"),
        _real("data_stall_s", "Seconds waiting for data.", unit="s"),
        _json("attributes", "Allow-listed scalar attributes, a JSON object."),
        _text("source_id", "Source the row came from.", required=True),
        _text(
            "month", "Month of ended_at (else started_at, submitted_at), YYYY-MM.", required=True
        ),
    ),
)

CHANGES = Table(
    name="changes",
    about="One change of model, prompt, route, configuration or price.",
    partition_by=(),
    key=("source_id", "change_id"),
    columns=(
        _text("change_id", "Identity of the change.", required=True),
        _time("changed_at", "When it took effect, UTC.", required=True),
        _text(
            "kind",
            "What changed.",
            required=True,
            values=("model", "prompt", "route", "config", "price"),
        ),
        _text("subject", "Workflow, agent, deployment or model it concerns."),
        _text("changed_from", "Value before."),
        _text("changed_to", "Value after."),
        _text("approved_by", "Who approved it."),
        _text("note", "Why."),
        _text("source_id", "Source the row came from.", required=True),
    ),
)

_COUNTED_BY = (
    *("provider", "response_model", "project", "api_key_id", "deployment", "service_tier", "speed"),
    *("region", "inference_geo", "batch", *TOKEN_COLUMNS, "reasoning_tokens"),
    *("work_units", "work_unit_kind"),
)

USAGE = Table(
    name="usage",
    about="What a vendor, or a server's own counters, say was used in one interval. It reconciles `requests` and is never added to them.",
    partition_by=("day",),
    key=(),
    columns=(
        _time("timestamp", "Start of the interval, UTC.", required=True),
        _time("ends_at", "First instant after it, UTC.", required=True),
        _count("requests", "Requests counted; null where the source does not say."),
        _text("operation", "gen_ai.operation.name, or the source's word for what was done."),
        _text("context_tier", "Context length the price depends on, in the source's words."),
        *(REQUESTS.column(name) for name in _COUNTED_BY),
        _text("source_id", "Source the row came from.", required=True),
        Column("day", Kind.DATE, "UTC day of timestamp.", required=True),
    ),
)

LOADS = Table(
    name="loads",
    about="One load into one table: who, what, when, how much, and its fingerprint.",
    partition_by=(),
    key=("load_id", "table_name"),
    columns=(
        _text("load_id", "Identity of the load.", required=True),
        _text("table_name", "Table it wrote.", required=True),
        _text("source_id", "Source loaded.", required=True),
        _text("scope", "Slices written, a JSON array of scope/month or days.", required=True),
        _text("format", "Format the input was read as.", required=True),
        _json("files", "Files read: path, bytes and digest, a JSON array."),
        _time("loaded_at", "When it was committed, UTC.", required=True),
        _text("loaded_by", "User and host.", required=True),
        _count("rows_in", "Rows read.", required=True),
        _count("rows_stored", "Rows added or replaced.", required=True),
        _count("rows_duplicate", "Rows that were there already.", required=True),
        _count(
            "rows_refused", "Rows left out because they were bad (`--keep-good`).", required=True
        ),
        _json("totals", "EffectiveCost and BilledCost by currency, or tokens, a JSON object."),
        _text(
            "digest",
            "SHA-256 over the files' digests and the options that change their reading.",
            required=True,
        ),
        _json("options", "Options that change the reading: maps, sets, hints."),
        _text("version", "finops version that loaded it.", required=True),
        _text("stream", "Part of a pulled source that the load brought; null for files."),
        _text("cursor", "How far that part had been read; the next pull goes on from there."),
    ),
)

TABLES = {
    table.name: table for table in (COSTS, REQUESTS, USAGE, GPU_SAMPLES, JOBS, CHANGES, LOADS)
}
"""Every ledger table by name."""
