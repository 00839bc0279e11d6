/* cert.h - certificates as PEM text: what they say, and whether they fit
 * SPDX-License-Identifier: Apache-2.0
 *
 * X.509 certificates and lists of revoked ones (RFC 5280) in PEM (RFC 7468), as
 * people paste them: what stands between the blocks is left out. What fits here
 * may still not be believed by a server: who signed for whom is looked at, whom
 * that server trusts nobody knows. */
#ifndef EXT_CERT_H
#define EXT_CERT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define CERTS_MAX            32   /* certificates and lists of one text */
#define CERT_KEY_MAX         3500 /* bytes of a private key in PEM */
#define CERT_FINGERPRINT_LEN 95   /* SHA-256: AA:BB:... */

struct cert_facts {
	bool list;          /* of revoked certificates */
	struct str subject; /* RFC 4514, UTF-8; of a list absent */
	struct str issuer;
	int64_t ends_s; /* since 1970 UTC; of a list when the next one comes;
	                        0: it does not say */
	char fingerprint[CERT_FINGERPRINT_LEN + 1]; /* of the DER */
};

/* cert_facts - of all blocks of the text in their order, borrowed from a. *n: how
 * many, CERTS_MAX at most. NULL: ERR_MALFORMED, one of them cannot be read, or is
 * neither certificate nor list; none; too many; or a private key is among them. */
struct cert_facts *cert_facts(
    struct arena *a, struct str pem, size_t *n, struct err *e);

/* A certificate of ours that fits, borrowed from an arena. */
struct cert_own {
	const char *chain; /* it, and what leads to its CA; PEM, nothing else */
	char *key; /* PKCS#8 in PEM, CERT_KEY_MAX bytes at most; wipe it */
};

/* cert_own_read - a certificate for clients, in front of those that lead to its
 * CA, and its private key. false: ERR_MALFORMED: as above; the key is encrypted,
 * none, too large, or that of another certificate; one is not in force at now_s; one did not
 * sign the one before; it is not for clients. */
bool cert_own_read(struct arena *a, struct str chain, struct str key,
    int64_t now_s, struct cert_own *to, struct err *e);

/* cert_authorities_read - CAs that a server's certificate may be of, and lists of
 * what they revoked; PEM, nothing else, borrowed from a. NULL: ERR_MALFORMED: as
 * above; no certificate; one is neither a CA's nor signed by itself; one is not in
 * force at now_s; a list is of none of them, or its next one is overdue. */
const char *cert_authorities_read(
    struct arena *a, struct str pem, int64_t now_s, struct err *e);

#endif
