/* credential.h - what a provider wants to be shown, sealed until it is sent
 * SPDX-License-Identifier: Apache-2.0
 *
 * A credential is closed into a box (ext/box) by whoever has the public key of
 * the sealing key in use, and opened by the facade, which has the private ones
 * in files: sealing_key_dir/<kid>.key, 64 hex digits and a line end. A file is
 * read when a box needs it and wiped again: no private key stays in memory, and
 * a new one needs no restart.
 *
 * A box is bound to its tenant and kind (HPKE's info), and holds the origin of
 * the server that it is for: it opens for no other tenant, and is sent nowhere
 * else even if the provider's address is changed under it. */
#ifndef GATE_CREDENTIAL_H
#define GATE_CREDENTIAL_H

#include "base/err.h"
#include "ext/box.h"
#include "ext/cert.h"

#define CREDENTIAL_SECRET_MAX 2048 /* bytes */
#define CREDENTIAL_KEY_MAX    CERT_KEY_MAX

enum credential_kind {
	CREDENTIAL_NONE,
	CREDENTIAL_BASIC,  /* "user:password", UTF-8 (RFC 7617) */
	CREDENTIAL_HEADER, /* "Name: value", one field, sent as it is */
	CREDENTIAL_OAUTH,  /* a client secret, sent to a token endpoint for the
	                      tokens that the server wants (RFC 6749 4.4) */
	CREDENTIAL_SMART,  /* a private key, PKCS#8 in PEM, that signs for such
	                      tokens (SMART Backend Services) */
	CREDENTIAL_CERTIFICATE /* that of our certificate for its server (mTLS);
	                          it goes with any of the others */
};

/* What a box is for. */
struct credential_for {
	enum credential_kind kind;
	struct guid tenant;
	const char *base_url;  /* of its provider */
	const char *token_url; /* CREDENTIAL_OAUTH: the token endpoint, whose
	                          origin is in the box too */
};

/* How a token is had for a server that wants one (relay/upauth). Texts are
 * NUL-terminated; "": not said. */
struct credential_token {
	enum credential_kind kind; /* CREDENTIAL_OAUTH, CREDENTIAL_SMART */
	const char *url;    /* the token endpoint; SMART, "": the server says */
	const char *client; /* our client_id there */
	bool basic; /* the client in Authorization: Basic; else in the body */
	const char *scope, *resource, *audience;
	const char *kid, *alg; /* SMART: of the key, RS384 or ES384 */
	const char *secret;    /* or the key; wiped with whatever holds this */
};

/* credential_kind_read, credential_kind_word - none, basic, header, oauth,
 * smart. false: no such word. */
bool credential_kind_read(struct str word, enum credential_kind *kind);
const char *credential_kind_word(enum credential_kind kind);

/* credential_fits - can a secret of that kind be sent? Basic: a user without a
 * colon, no control characters. Header: a field name that is not one of those
 * that this gateway or HTTP itself sets, a value of visible ASCII and blanks
 * inside. OAuth: no control characters. false: ERR_PARAM, with what is wrong and never with the secret. */
bool credential_fits(
    enum credential_kind kind, struct str secret, struct err *e);

/* credential_close - a new box around secret, borrowed from a. Needs nothing
 * secret but it. NULL: ERR_PARAM as above, or the address is none. */
char *credential_close(struct arena *a,
    const unsigned char public[CRYPT_X25519_BYTES],
    const struct credential_for *to, struct str secret, struct err *e);

/* credential_open - the header field that the provider is sent,
 * "Authorization: Basic ..." or as it is; of OAuth and SMART
 * the secret itself. Owned, credential_free, which wipes it; NULL is fine
 * there.
 *   dir  sealing_key_dir
 * NULL: ERR_CREDENTIAL, and `why` says which: no such key file here, a bad one,
 * a box that does not open, or one that was sealed for another server. */
char *credential_open(const char *dir, const struct credential_for *of,
    struct str box, struct err *e);
void credential_free(void *line);

/* credential_reseal - the same content in a new box, closed with public;
 * borrowed from a. The server is not compared. NULL: as credential_open. */
char *credential_reseal(struct arena *a, const char *dir,
    const struct credential_for *of, struct str box,
    const unsigned char public[CRYPT_X25519_BYTES], struct err *e);

/* credential_key - the private key of that kid. Wipe it. false: ERR_CONF: no
 * such file, a mode that lets others in, no key, or another one than its name
 * says. */
bool credential_key(const char *dir, const char *kid,
    unsigned char private[CRYPT_X25519_BYTES], struct err *e);

/* credential_keys_fit - may each key file in the folder be used? No folder, or
 * an empty one, is fine: then there is nothing to open. false: ERR_CONF, as
 * credential_key. */
bool credential_keys_fit(const char *dir, struct err *e);

#endif
