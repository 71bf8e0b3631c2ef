"""What tokens cost: dated rates per model and token kind, from a price list or from finops.toml.

`finops.prices.book` is the way in. Who sells a model and what a name means is `names`; the price list
as ranges is `listed`; negotiated and self-hosted rates are `own`; the multiplication is `install`.
"""
