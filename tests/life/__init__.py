"""The life of subscriptions over months and years: what a naive model predicts, and what the suite does on a sandbox's clock."""
