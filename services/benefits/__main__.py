"""`python -m services.benefits {serve|work|run|migrate|events}`"""

from services.benefits.app import app

app()
