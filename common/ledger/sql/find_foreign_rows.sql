-- What belongs to no partition and no program that there is. Each is a look into an index.
WITH last AS (SELECT max(number) AS program, max(first_partition + partitions) - 1 AS partition FROM ledger.program)
(SELECT 'head' AS name, 'partition' AS kind, t.partition AS place FROM ledger.head t WHERE t.partition < 0 LIMIT 1)
UNION ALL
(SELECT 'head' AS name, 'partition' AS kind, t.partition AS place FROM ledger.head t WHERE t.partition > (SELECT partition FROM last) LIMIT 1)
UNION ALL
(SELECT 'journal' AS name, 'partition' AS kind, t.partition AS place FROM ledger.journal t WHERE t.partition < 0 LIMIT 1)
UNION ALL
(SELECT 'journal' AS name, 'partition' AS kind, t.partition AS place FROM ledger.journal t WHERE t.partition > (SELECT partition FROM last) LIMIT 1)
UNION ALL
(SELECT 'allocation' AS name, 'partition' AS kind, t.partition AS place FROM ledger.allocation t WHERE t.partition < 0 LIMIT 1)
UNION ALL
(SELECT 'allocation' AS name, 'partition' AS kind, t.partition AS place FROM ledger.allocation t WHERE t.partition > (SELECT partition FROM last) LIMIT 1)
UNION ALL
(SELECT 'block' AS name, 'partition' AS kind, t.partition AS place FROM ledger.block t WHERE t.partition < 0 LIMIT 1)
UNION ALL
(SELECT 'block' AS name, 'partition' AS kind, t.partition AS place FROM ledger.block t WHERE t.partition > (SELECT partition FROM last) LIMIT 1)
UNION ALL
(SELECT 'holder' AS name, 'partition' AS kind, t.partition AS place FROM ledger.holder t WHERE t.partition < 0 LIMIT 1)
UNION ALL
(SELECT 'holder' AS name, 'partition' AS kind, t.partition AS place FROM ledger.holder t WHERE t.partition > (SELECT partition FROM last) LIMIT 1)
UNION ALL
(SELECT 'wallet' AS name, 'partition' AS kind, t.partition AS place FROM ledger.wallet t WHERE t.partition < 0 LIMIT 1)
UNION ALL
(SELECT 'wallet' AS name, 'partition' AS kind, t.partition AS place FROM ledger.wallet t WHERE t.partition > (SELECT partition FROM last) LIMIT 1)
UNION ALL
(SELECT 'lot' AS name, 'partition' AS kind, t.partition AS place FROM ledger.lot t WHERE t.partition < 0 LIMIT 1)
UNION ALL
(SELECT 'lot' AS name, 'partition' AS kind, t.partition AS place FROM ledger.lot t WHERE t.partition > (SELECT partition FROM last) LIMIT 1)
UNION ALL
(SELECT 'cover' AS name, 'partition' AS kind, t.partition AS place FROM ledger.cover t WHERE t.partition < 0 LIMIT 1)
UNION ALL
(SELECT 'cover' AS name, 'partition' AS kind, t.partition AS place FROM ledger.cover t WHERE t.partition > (SELECT partition FROM last) LIMIT 1)
UNION ALL
(SELECT 'hold' AS name, 'partition' AS kind, t.partition AS place FROM ledger.hold t WHERE t.partition < 0 LIMIT 1)
UNION ALL
(SELECT 'hold' AS name, 'partition' AS kind, t.partition AS place FROM ledger.hold t WHERE t.partition > (SELECT partition FROM last) LIMIT 1)
UNION ALL
(SELECT 'pin' AS name, 'partition' AS kind, t.partition AS place FROM ledger.pin t WHERE t.partition < 0 LIMIT 1)
UNION ALL
(SELECT 'pin' AS name, 'partition' AS kind, t.partition AS place FROM ledger.pin t WHERE t.partition > (SELECT partition FROM last) LIMIT 1)
UNION ALL
(SELECT 'voucher' AS name, 'partition' AS kind, t.partition AS place FROM ledger.voucher t WHERE t.partition < 0 LIMIT 1)
UNION ALL
(SELECT 'voucher' AS name, 'partition' AS kind, t.partition AS place FROM ledger.voucher t WHERE t.partition > (SELECT partition FROM last) LIMIT 1)
UNION ALL
(SELECT 'account' AS name, 'partition' AS kind, t.partition AS place FROM ledger.account t WHERE t.partition < 0 LIMIT 1)
UNION ALL
(SELECT 'account' AS name, 'partition' AS kind, t.partition AS place FROM ledger.account t WHERE t.partition > (SELECT partition FROM last) LIMIT 1)
UNION ALL
(SELECT 'adjustment' AS name, 'partition' AS kind, t.partition AS place FROM ledger.adjustment t WHERE t.partition < 0 LIMIT 1)
UNION ALL
(SELECT 'adjustment' AS name, 'partition' AS kind, t.partition AS place FROM ledger.adjustment t WHERE t.partition > (SELECT partition FROM last) LIMIT 1)
UNION ALL
(SELECT 'budget_draw' AS name, 'partition' AS kind, t.partition AS place FROM ledger.budget_draw t WHERE t.partition < 0 LIMIT 1)
UNION ALL
(SELECT 'budget_draw' AS name, 'partition' AS kind, t.partition AS place FROM ledger.budget_draw t WHERE t.partition > (SELECT partition FROM last) LIMIT 1)
UNION ALL
(SELECT 'unit', 'program', t.program FROM ledger.unit t WHERE t.program < 1 LIMIT 1)
UNION ALL
(SELECT 'unit', 'program', t.program FROM ledger.unit t WHERE t.program > (SELECT program FROM last) LIMIT 1)
UNION ALL
(SELECT 'budget', 'program', t.program FROM ledger.budget t WHERE t.program < 1 LIMIT 1)
UNION ALL
(SELECT 'budget', 'program', t.program FROM ledger.budget t WHERE t.program > (SELECT program FROM last) LIMIT 1)
UNION ALL
(SELECT 'directory', 'program', t.program FROM ledger.directory t WHERE t.program < 1 LIMIT 1)
UNION ALL
(SELECT 'directory', 'program', t.program FROM ledger.directory t WHERE t.program > (SELECT program FROM last) LIMIT 1)
UNION ALL
(SELECT 'request', 'program', t.program FROM ledger.request t WHERE t.program < 1 LIMIT 1)
UNION ALL
(SELECT 'request', 'program', t.program FROM ledger.request t WHERE t.program > (SELECT program FROM last) LIMIT 1)
UNION ALL
(SELECT 'rate', 'program', t.program FROM ledger.rate t WHERE t.program < 1 LIMIT 1)
UNION ALL
(SELECT 'rate', 'program', t.program FROM ledger.rate t WHERE t.program > (SELECT program FROM last) LIMIT 1)
UNION ALL
(SELECT 'period', 'program', t.program FROM ledger.period t WHERE t.program < 1 LIMIT 1)
UNION ALL
(SELECT 'period', 'program', t.program FROM ledger.period t WHERE t.program > (SELECT program FROM last) LIMIT 1)
