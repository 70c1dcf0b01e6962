-- One that comes over again, after a merge that was undone, has a row there already.
INSERT INTO ledger.voucher (partition, voucher, member, lot, kind, basis_points, item, origin, one_live)
SELECT $1, voucher, member, lot, kind, basis_points, item, origin, one_live
FROM unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::smallint[], $6::integer[], $7::text[], $8::text[],
            $9::boolean[])
  AS voucher (voucher, member, lot, kind, basis_points, item, origin, one_live)
ON CONFLICT (partition, voucher) DO UPDATE SET member = excluded.member, lot = excluded.lot
