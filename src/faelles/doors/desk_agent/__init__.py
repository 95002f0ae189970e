"""A small program beside the browser at a desk: the RFID pad and the printer, for the desk's page and nobody else."""
