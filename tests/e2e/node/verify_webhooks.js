'use strict';
// Verifies webhooks with the library that receivers use. A line of standard input is one of them,
// {secret, headers, body}; a line of standard output says whether it is good, and why not.
const readline = require('readline');
const { Webhook } = require('standardwebhooks');

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { secret, headers, body } = JSON.parse(line);
  try {
    const event = new Webhook(secret).verify(body, headers);
    console.log(JSON.stringify({ good: true, id: event.id }));
  } catch (error) {
    console.log(JSON.stringify({ good: false, error: String(error.message) }));
  }
});
