'use strict';
// One member, one purchase and two mistakes with @grpc/grpc-js; prints what it saw as one JSON line.
const fs = require('fs');
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const protobuf = require('protobufjs');

const { CA, KEY, PROTO, LEDGER, MEMBERS, THANKS } = process.env;
const packages = grpc.loadPackageDefinition(loader.loadSync(
    ['ledger/v1/ledger', 'members/v1/members', 'thanks/v1/thanks'].map((f) => `gratis/${f}.proto`),
    { includeDirs: [PROTO], keepCase: true, longs: String, enums: String, defaults: true }));
const errors = new protobuf.Root();
errors.resolvePath = (_, target) => target.startsWith('google/') ? null : path.join(PROTO, target);
errors.loadSync('gratis/type/v1/error.proto', { keepCase: true });

const credentials = grpc.credentials.createSsl(fs.readFileSync(CA));
const { gratis } = packages;
const clients = {
  ledger: new gratis.ledger.v1.LedgerService(LEDGER, credentials),
  members: new gratis.members.v1.MemberService(MEMBERS, credentials),
  thanks: new gratis.thanks.v1.ThanksService(THANKS, credentials),
};

// Resolves to {answer, trailers}; rejects with gRPC's error.
function call(area, method, request) {
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${KEY}`);
  return new Promise((resolve, reject) => {
    let answer;
    const ongoing = clients[area][method](request, metadata, { deadline: Date.now() + 30000 },
        (error, value) => error ? reject(error) : (answer = value));
    ongoing.on('status', (status) => status.code === 0 && setImmediate(() => resolve({ answer, trailers: status.metadata })));
  });
}

function explain(error) {
  const seen = { code: error.code, reason: null, metadata: {}, fields: [] };
  const type = (name) => errors.lookupType(`gratis.type.v1.${name}`);
  const status = type('Status').decode(error.metadata.get('grpc-status-details-bin')[0]);
  for (const detail of status.details) {
    if (detail.type_url === 'type.googleapis.com/google.rpc.ErrorInfo') {
      const info = type('ErrorInfo').decode(detail.value);
      seen.reason = info.reason;
      seen.metadata = info.metadata;
    } else if (detail.type_url === 'type.googleapis.com/google.rpc.BadRequest') {
      seen.fields = type('BadRequest').decode(detail.value).field_violations.map((v) => v.field);
    }
  }
  return seen;
}

async function refused(area, method, request) {
  try {
    await call(area, method, request);
  } catch (error) {
    return explain(error);
  }
  throw new Error(`${method} was not refused`);
}

async function main() {
  const { answer: { member_id } } = await call('members', 'EnrollMember', {
    request_id: 'node-1', profile: { phone: '+41 44 668 18 00', greeting_name: 'Nora' } });
  const purchase = { request_id: 'node-2', order: { source: 'webshop', order_id: 'node-1' }, member_id,
                     total: { currency_code: 'USD', minor_units: '4299' } };
  const first = await call('thanks', 'RecordPurchase', purchase);
  const again = await call('thanks', 'RecordPurchase', purchase);
  const spent = await call('ledger', 'Spend', { request_id: 'node-3', member_id, points: '2' });
  console.log(JSON.stringify({
    points: first.answer.points,
    replayed: again.trailers.get('gratis-replayed')[0] === 'true',
    same: JSON.stringify(again.answer) === JSON.stringify(first.answer),
    after_spending: spent.answer.available_points,
    overspent: await refused('ledger', 'Spend', { request_id: 'node-4', member_id, points: '41' }),
    bad_currency: await refused('thanks', 'RecordPurchase', {
      ...purchase, request_id: 'node-5', order: { source: 'webshop', order_id: 'node-2' },
      total: { currency_code: 'XYZ', minor_units: '1' } }),
  }));
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
