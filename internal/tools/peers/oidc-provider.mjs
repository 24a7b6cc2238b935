// Serves oidc-provider, a certified OpenID provider, on loopback for tests: node oidc-provider.mjs PORT
//
// Anybody may sign in under any name with any password. The name is the subject; it is the e-mail address too, with
// @example.test added where it has no domain. The address counts as verified unless the name begins with "unverified".
// Clients register themselves with POST /reg (RFC 7591). PKCE is demanded of everyone. POST /rotate makes a new signing key; the old ones
// stay published.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

const keys = [];
const adapter = createMemoryAdapter(); // one store for all providers that are made

const configuration = () => ({
  adapter,
  jwks: { keys },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  scopes: ['openid', 'offline_access', 'email', 'profile'],
  conformIdTokenClaims: false, // the claims stand in the ID token, not only in userinfo
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: true },
    registration: { enabled: true },
    revocation: { enabled: true },
  },
  issueRefreshToken: (_ctx, _client, code) => code.scopes.has('offline_access'),
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      name: 'Test User',
      email: id.includes('@') ? id : `${id}@example.test`,
      email_verified: !id.startsWith('unverified'),
    }),
  }),
});

// rotate puts a new key before the others, and makes the provider anew with it. What it has stored stays.
const rotate = () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  keys.unshift({ ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' });
  return new Provider(issuer, configuration()).callback();
};

let handle = rotate();
const server = createServer((req, res) => {
  if (req.method === 'POST' && req.url === '/rotate') {
    handle = rotate();
    res.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    return;
  }
  handle(req, res);
});
server.listen(port, '127.0.0.1', () => console.log(issuer));
process.on('SIGTERM', () => {
  server.close();
  process.exit(0);
});
