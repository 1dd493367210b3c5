"""Official documents in the layout of GB/T 9704-2012, as Word and PDF (decision 0024)."""
