/* test_ext_cert.c - certificates are read as pasted, and fit or are refused
 * SPDX-License-Identifier: Apache-2.0
 *
 * Certificates are made at run time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "ext/cert.h"

#define DAY_S 86400

enum { CA = 1, CLIENT = 2, SERVER = 4, LATE = 8, EARLY = 16 };

struct own {
	EVP_PKEY *key;
	X509 *cert;
};

static struct arena *a;
static struct own ca, other, middle, ours, under, alone, late, early, server;

static void
extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(e);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

/* by: who signs; NULL: itself. */
static struct own
made(const char *name, const struct own *by, unsigned what)
{
	struct own o = { EVP_EC_gen("P-256"), X509_new() };
	X509_NAME *n = X509_get_subject_name(o.cert);
	const unsigned char *text = (const unsigned char *)name;

	X509_set_version(o.cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(o.cert), 7);
	X509_gmtime_adj(
	    X509_getm_notBefore(o.cert), what & EARLY ? DAY_S : -2 * DAY_S);
	X509_gmtime_adj(
	    X509_getm_notAfter(o.cert), what & LATE ? -DAY_S : 2 * DAY_S);
	X509_NAME_add_entry_by_txt(n, "O", MBSTRING_UTF8, text, -1, -1, 0);
	X509_set_issuer_name(o.cert, by ? X509_get_subject_name(by->cert) : n);
	X509_set_pubkey(o.cert, o.key);
	if (what & CA)
		extend(o.cert, NID_basic_constraints, "critical,CA:TRUE");
	if (what & (CLIENT | SERVER))
		extend(o.cert, NID_ext_key_usage,
		    what & CLIENT ? "clientAuth" : "serverAuth");
	assert_true(X509_sign(o.cert, by ? by->key : o.key, EVP_sha256()) > 0);
	return o;
}

static struct str
text_of(BIO *b)
{
	char *at;
	long n = BIO_get_mem_data(b, &at);
	char *copy = arena_dup(a, at, (size_t)n);

	BIO_free(b);
	return (struct str){ copy, (size_t)n };
}

static struct str
pem(const struct own *o)
{
	BIO *b = BIO_new(BIO_s_mem());

	PEM_write_bio_X509(b, o->cert);
	return text_of(b);
}

static struct str
key(const struct own *o)
{
	BIO *b = BIO_new(BIO_s_mem());

	PEM_write_bio_PKCS8PrivateKey(b, o->key, NULL, NULL, 0, NULL, NULL);
	return text_of(b);
}

