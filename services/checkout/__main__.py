"""python -m services.checkout {run|serve|work|migrate|events}"""

from services.checkout.app import cli

cli()
