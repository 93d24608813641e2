"""What prices come to: pure arithmetic that every service which prices something shares."""
