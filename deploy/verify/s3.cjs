// Starts s3rver with the key of the relays.
const { readFileSync } = require('node:fs');
const S3rver = require('s3rver');
const Account = require('s3rver/lib/models/account');

const [{ credentials }] = JSON.parse(readFileSync('/run/secrets/s3.json', 'utf8')).identities;
new Account(123456789001, 'relay').createKeyPair(
  credentials[0].accessKey,
  credentials[0].secretKey,
);
new S3rver({
  address: '0.0.0.0',
  port: 8333,
  silent: true,
  vhostBuckets: false,
  directory: '/data',
}).run();
