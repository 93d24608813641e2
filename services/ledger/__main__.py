"""`python -m services.ledger {run|serve|work|migrate|events}`."""

from services.ledger.app import main

if __name__ == "__main__":
    main()
