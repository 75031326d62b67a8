"""The rules that an application is held against, one idea a file; ephoto/workflow/validate.py asks them all."""
