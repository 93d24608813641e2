"""The built-in tax calculator: which rates apply to a sale of digital goods or services. Arithmetic is the domain's.

It stands behind `TaxCalculator` of usecases/ports.py, so that a tax provider can take its place. What it knows is in rates.csv, dated
and with its source. It simplifies: standard rates only, US states without counties and cities, one kind of product.
"""
