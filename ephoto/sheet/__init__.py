"""Finished cards on paper, in millimetres: where each stands, and the sheet as a PDF or as a picture."""
