// Serves oidc-provider, a certified OpenID provider, on loopback for tests: node oidc-provider.mjs PORT
//
// Anybody may sign in under any name with any password. The name is the subject; it is the e-mail address too, with
// @example.test added where it has no domain. The address counts as verified unless the name begins with "unverified".
// Clients register themselves with POST /reg (RFC 7591). PKCE is demanded of everyone.
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
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

const server = provider.listen(port, '127.0.0.1', () => console.log(issuer));
process.on('SIGTERM', () => {
  server.close();
  process.exit(0);
});
