"""From a spec and a head to the frame of the card, and the frame to pixels."""
