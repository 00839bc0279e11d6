// smart.mjs - a client of SMART Backend Services, with the library jose
// SPDX-License-Identifier: Apache-2.0
//
// Written from the section "Backend Services" of SMART App Launch 2, step by
// step: it knows the address of a FHIR server, its client id and its key.

import assert from 'node:assert/strict';
import {
  SignJWT, createRemoteJWKSet, importPKCS8, jwtVerify,
} from 'jose';

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const FACES = ['dstu2', 'stu3', 'r4'];

async function configuration(house, face) {
  const answer = await fetch(
    `${house.fhir}/${face}/.well-known/smart-configuration`,
    { headers: { Accept: 'application/json' } });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'application/json');
  return answer.json();
}

async function assertion(house, { alg, kid, pem }, aud) {
  return new SignJWT()
    .setProtectedHeader({ alg, kid, typ: 'JWT' })
    .setIssuer(house.id).setSubject(house.id).setAudience(aud)
    .setJti(crypto.randomUUID()).setExpirationTime('5m')
    .sign(await importPKCS8(pem, alg));
}

async function ask(house, config, key, scope) {
  const answer = await fetch(config.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials', scope, client_assertion_type: TYPE,
      client_assertion: await assertion(house, key, config.token_endpoint),
    }),
  });
  return { answer, body: await answer.json() };
}

const asymmetric = (house) => ['RS384', 'ES384'].map(
  (alg) => house.keys.find((key) => key.alg === alg));

export const stories = {
  'each face says that it takes keys, and which': async (house) => {
    for (const face of FACES) {
      const found = await configuration(house, face);
      assert.ok(found.capabilities.includes('client-confidential-asymmetric'));
      assert.ok(found.grant_types_supported.includes('client_credentials'));
      assert.ok(found.token_endpoint_auth_methods_supported
        .includes('private_key_jwt'));
      for (const alg of ['RS384', 'ES384'])
        assert.ok(found.token_endpoint_auth_signing_alg_values_supported
          .includes(alg));
    }
  },

  'RS384 and ES384 get tokens that read records': async (house) => {
    const config = await configuration(house, 'stu3');
    const scope = `${house.tenant} system/Patient.rs`;
    for (const key of asymmetric(house)) {
      const { answer, body } = await ask(house, config, key, scope);
      assert.equal(answer.status, 200, JSON.stringify(body));
      assert.match(answer.headers.get('cache-control'), /no-store/);
      assert.equal(body.token_type.toLowerCase(), 'bearer');
      assert.equal(body.scope, scope);
      assert.ok(Number.isInteger(body.expires_in) && body.expires_in > 0);
      const read = (type) => fetch(
        `${house.fhir}/stu3/${type}=nobody`,
        { headers: { Authorization: `Bearer ${body.access_token}` } });
      assert.equal((await read('Patient?_id')).status, 200);
      assert.equal((await read('Observation?patient')).status, 403);
    }
  },

  'jose verifies the token with the keys that we publish': async (house) => {
    const config = await configuration(house, 'stu3');
    const { body } = await ask(
      house, config, asymmetric(house)[0], house.tenant);
    const keys = createRemoteJWKSet(new URL(config.jwks_uri));
    const must = {
      issuer: config.issuer, audience: house.fhir, typ: 'at+jwt',
      algorithms: ['ES256'], subject: house.id,
      requiredClaims: ['exp', 'iat', 'nbf', 'jti', 'client_id', 'scope'],
    };
    const { payload, protectedHeader } = await jwtVerify(
      body.access_token, keys, must);
    assert.equal(payload.exp - payload.iat, body.expires_in);
    assert.ok(protectedHeader.kid.length);
    await assert.rejects(
      jwtVerify(body.access_token, keys, { ...must, audience: house.base }),
      { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' });
    const [head, claims] = body.access_token.split('.');
    await assert.rejects(
      jwtVerify(`${head}.${claims}.${'A'.repeat(86)}`, keys, must),
      { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
  },

  'no key that we publish is a private one': async (house) => {
    const { jwks_uri: uri } = await configuration(house, 'r4');
    const { keys } = await (await fetch(uri)).json();
    assert.ok(keys.length > 0);
    for (const key of keys) {
      assert.deepEqual([key.kty, key.crv, key.alg, key.use],
                       ['EC', 'P-256', 'ES256', 'sig']);
      assert.ok(!('d' in key) && !('k' in key));
    }
  },

  'refusals have the shape of RFC 6749': async (house) => {
    const config = await configuration(house, 'r4');
    const [rsa, ec] = asymmetric(house);
    for (const [key, scope, status, error] of [
      [rsa, house.strange, 400, 'invalid_scope'],
      [ec, `${house.tenant} system/Patient.cruds`, 400, 'invalid_scope'],
      [{ ...rsa, kid: ec.kid }, house.tenant, 401, 'invalid_client']]) {
      const { answer, body } = await ask(house, config, key, scope);
      assert.deepEqual([answer.status, body.error], [status, error]);
    }
  },
};
