"""What-ifs: replays of the logged traffic under a technique, alone, stacked and searched for the cheapest stack."""
