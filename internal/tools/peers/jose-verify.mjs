// Verifies a token with jose, which shares no code with this library.
//
// Standard input is JSON: { token, jwks, issuer, audience, typ? }. One line comes out: "jose: OK SUBJECT" or
// "jose: refused REASON". A refusal is an answer, not a failure: the exit status is 0 for both.
import { text } from 'node:stream/consumers';
import { createLocalJWKSet, jwtVerify } from 'jose';

const { token, jwks, issuer, audience, typ } = JSON.parse(await text(process.stdin));
try {
  const { payload } = await jwtVerify(token, createLocalJWKSet(jwks), { issuer, audience, typ, algorithms: ['ES512'] });
  console.log('jose: OK', payload.sub);
} catch (e) {
  console.log('jose: refused', e.code ?? e.message);
}
