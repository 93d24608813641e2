"""What the tests of all services share: real servers, databases with their roles, and bounded waiting."""
