/* cert_fit.c - whether certificates and keys fit, and why not, in words
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "ext/cert_inner.h"

#define NAME_MAX_SAID 120 /* bytes of a name in a sentence */

/* ---- what fits --------------------------------------------------------------- */

/* Block i, for a sentence: short, in quotes, and none inside (web/words). */
static const char *
called(struct arena *a, const struct cert_blocks *b, size_t i)
{
	const struct cert_block *at = &b->at[i];
	struct str s = cert_name(a, at->cert ? X509_get_subject_name(at->cert)
					     : X509_CRL_get_issuer(at->list));
	size_t n = 0, step;
	char *text;

	while (n < s.len && n < NAME_MAX_SAID &&
	       (step = utf8_step(s.at + n, s.len - n)) > 0)
		n += step;
	text = arena_printf(a, "\"%.*s\"", (int)n, s.at);
	for (step = 1; step <= n; step++)
		if (text[step] == '"')
			text[step] = '\'';
	return text;
}

/* A day as people write it. */
static const char *
day(struct arena *a, int64_t s)
{
	char text[CLOCK_TEXT_LEN];

	return arena_printf(a, "%.10s", clock_text(text, s * 1000000));
}

static bool
in_force(struct arena *a, const struct cert_blocks *b, size_t i, int64_t now_s,
    struct err *e)
{
	const struct cert_block *at = &b->at[i];
	int64_t begins =
	    cert_seconds(at->cert ? X509_get0_notBefore(at->cert)
				  : X509_CRL_get0_lastUpdate(at->list));

	if (cert_ends_s(at) && cert_ends_s(at) <= now_s)
		return err_set(e, ERR_MALFORMED,
		    at->cert ? "Certificate %zu, %s, ended on %s."
			     : "The list of revoked certificates in place %zu, "
			       "of %s, was good until %s.",
		    i + 1, called(a, b, i), day(a, cert_ends_s(at)));
	return begins <= now_s ||
	       err_set(e, ERR_MALFORMED,
		   "Certificate or list %zu, %s, is not good before %s.", i + 1,
		   called(a, b, i), day(a, begins));
}

/* The same again, and nothing between. */
static const char *
written(struct arena *a, const struct cert_blocks *b)
{
	BIO *to = BIO_new(BIO_s_mem());
	const char *text = "";
	char *at;
	size_t i;
	long n;

	for (i = 0; to && i < b->n; i++)
		if (b->at[i].cert)
			PEM_write_bio_X509(to, b->at[i].cert);
		else
			PEM_write_bio_X509_CRL(to, b->at[i].list);
	if (to && (n = BIO_get_mem_data(to, &at)) > 0)
		text = arena_dup(a, at, (size_t)n);
	BIO_free(to);
	return text;
}

/* ---- ours -------------------------------------------------------------------- */

/* A password prompt would stop a server at its terminal. */
static int
no_password(char *to, int room, int writing, void *ctx)
{
	(void)to, (void)room, (void)writing, (void)ctx;
	return -1;
}

/* Owned; NULL: e says why. */
static EVP_PKEY *
key_of(struct str pem, struct err *e)
{
	BIO *from = BIO_new_mem_buf(pem.at, (int)pem.len);
	EVP_PKEY *k = NULL;

	if (pem.len && cert_count(pem, "PRIVATE KEY-----") == 2)
		k = PEM_read_bio_PrivateKey(from, NULL, no_password, NULL);
	BIO_free(from);
	ERR_clear_error();
	if (!k)
		err_set(e, ERR_MALFORMED,
		    cert_count(pem, "ENCRYPTED")
			? "The private key is encrypted: take its password "
			  "away first, with openssl pkey -in FILE."
			: "The private key cannot be read; it is PEM, and "
			  "begins with -----BEGIN PRIVATE KEY-----.");
	return k;
}

static char *
key_written(struct arena *a, const EVP_PKEY *k, struct err *e)
{
	BIO *to = BIO_new(BIO_s_secmem());
	char *at, *text = NULL;
	long n;

	if (to &&
	    PEM_write_bio_PKCS8PrivateKey(to, k, NULL, NULL, 0, NULL, NULL) ==
		1 &&
	    (n = BIO_get_mem_data(to, &at)) > 0 && n <= CERT_KEY_MAX)
		text = arena_dup(a, at, (size_t)n);
	BIO_free(to); /* wipes */
	if (!text)
		err_set(e, ERR_MALFORMED,
		    "The private key is too large: of RSA keys those of up to "
		    "4096 bits can be sealed.");
	return text;
}