static struct str
list(const struct own *by, long ends)
{
	X509_CRL *l = X509_CRL_new();
	ASN1_TIME *t = X509_gmtime_adj(NULL, -2 * DAY_S);
	BIO *b = BIO_new(BIO_s_mem());

	X509_CRL_set_version(l, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(l, X509_get_subject_name(by->cert));
	X509_CRL_set1_lastUpdate(l, t);
	X509_gmtime_adj(t, ends);
	X509_CRL_set1_nextUpdate(l, t);
	assert_true(X509_CRL_sign(l, by->key, EVP_sha256()) > 0);
	PEM_write_bio_X509_CRL(b, l);
	ASN1_TIME_free(t);
	X509_CRL_free(l);
	return text_of(b);
}

static struct str
both(struct str one, struct str two)
{
	return str_of(arena_printf(a, "%.*s%.*s", STR_FMT(one), STR_FMT(two)));
}

/* ---- the stories ----------------------------------------------------------------- */

static void
facts_are_told_of_every_block_as_it_was_pasted(void **state)
{
	struct err e = { .kind = ERR_NONE };
	struct cert_facts *f;
	size_t n;

	(void)state;
	f = cert_facts(a,
	    both(str_of("Bag Attributes\n  friendlyName: x\n"),
		both(pem(&ours), both(list(&ca, DAY_S), pem(&ca)))),
	    &n, &e);
	assert_non_null(f);
	assert_int_equal(n, 3);
	assert_true(str_is(f[0].subject, "O=Gateway \xc3\xa9\\, Inc."));
	assert_true(str_is(f[0].issuer, "O=Root"));
	assert_true(f[1].list && !f[1].subject.at);
	assert_true(str_is(f[1].issuer, "O=Root"));
	assert_int_equal(strlen(f[0].fingerprint), CERT_FINGERPRINT_LEN);
	assert_true(f[0].ends_s > clock_now_s() + DAY_S);
	assert_true(strcmp(f[0].fingerprint, f[2].fingerprint) != 0);
}

static void
assert_own(struct str chain, struct str its, const char *wrong)
{
	struct err e = { .kind = ERR_NONE };
	struct cert_own to = { .chain = NULL };
	bool fits = cert_own_read(a, chain, its, clock_now_s(), &to, &e);

	if (!wrong) {
		assert_true(fits);
		assert_true(str_starts(str_of(to.chain), "-----BEGIN CERT"));
		assert_true(str_starts(
		    str_of(to.key), "-----BEGIN PRIVATE KEY-----\n"));
		return;
	}
	assert_false(fits);
	assert_int_equal(e.kind, ERR_MALFORMED);
	if (!strstr(e.said, wrong))
		fail_msg("%s, not: %s", e.said, wrong);
}

static void
ours_fits_with_its_key_or_says_why_not(void **state)
{
	struct str k = key(&ours), cut = pem(&ours);

	(void)state;
	cut.len -= 40;
	assert_own(pem(&ours), k, NULL);
	assert_own(both(str_of("subject=x\n"), pem(&ours)), k, NULL);
	assert_own(
	    both(pem(&under), both(pem(&middle), pem(&ca))), key(&under), NULL);
	assert_own(pem(&ours), key(&ca), "not that of the certificate");
	assert_own(both(pem(&ca), pem(&ours)), k, "is that of certificate 2");
	assert_own(both(pem(&under), pem(&ca)), key(&under),
	    "Certificate 2, \"O=Root\", did not sign");
	assert_own(pem(&late), key(&late), "\"O=Late\", ended on 20");
	assert_own(pem(&early), key(&early), "is not good before 20");
	assert_own(pem(&server), key(&server), "is not one for clients");
	assert_own(both(pem(&ours), list(&ca, DAY_S)), k, "does not belong");
	assert_own(both(pem(&ours), k), k, "among the certificates");
	assert_own(cut, k, "Block 1 of the text");
	assert_own(both(pem(&ours), str_of("-----BEGIN X-----\n")), k,
	    "Block 2 of the text");
	assert_own(STR(""), k, "from 1 to 32");
	assert_own(pem(&ours), STR(""), "cannot be read");
	assert_own(pem(&ours), pem(&ours), "cannot be read");
	assert_own(pem(&ours),
	    STR("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
		"-----END ENCRYPTED PRIVATE KEY-----\n"),
	    "is encrypted");
}

static void
keys_of_other_forms_become_PKCS8_and_4096_bits_fit(void **state)
{
	static const unsigned sizes[] = { 4096, 4608 };
	struct err e = { .kind = ERR_NONE };
	struct own big = made("Big", NULL, CLIENT);
	struct cert_own to;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++) {
		BIO *b = BIO_new(BIO_s_mem());

		EVP_PKEY_free(big.key);
		big.key = EVP_RSA_gen(sizes[i]);
		X509_set_pubkey(big.cert, big.key);
		assert_true(X509_sign(big.cert, big.key, EVP_sha256()) > 0);
		PEM_write_bio_PrivateKey_traditional(
		    b, big.key, NULL, NULL, 0, NULL, NULL);
		err_clear(&e);
		assert_int_equal(cert_own_read(a, pem(&big), text_of(b),
				     clock_now_s(), &to, &e),
		    i == 0);
		if (i == 0)
			assert_true(str_starts(
			    str_of(to.key), "-----BEGIN PRIVATE KEY-----\n"));
	}
	assert_non_null(strstr(e.said, "too large"));
	EVP_PKEY_free(big.key);
	X509_free(big.cert);
}

static void
authorities_fit_or_say_why_not(void **state)
{
	struct err e;
	size_t i;
	struct {
		struct str pem;
		const char *wrong;
	} rows[] = {
		{ pem(&ca), NULL },
		{ both(pem(&middle), pem(&ca)), NULL },
		{ pem(&alone), NULL },
		{ both(list(&ca, DAY_S), pem(&ca)), NULL },
		{ pem(&ours), "is neither a CA's nor signed by itself" },
		{ both(pem(&ca), pem(&server)), "Certificate 2, \"O=Server\"" },
		{ pem(&late), "is neither" },
		{ both(pem(&other), list(&ca, DAY_S)), "signed by none" },
		{ list(&ca, DAY_S), "signed by none" },
		{ both(pem(&ca), list(&ca, -DAY_S)), "was good until 20" },
		{ key(&ca), "among the certificates" },
		{ STR("x"), "from 1 to 32" },
	};

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const char *text;

		e = (struct err){ .kind = ERR_NONE };
		text = cert_authorities_read(a, rows[i].pem, clock_now_s(), &e);
		if (!text != (rows[i].wrong != NULL))
			fail_msg("row %zu: %s", i, e.said);
		if (!text && !strstr(e.said, rows[i].wrong))
			fail_msg("row %zu: %s", i, e.said);
	}
}

/* ---- */

static int
set_up(void **state)
{
	(void)state;
	a = arena_new();
	ca = made("Root", NULL, CA);
	other = made("Another", NULL, CA);
	middle = made("Middle", &ca, CA);
	ours = made("Gateway \xc3\xa9, Inc.", &ca, CLIENT);
	under = made("Under", &middle, CLIENT);
	alone = made("Alone", NULL, 0);
	late = made("Late", &ca, CLIENT | LATE);
	early = made("Early", &ca, CLIENT | EARLY);
	server = made("Server", &ca, SERVER);
	return 0;
}

static int
tear_down(void **state)
{
	struct own *all[] = { &ca, &other, &middle, &ours, &under, &alone,
		&late, &early, &server };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		EVP_PKEY_free(all[i]->key);
		X509_free(all[i]->cert);
	}
	arena_free(a);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    facts_are_told_of_every_block_as_it_was_pasted),
		cmocka_unit_test(ours_fits_with_its_key_or_says_why_not),
		cmocka_unit_test(
		    keys_of_other_forms_become_PKCS8_and_4096_bits_fit),
		cmocka_unit_test(authorities_fit_or_say_why_not),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
