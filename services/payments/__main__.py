"""`python -m services.payments {run|serve|work|migrate|events}`"""

from services.payments.app import app

app()
