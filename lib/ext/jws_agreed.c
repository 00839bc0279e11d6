/* jws_agreed.c - a key is used only if libjwt thinks the same of it
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/jws_inner.h"

#include <stdlib.h>
#include <string.h>

#include <jwt.h>

#include "base/enc.h"
#include "ext/crypt.h"

/* {"alg":"ES256","typ":"JWT"} . {"check":"wardgate"}: libjwt takes no other
 * typ, and takes the algorithm from the header, so the header is ours. */
#define CHECK_INPUT                                                            \
	"eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9"                                 \
	".eyJjaGVjayI6IndhcmRnYXRlIn0"

/* A key of length 0 would mean "do not verify" to libjwt. */
static bool
libjwt_verifies(const char *token, const char *pem)
{
	jwt_t *j = NULL;
	bool good = pem && pem[0] &&
	            jwt_decode(&j, token, (const unsigned char *)pem,
			(int)strlen(pem)) == 0 &&
	            jwt_get_alg(j) == JWT_ALG_ES256;

	jwt_free(j);
	return good;
}

static bool
evp_verifies(const struct jws_key *k, const char *sig)
{
	return jws_verify(
	    k, STR(CHECK_INPUT), (struct str){ sig, JWS_SIG_LEN });
}

/* Without a private half nothing can be signed for the key: what remains is
 * that neither library takes another signature for its own. */
static bool
evp_to_libjwt(const struct jws_key *k, const char *public_pem)
{
	char token[sizeof CHECK_INPUT + 1 + JWS_SIG_LEN] = CHECK_INPUT ".";
	char *sig = token + sizeof CHECK_INPUT;
	unsigned char raw[JWS_SIG_BYTES];

	if (jws_signs(k) && (!jws_sign(k, STR(CHECK_INPUT), sig, NULL) ||
				!libjwt_verifies(token, public_pem)))
		return false;
	memset(raw, 0x11, sizeof raw);
	enc_b64url(sig, raw, sizeof raw);
	return !libjwt_verifies(token, public_pem) && !evp_verifies(k, sig);
}

static bool
libjwt_to_evp(const struct jws_key *k, const char *private_pem)
{
	const unsigned char *pem = (const unsigned char *)private_pem;
	struct str head, sig;
	jwt_t *j = NULL;
	char *token = NULL;
	bool good;

	if (private_pem && jwt_new(&j) == 0 &&
	    jwt_add_grant(j, "check", "wardgate") == 0 &&
	    jwt_set_alg(j, JWT_ALG_ES256, pem, (int)strlen(private_pem)) == 0)
		token = jwt_encode_str(j);
	sig = str_of(token ? strrchr(token, '.') : NULL);
	head = (struct str){ token, (size_t)(sig.at - token) };
	good = sig.at &&
	       jws_verify(k, head, (struct str){ sig.at + 1, sig.len - 1 });
	free(token);
	jwt_free(j);
	return good;
}

bool
jws_agreed(const struct jws_key *k, struct err *e)
{
	struct arena *a = arena_new();
	char *public = jws_public_pem(a, k);
	char *private = jws_private_pem(a, k);
	bool good = public && evp_to_libjwt(k, public) &&
	            (!jws_signs(k) || libjwt_to_evp(k, private));

	if (private)
		crypt_wipe(private, strlen(private));
	arena_free(a);
	return good || err_set(e, ERR_CONF,
			   "is refused: OpenSSL and libjwt disagree about its "
			   "signatures");
}