static bool
key_fits(const struct cert_blocks *b, const EVP_PKEY *k, struct err *e)
{
	size_t i = 0;
	bool fits;

	while (i < b->n && !(b->at[i].cert &&
			       X509_check_private_key(b->at[i].cert, k) == 1))
		i++;
	fits = i == 0;
	ERR_clear_error();
	if (i == b->n)
		return err_set(e, ERR_MALFORMED,
		    "The private key is not that of the certificate.");
	return fits ||
	       err_set(e, ERR_MALFORMED,
		   "The private key is that of certificate %zu: that one comes "
		   "first, and then each the one that signed the one before.",
		   i + 1);
}

/* Block i of ours is in force, and signed the one before. */
static bool
link_fits(struct arena *a, const struct cert_blocks *b, size_t i, int64_t now_s,
    struct err *e)
{
	X509 *cert = b->at[i].cert;

	if (!cert)
		return err_set(e, ERR_MALFORMED,
		    "A list of revoked certificates does not belong here: it "
		    "goes with the CA of the server.");
	if (!in_force(a, b, i, now_s, e))
		return false;
	return i == 0 ||
	       X509_check_issued(cert, b->at[i - 1].cert) == X509_V_OK ||
	       err_set(e, ERR_MALFORMED,
		   "Certificate %zu, %s, did not sign the one before.", i + 1,
		   called(a, b, i));
}

static bool
own_fits(struct arena *a, const struct cert_blocks *b, const EVP_PKEY *k,
    int64_t now_s, struct err *e)
{
	size_t i;

	if (!key_fits(b, k, e))
		return false;
	for (i = 0; i < b->n; i++)
		if (!link_fits(a, b, i, now_s, e))
			return false;
	return X509_check_purpose(b->at[0].cert, X509_PURPOSE_SSL_CLIENT, 0) ==
	           1 ||
	       err_set(e, ERR_MALFORMED,
		   "Certificate 1, %s, is not one for clients: what it may "
		   "be used for (key usage) says so.",
		   called(a, b, 0));
}

bool
cert_own_read(struct arena *a, struct str chain, struct str key, int64_t now_s,
    struct cert_own *to, struct err *e)
{
	struct cert_blocks *b = cert_blocks(a, chain, e);
	EVP_PKEY *k = b ? key_of(key, e) : NULL;
	bool fits = k && own_fits(a, b, k, now_s, e) &&
	            (to->key = key_written(a, k, e));

	EVP_PKEY_free(k);
	if (fits)
		to->chain = written(a, b);
	return fits;
}

/* ---- those of others ----------------------------------------------------------- */

static bool
is_authority(X509 *cert)
{
	return X509_check_ca(cert) > 0 || X509_self_signed(cert, 1) == 1;
}

/* Is the list signed by one of the certificates? */
static bool
list_signed(const struct cert_blocks *b, X509_CRL *list)
{
	size_t i;

	for (i = 0; i < b->n; i++) {
		X509 *cert = b->at[i].cert;

		if (cert &&
		    !X509_NAME_cmp(X509_get_subject_name(cert),
			X509_CRL_get_issuer(list)) &&
		    X509_CRL_verify(list, X509_get0_pubkey(cert)) == 1)
			return true;
	}
	return false;
}

static bool
authority_fits(struct arena *a, const struct cert_blocks *b, size_t i,
    int64_t now_s, struct err *e)
{
	const struct cert_block *at = &b->at[i];

	if (at->cert && !is_authority(at->cert))
		return err_set(e, ERR_MALFORMED,
		    "Certificate %zu, %s, is neither a CA's nor signed by "
		    "itself: paste that of the CA that signed it.",
		    i + 1, called(a, b, i));
	if (at->list && !list_signed(b, at->list))
		return err_set(e, ERR_MALFORMED,
		    "The list of revoked certificates in place %zu, of "
		    "%s, is signed by none of these CAs.",
		    i + 1, called(a, b, i));
	return in_force(a, b, i, now_s, e);
}

const char *
cert_authorities_read(
    struct arena *a, struct str pem, int64_t now_s, struct err *e)
{
	struct cert_blocks *b = cert_blocks(a, pem, e);
	size_t i, certs = 0;

	for (i = 0; b && i < b->n; i++) {
		certs += b->at[i].cert != NULL;
		if (!authority_fits(a, b, i, now_s, e))
			b = NULL;
	}
	ERR_clear_error();
	if (b && !certs) {
		err_set(e, ERR_MALFORMED,
		    "There is no certificate of a CA in the text.");
		b = NULL;
	}
	return b ? written(a, b) : NULL;
}
