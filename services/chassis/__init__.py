"""What every service needs once. No billing noun lives here, except Money."""
