INSERT INTO ledger.unit (program, number, version, code, display_name, expiry, expiry_months, expiry_month,
                         expiry_day, rounding, clawback, transferable, adjust_limit, max_hold_hours,
                         return_grace_days)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (program, number) DO UPDATE
SET version = excluded.version, display_name = excluded.display_name, expiry = excluded.expiry,
    expiry_months = excluded.expiry_months, expiry_month = excluded.expiry_month,
    expiry_day = excluded.expiry_day, rounding = excluded.rounding, clawback = excluded.clawback,
    transferable = excluded.transferable, adjust_limit = excluded.adjust_limit,
    max_hold_hours = excluded.max_hold_hours, return_grace_days = excluded.return_grace_days
