SELECT number, version, code, display_name, expiry, expiry_months, expiry_month, expiry_day, rounding, clawback,
       transferable, adjust_limit, max_hold_hours, return_grace_days
FROM ledger.unit
WHERE program = $1
ORDER BY number
