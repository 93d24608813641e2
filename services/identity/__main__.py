"""`python -m services.identity {run|serve|work|migrate|authorize|bootstrap}`."""

from services.identity.app import main

if __name__ == "__main__":
    main()
