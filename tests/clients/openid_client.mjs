// openid_client.mjs - what the library openid-client makes of our answers
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { importPKCS8 } from 'jose';
import * as oauth from 'openid-client';

// A client that authenticates by auth, configured from the document at path
const visitor = (house, auth, path = '') => oauth.discovery(
  new URL(house.base + path), house.id, undefined, auth,
  { algorithm: 'oauth2', execute: [oauth.allowInsecureRequests] });

const signing = async ({ alg, kid, pem }) =>
  oauth.PrivateKeyJwt({ key: await importPKCS8(pem, alg), kid });

const every = async (house) => [
  oauth.ClientSecretPost(house.secret), oauth.ClientSecretBasic(house.secret),
  ...await Promise.all(house.keys.map(signing))];

const granted = async (config, scope) => {
  const answer = await oauth.clientCredentialsGrant(config, { scope });
  assert.equal(answer.token_type, 'bearer');
  assert.equal(answer.scope, scope);
  assert.ok(answer.expiresIn() > 0);
  return answer.access_token;
};

const refused = (status, error) => (why) => {
  assert.ok(why instanceof oauth.ResponseBodyError, why);
  assert.deepEqual([why.status, why.error], [status, error]);
  return true;
};

export const stories = {
  'it finds all endpoints by itself, in both documents': async (house) => {
    for (const path of ['', '/.well-known/oauth-authorization-server',
                        '/.well-known/smart-configuration',
                        '/fhir/stu3/.well-known/smart-configuration']) {
      const found = (await visitor(house, oauth.None(), path)).serverMetadata();
      assert.equal(found.issuer, house.base);
      for (const name of ['token', 'introspection', 'revocation'])
        assert.ok(found[`${name}_endpoint`].startsWith(`${house.base}/`));
      assert.ok(found.jwks_uri.startsWith(`${house.base}/`));
    }
  },

  'a token is had, told of, used and revoked, in each way': async (house) => {
    for (const auth of await every(house)) {
      const config = await visitor(house, auth);
      const token = await granted(config, house.tenant);
      const told = await oauth.tokenIntrospection(config, token);
      assert.equal(told.active, true);
      assert.equal(told.scope, house.tenant);
      const records = await oauth.fetchProtectedResource(
        config, token, new URL(`${house.fhir}/stu3/Patient?_id=nobody`), 'GET');
      assert.equal((await records.json()).resourceType, 'Bundle');
      await oauth.tokenRevocation(config, token);
      assert.deepEqual(
        await oauth.tokenIntrospection(config, token), { active: false });
    }
  },

  'system scopes may stand beside the tenant': async (house) => {
    const config = await visitor(house, oauth.ClientSecretPost(house.secret));
    await granted(config, `${house.tenant} system/Patient.rs`);
    await granted(config, `${house.tenant} system/*.read`);
  },

  'refusals are OAuth errors': async (house) => {
    const good = await visitor(house, oauth.ClientSecretPost(house.secret));
    const wrong = await visitor(house, oauth.ClientSecretPost('a:b c+d%'));
    const { pem } = house.keys[0];
    const other = await visitor(
      house, await signing({ ...house.keys[0], pem, kid: 'no such key' }));
    for (const scope of [house.strange, `${house.tenant} patient/*.rs`])
      await assert.rejects(granted(good, scope), refused(400, 'invalid_scope'));
    for (const config of [wrong, other]) {
      await assert.rejects(
        granted(config, house.tenant), refused(401, 'invalid_client'));
      await assert.rejects(oauth.tokenIntrospection(config, 'x'),
                           refused(401, 'invalid_client'));
      await assert.rejects(oauth.tokenRevocation(config, 'x'),
                           refused(401, 'invalid_client'));
    }
  },

  'a wrong secret by Basic is met by a challenge': async (house) => {
    const config = await visitor(house, oauth.ClientSecretBasic('a:b c+d%'));
    await assert.rejects(granted(config, house.tenant), (why) => {
      assert.ok(why instanceof oauth.WWWAuthenticateChallengeError, why);
      assert.deepEqual(why.cause.map((c) => c.scheme), ['basic']);
      return why.status === 401;
    });
  },
};
