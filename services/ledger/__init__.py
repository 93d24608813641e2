"""The books: double-entry accounts, transactions and balances."""
