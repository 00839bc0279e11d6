// oauth4webapi.mjs - what the library oauth4webapi makes of our answers
// SPDX-License-Identifier: Apache-2.0
//
// The library refuses answers that are not as the RFCs say, so that most of
// what is tested here is that it does not throw.

import assert from 'node:assert/strict';
import { importPKCS8 } from 'jose';
import * as oauth from 'oauth4webapi';

const loopback = { [oauth.allowInsecureRequests]: true };

async function discover(house) {
  const issuer = new URL(house.base);
  const answer = await oauth.discoveryRequest(
    issuer, { algorithm: 'oauth2', ...loopback });
  return oauth.processDiscoveryResponse(issuer, answer);
}

// {as, client, send(parameters, options)}: a client that authenticates by auth
async function visitor(house, auth) {
  const as = await discover(house);
  const client = { client_id: house.id };
  return {
    as, client, auth,
    send: async (parameters, options) =>
      oauth.processClientCredentialsResponse(
        as, client, await oauth.clientCredentialsGrantRequest(
          as, client, auth, parameters, { ...loopback, ...options })),
  };
}

async function granted(house, auth, words = '', options) {
  const scope = `${house.tenant} ${words}`.trim();
  const answer = await (await visitor(house, auth)).send({ scope }, options);
  assert.equal(answer.token_type, 'bearer');
  assert.equal(answer.scope, scope);
  assert.ok(answer.expires_in > 0);
  assert.equal(answer.refresh_token, undefined);
  return answer.access_token;
}

// The error that a refused request throws is an OAuth error with this code.
const refused = (status, error) => (why) => {
  assert.ok(why instanceof oauth.ResponseBodyError, why);
  assert.equal(why.status, status);
  assert.equal(why.error, error);
  assert.ok(why.error_description.length);
  return true;
};

const challenged = (scheme, parameters) => (why) => {
  assert.ok(why instanceof oauth.WWWAuthenticateChallengeError, why);
  assert.equal(why.status, 401);
  assert.equal(why.cause.length, 1);
  assert.equal(why.cause[0].scheme, scheme);
  for (const [name, value] of Object.entries(parameters))
    assert.equal(why.cause[0].parameters[name], value);
  return true;
};

const post = (house) => oauth.ClientSecretPost(house.secret);

const signing = async (house, { alg, kid, pem }, options) =>
  oauth.PrivateKeyJwt({ key: await importPKCS8(pem, alg), kid }, options);

const withToken = (house, token) => new Request(
  `${house.fhir}/stu3/Patient`,
  { headers: { Authorization: `Bearer ${token}` } });

const validated = async (house, token, audience = house.fhir) =>
  oauth.validateJwtAccessToken(
    await discover(house), withToken(house, token), audience,
    { signingAlgorithms: ['ES256'], ...loopback });

