// Fetches a token with the client credentials grant through oauth4webapi, which shares no code with this library.
//
// Standard input is JSON: { token_endpoint, issuer, client_id, client_secret, scope? }. One line comes out:
// "oauth4webapi: OK TOKEN" or "oauth4webapi: refused REASON". The exit status is 0 for both.
import { text } from 'node:stream/consumers';
import * as oauth from 'oauth4webapi';

const { token_endpoint, issuer, client_id, client_secret, scope } = JSON.parse(await text(process.stdin));
const as = { issuer, token_endpoint };
const client = { client_id };
const parameters = new URLSearchParams(scope ? { scope } : {});
try {
  const response = await oauth.clientCredentialsGrantRequest(as, client, oauth.ClientSecretBasic(client_secret), parameters, {
    [oauth.allowInsecureRequests]: true, // loopback
  });
  const answer = await oauth.processClientCredentialsResponse(as, client, response);
  console.log('oauth4webapi: OK', answer.access_token);
} catch (e) {
  console.log('oauth4webapi: refused', e.error ?? e.code ?? e.message);
}
