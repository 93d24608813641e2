"""Renewals: how many a second from due to booked and granted, where the time goes, and what batching is worth.

The customers hold a balance that pays, so that everything runs but the processor: subscription, order, tax, balance, invoice number,
ledger, benefits. The yardstick is COPY of all the rows that the renewals left, in the same databases, right after each round (row_copies.py).
Charges over HTTP are measured apart, with the time of the calls beside the rest.
"""
