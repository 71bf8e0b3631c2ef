"""Questionnaires as they are exchanged: what is asked, sent out as a workbook, and what comes back."""
