"""What prices come to: pure arithmetic that every service which prices something shares.

`price` the kinds of price and what a purchase of them costs · `tiers` rates by quantity · `reduction` what discounts take off.
Amounts are minor units of one currency; nothing here knows a product, a customer or a date.
"""
