// server.mjs - oidc-provider as a token server: client credentials, ES256
// SPDX-License-Identifier: Apache-2.0
//
// usage: node server.mjs PORT CLIENT_ID CLIENT_SECRET SCOPE
//
// As lean as its own settings allow: it keeps everything in its memory, and
// offers nothing but this grant. Access tokens are JWTs of RFC 9068, for one
// resource server that is never named in a request.

import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, id, secret, scope] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ format: 'jwk' });

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...key, alg: 'ES256', use: 'sig', kid: 'bench' }] },
  scopes: [scope],
  clients: [{
    client_id: id,
    client_secret: secret,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope,
    token_endpoint_auth_method: 'client_secret_post',
    id_token_signed_response_alg: 'ES256',
  }],
  cookies: { keys: ['bench'] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => `${issuer}/fhir`,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope,
        audience: `${issuer}/fhir`,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});

provider.listen(Number(port), '127.0.0.1');
