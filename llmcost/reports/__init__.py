"""What is asked of priced requests: spend, cautions, the audit, budgets, forecasts."""
