"""The focus tasks of 2022 as they went: acts of the office in order, and the status of each month."""
