SELECT pg_relation_size('ledger.request') / current_setting('block_size')::bigint,
       pg_relation_size('ledger.directory') / current_setting('block_size')::bigint