export const stories = {
  'our document of RFC 8414 is accepted': async (house) => {
    const as = await discover(house);
    assert.equal(as.issuer, house.base);
    assert.deepEqual(as.grant_types_supported, ['client_credentials']);
    for (const method of [
      'client_secret_post', 'client_secret_basic', 'private_key_jwt'])
      assert.ok(as.token_endpoint_auth_methods_supported.includes(method));
  },

  'a secret in the form gets a token': (house) => granted(house, post(house)),

  'a secret by Basic, percent-encoded, gets a token': async (house) => {
    let sent;
    await granted(house, oauth.ClientSecretBasic(house.secret), '', {
      [oauth.customFetch]: (url, options) => {
        sent = atob(new Headers(options.headers).get('authorization')
          .slice('Basic '.length));
        return fetch(url, options);
      },
    });
    assert.ok(sent.startsWith(`${house.id.replaceAll('-', '%2D')}:`), sent);
  },

  'each algorithm signs assertions that are accepted': async (house) => {
    assert.ok(house.keys.length > 1);
    for (const key of house.keys)
      await granted(house, await signing(house, key));
  },

  'an assertion counts once': async (house) => {
    const jti = crypto.randomUUID();
    const auth = await signing(house, house.keys[0], {
      [oauth.modifyAssertion]: (_, claims) => { claims.jti = jti; },
    });
    await granted(house, auth);
    await assert.rejects(granted(house, auth), refused(401, 'invalid_client'));
  },

  'system scopes may stand beside the tenant': (house) => granted(
    house, post(house), 'system/Patient.rs system/Observation.rs'),

  'the token is one of RFC 9068': async (house) => {
    const token = await granted(house, post(house));
    const claims = await validated(house, token);
    assert.equal(claims.client_id, house.id);
    assert.equal(claims.scope, house.tenant);
    await assert.rejects(validated(house, token, house.base));
    const [head, body, sign] = token.split('.');
    const other = sign[0] === 'A' ? 'B' : 'A';
    await assert.rejects(
      validated(house, `${head}.${body}.${other}${sign.slice(1)}`));
  },

  'a wrong secret in the form is invalid_client': async (house) => {
    for (const secret of ['x', 'a:b c+d%41&e=f', 'Ünïcödé €', '%', '%zz'])
      await assert.rejects(granted(house, oauth.ClientSecretPost(secret)),
                           refused(401, 'invalid_client'));
  },

  'a wrong secret by Basic is met by a challenge': async (house) => {
    for (const secret of ['x', 'a:b c+d%41&e=f', 'Ünïcödé €', '%', '%zz'])
      await assert.rejects(granted(house, oauth.ClientSecretBasic(secret)),
                           challenged('basic', { realm: 'wardgate' }));
  },

  'a scope that is not granted is invalid_scope': async (house) => {
    const { send } = await visitor(house, post(house));
    for (const scope of [
      house.strange, crypto.randomUUID(), 'openid', '',
      `${house.tenant} ${house.strange}`, `${house.tenant} system/*.write`])
      await assert.rejects(send({ scope }), refused(400, 'invalid_scope'));
  },

  'another grant is unsupported_grant_type': async (house) => {
    const { as, client, auth } = await visitor(house, post(house));
    const answer = await oauth.refreshTokenGrantRequest(
      as, client, auth, 'x', loopback);
    await assert.rejects(
      oauth.processRefreshTokenResponse(as, client, answer),
      refused(400, 'unsupported_grant_type'));
  },

  'introspection tells of a token until it is revoked': async (house) => {
    const token = await granted(house, post(house));
    for (const auth of [
      post(house), oauth.ClientSecretBasic(house.secret),
      await signing(house, house.keys[0])]) {
      const { as, client } = await visitor(house, auth);
      const told = async (text) => oauth.processIntrospectionResponse(
        as, client, await oauth.introspectionRequest(
          as, client, auth, text, loopback));
      const first = await told(token);
      assert.equal(first.active, true);
      assert.equal(first.iss, house.base);
      assert.equal(first.client_id, house.id);
      assert.equal(first.scope, house.tenant);
      assert.deepEqual(await told('no token'), { active: false });

      const own = await granted(house, auth);
      for (const text of [own, own, 'no token'])
        assert.equal(undefined, await oauth.processRevocationResponse(
          await oauth.revocationRequest(as, client, auth, text, loopback)));
      assert.deepEqual(await told(own), { active: false });
    }
  },

  'who asks about a token with a wrong secret is refused': async (house) => {
    const wrong = oauth.ClientSecretPost('x');
    const { as, client } = await visitor(house, wrong);
    const asked = await oauth.introspectionRequest(
      as, client, wrong, 'x', loopback);
    await assert.rejects(oauth.processIntrospectionResponse(as, client, asked),
                         refused(401, 'invalid_client'));
    const ended = await oauth.revocationRequest(
      as, client, wrong, 'x', loopback);
    await assert.rejects(oauth.processRevocationResponse(ended),
                         refused(401, 'invalid_client'));
  },

  'records are read, and a bad token is met by a challenge': async (house) => {
    const read = (token) => oauth.protectedResourceRequest(
      token, 'GET', new URL(`${house.fhir}/stu3/Patient?_id=nobody`),
      undefined, undefined, loopback);
    const answer = await read(await granted(house, post(house)));
    assert.equal((await answer.json()).resourceType, 'Bundle');
    await assert.rejects(
      read('x.y.z'), challenged('bearer', { error: 'invalid_token' }));
  },
};
