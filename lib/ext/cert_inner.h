/* cert_inner.h - what cert.c has read, for cert_fit.c
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EXT_CERT_INNER_H
#define EXT_CERT_INNER_H

#include <openssl/x509.h>

#include "ext/cert.h"

struct cert_block {
	X509 *cert;     /* or */
	X509_CRL *list; /* of revoked ones */
};

/* All of a text, taken apart; freed with the arena. */
struct cert_blocks {
	struct cert_block at[CERTS_MAX];
	size_t n;
};

/* cert_blocks - of the text; NULL: as cert_facts. */
struct cert_blocks *cert_blocks(struct arena *a, struct str pem, struct err *e);

/* cert_count - how often the word is in s. */
size_t cert_count(struct str s, const char *word);

/* cert_name - RFC 4514, UTF-8, borrowed from a. */
struct str cert_name(struct arena *a, const X509_NAME *name);

/* cert_seconds - since 1970 UTC; 0: none. cert_ends_s - of a block. */
int64_t cert_seconds(const ASN1_TIME *t);
int64_t cert_ends_s(const struct cert_block *b);

#endif
