/* cert.c - certificates as PEM text, read, and what they say
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "ext/cert_inner.h"

#define BEGIN "-----BEGIN "

static void
drop(void *blocks)
{
	struct cert_blocks *b = blocks;
	size_t i;

	for (i = 0; i < b->n; i++) {
		X509_free(b->at[i].cert);
		X509_CRL_free(b->at[i].list);
	}
}

/* ---- reading ----------------------------------------------------------------- */

size_t
cert_count(struct str s, const char *word)
{
	size_t n = 0, len = strlen(word);
	const char *at;

	while (s.len && (at = memmem(s.at, s.len, word, len))) {
		n++;
		s.len -= (size_t)(at - s.at) + len;
		s.at = at + len;
	}
	return n;
}

static bool
take(struct cert_blocks *to, const char *name, const unsigned char *der,
    long len)
{
	struct cert_block *b = &to->at[to->n];

	if (!strcmp(name, PEM_STRING_X509) ||
	    !strcmp(name, PEM_STRING_X509_OLD))
		b->cert = d2i_X509(NULL, &der, len);
	else if (!strcmp(name, PEM_STRING_X509_CRL))
		b->list = d2i_X509_CRL(NULL, &der, len);
	if (!b->cert && !b->list)
		return false;
	to->n++;
	return true;
}

/* The next block of the text. false: there is none, or it is none of ours. */
static bool
take_next(BIO *from, struct cert_blocks *to)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	long len;
	bool taken = PEM_read_bio(from, &name, &header, &der, &len) == 1 &&
	             take(to, name, der, len);

	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return taken;
}

struct cert_blocks *
cert_blocks(struct arena *a, struct str pem, struct err *e)
{
	struct cert_blocks *b = arena_adopt(a, arena_get(a, sizeof *b), drop);
	size_t wanted = cert_count(pem, BEGIN);
	BIO *from;

	if (cert_count(pem, "PRIVATE KEY-----")) {
		err_set(e, ERR_MALFORMED,
		    "There is a private key among the certificates: it goes "
		    "into its own field, and nowhere else.");
		return NULL;
	}
	if (wanted < 1 || wanted > CERTS_MAX) {
		err_set(e, ERR_MALFORMED,
		    "There must be from 1 to %d certificates, in PEM, as text "
		    "that begins with -----BEGIN CERTIFICATE-----.",
		    CERTS_MAX);
		return NULL;
	}
	from = BIO_new_mem_buf(pem.at, (int)pem.len);
	while (from && b->n < wanted && take_next(from, b))
		;
	BIO_free(from);
	ERR_clear_error();
	if (b->n == wanted)
		return b;
	err_set(e, ERR_MALFORMED,
	    "Block %zu of the text can be read neither as a certificate nor as "
	    "a list of revoked ones.",
	    b->n + 1);
	return NULL;
}

/* ---- facts ------------------------------------------------------------------- */

struct str
cert_name(struct arena *a, const X509_NAME *name)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *at;
	long n;
	struct str s = STR("");

	if (b &&
	    X509_NAME_print_ex(b, name, 0,
		XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0 &&
	    (n = BIO_get_mem_data(b, &at)) > 0)
		s = (struct str){ arena_dup(a, at, (size_t)n), (size_t)n };
	BIO_free(b);
	return str_plain(s) ? s : STR("?");
}

int64_t
cert_seconds(const ASN1_TIME *t)
{
	struct tm tm;

	return t && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static void
fingerprint(const struct cert_block *b, char to[CERT_FINGERPRINT_LEN + 1])
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char d[EVP_MAX_MD_SIZE];
	unsigned n = 0, i;
	char *p = to;

	if (b->cert)
		X509_digest(b->cert, EVP_sha256(), d, &n);
	else
		X509_CRL_digest(b->list, EVP_sha256(), d, &n);
	for (i = 0; i < n; i++) {
		if (i)
			*p++ = ':';
		*p++ = hex[d[i] >> 4];
		*p++ = hex[d[i] & 15];
	}
	*p = '\0';
}

int64_t
cert_ends_s(const struct cert_block *b)
{
	return cert_seconds(b->cert ? X509_get0_notAfter(b->cert)
				    : X509_CRL_get0_nextUpdate(b->list));
}

struct cert_facts *
cert_facts(struct arena *a, struct str pem, size_t *n, struct err *e)
{
	struct cert_blocks *b = cert_blocks(a, pem, e);
	struct cert_facts *f;
	size_t i;

	if (!b)
		return NULL;
	f = arena_get(a, b->n * sizeof *f);
	for (i = 0; i < b->n; i++) {
		const struct cert_block *at = &b->at[i];

		f[i].list = !at->cert;
		if (at->cert)
			f[i].subject =
			    cert_name(a, X509_get_subject_name(at->cert));
		f[i].issuer =
		    cert_name(a, at->cert ? X509_get_issuer_name(at->cert)
					  : X509_CRL_get_issuer(at->list));
		f[i].ends_s = cert_ends_s(at);
		fingerprint(at, f[i].fingerprint);
	}
	*n = b->n;
	return f;
}
