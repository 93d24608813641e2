"""`python -m services.subscription {run|serve|work|migrate}`."""

from services.subscription.app import main

if __name__ == "__main__":
    main()
