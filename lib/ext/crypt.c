/* crypt.c - random bytes, digests, agreed keys, sealing; process hygiene
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/crypt.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "base/conf.h"
#include "base/enc.h"
#include "base/log.h"

/* Fetched once: an implicit fetch costs more than the digest of 64 bytes. */
struct algorithms {
	EVP_MD *sha256;
	EVP_CIPHER *gcm;
	EVP_MAC *hmac;
	EVP_KDF *hkdf;
};

/* No memory or no entropy: see the header. */
static void
must(bool worked, const char *what)
{
	if (worked)
		return;
	log_event(LOG_ERROR, "crypt_failed", LOG_WHY, what, LOG_END);
	abort();
}

static struct algorithms fetched;

static void
fetch_all(void)
{
	fetched.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	fetched.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	fetched.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	fetched.hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	must(fetched.sha256 && fetched.gcm && fetched.hmac && fetched.hkdf,
	    "OpenSSL lacks SHA-256, AES-GCM, HMAC or HKDF");
}

static const struct algorithms *
with(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fetch_all);
	return &fetched;
}

bool
crypt_start(struct err *e)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return err_why(e, ERR_BROKEN, "cannot forbid core dumps: %s",
		    strerror(errno));
	with();
	return true;
}

void
crypt_random(void *to, size_t n)
{
	must(n <= INT_MAX && RAND_bytes(to, (int)n) == 1, "no random bytes");
}

void
crypt_wipe(void *at, size_t n)
{
	OPENSSL_cleanse(at, n);
}

bool
crypt_same(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

void
crypt_sha256(unsigned char to[CRYPT_SHA256_BYTES], const void *bytes, size_t n)
{
	must(EVP_Digest(bytes, n, to, NULL, with()->sha256, NULL) == 1,
	    "SHA-256");
}

struct crypt_hmac {
	EVP_MAC_CTX *keyed; /* only ever duplicated */
};

struct crypt_hmac *
crypt_hmac_new(const void *key, size_t n)
{
	char sha256[] = "SHA256";
	const OSSL_PARAM how[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_MAC_PARAM_DIGEST, sha256, 0),
		OSSL_PARAM_construct_end(),
	};
	struct crypt_hmac *h = calloc(1, sizeof *h);

	must(h && (h->keyed = EVP_MAC_CTX_new(with()->hmac)) &&
		 EVP_MAC_init(h->keyed, key, n, how) == 1,
	    "HMAC key");
	return h;
}

void
crypt_hmac_free(void *hmac)
{
	struct crypt_hmac *h = hmac;

	if (!h)
		return;
	EVP_MAC_CTX_free(h->keyed);
	free(h);
}

void
crypt_hmac(const struct crypt_hmac *h, const void *bytes, size_t n,
    unsigned char to[CRYPT_SHA256_BYTES])
{
	EVP_MAC_CTX *m = EVP_MAC_CTX_dup(h->keyed);
	size_t len = 0;

	must(m && EVP_MAC_update(m, bytes, n) == 1 &&
		 EVP_MAC_final(m, to, &len, CRYPT_SHA256_BYTES) == 1 &&
		 len == CRYPT_SHA256_BYTES,
	    "HMAC");
	EVP_MAC_CTX_free(m);
}

/* OSSL_PARAM takes writable bytes but reads them only. */
static OSSL_PARAM
octets(const char *name, struct str s)
{
	union {
		const char *given;
		void *wanted;
	} u = { s.at ? s.at : "" };

	return OSSL_PARAM_construct_octet_string(name, u.wanted, s.len);
}

void
crypt_hkdf(
    void *to, size_t n, struct str secret, struct str salt, struct str info)
{
	char sha256[] = "SHA256";
	const OSSL_PARAM how[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_KDF_PARAM_DIGEST, sha256, 0),
		octets(OSSL_KDF_PARAM_KEY, secret),
		octets(OSSL_KDF_PARAM_INFO, info),
		salt.len ? octets(OSSL_KDF_PARAM_SALT, salt)
			 : OSSL_PARAM_construct_end(),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF_CTX *k = EVP_KDF_CTX_new(with()->hkdf);

	must(k && EVP_KDF_derive(k, to, n, how) == 1, "HKDF");
	EVP_KDF_CTX_free(k);
}

/* Without a ceiling of its own OpenSSL stops at 32 MiB. */
#define SCRYPT_BYTES_MAX ((uint64_t)160 * 1024 * 1024)

void
crypt_scrypt(void *to, size_t n, struct str text, struct str salt, unsigned ln,
    unsigned r, unsigned p)
{
	must(EVP_PBE_scrypt(text.at, text.len, (const unsigned char *)salt.at,
		 salt.len, UINT64_C(1) << ln, r, p, SCRYPT_BYTES_MAX, to,
		 n) == 1,
	    "scrypt");
}

void
crypt_seal_once(void *to, const unsigned char key[CRYPT_KEY_BYTES],
    const unsigned char given[CRYPT_NONCE_BYTES], const void *bytes, size_t n,
    struct str about)
{
	unsigned char *nonce = to, *text = nonce + CRYPT_NONCE_BYTES;
	const unsigned char *aad = (const unsigned char *)about.at;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int len;

	memmove(nonce, given, CRYPT_NONCE_BYTES);
	must(c && n <= INT_MAX && about.len <= INT_MAX &&
		 EVP_EncryptInit_ex2(c, with()->gcm, key, nonce, NULL) == 1 &&
		 (!about.len || EVP_EncryptUpdate(
				    c, NULL, &len, aad, (int)about.len) == 1) &&
		 EVP_EncryptUpdate(c, text, &len, bytes, (int)n) == 1 &&
		 EVP_EncryptFinal_ex(c, text + n, &len) == 1 &&
		 EVP_CIPHER_CTX_ctrl(
		     c, EVP_CTRL_AEAD_GET_TAG, CRYPT_TAG_BYTES, text + n) == 1,
	    "AES-GCM");
	EVP_CIPHER_CTX_free(c);
}

void
crypt_seal(void *to, const unsigned char key[CRYPT_KEY_BYTES],
    const void *bytes, size_t n, struct str about)
{
	unsigned char nonce[CRYPT_NONCE_BYTES];

	crypt_random(nonce, sizeof nonce);
	crypt_seal_once(to, key, nonce, bytes, n, about);
}

static bool
opened(EVP_CIPHER_CTX *c, unsigned char *to, const unsigned char *key,
    const unsigned char *sealed, size_t n, struct str about)
{
	unsigned char tag[CRYPT_TAG_BYTES];
	const unsigned char *aad = (const unsigned char *)about.at;
	int len;

	memcpy(tag, sealed + CRYPT_NONCE_BYTES + n, sizeof tag);
	return EVP_DecryptInit_ex2(c, with()->gcm, key, sealed, NULL) == 1 &&
	       (!about.len || EVP_DecryptUpdate(
				  c, NULL, &len, aad, (int)about.len) == 1) &&
	       EVP_DecryptUpdate(
		   c, to, &len, sealed + CRYPT_NONCE_BYTES, (int)n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) ==
	           1 &&
	       EVP_DecryptFinal_ex(c, to + n, &len) == 1;
}

bool
crypt_open(void *to, const unsigned char key[CRYPT_KEY_BYTES],
    const void *sealed, size_t n, struct str about)
{
	EVP_CIPHER_CTX *c;
	bool good;

	if (n < CRYPT_SEAL_MORE || n > INT_MAX || about.len > INT_MAX)
		return false;
	n -= CRYPT_SEAL_MORE;
	c = EVP_CIPHER_CTX_new();
	must(c != NULL, "AES-GCM");
	good = opened(c, to, key, sealed, n, about);
	if (!good)
		crypt_wipe(to, n);
	EVP_CIPHER_CTX_free(c);
	return good;
}

static EVP_PKEY *
x25519_private(const unsigned char private[CRYPT_X25519_BYTES])
{
	EVP_PKEY *k = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_X25519, NULL, private, CRYPT_X25519_BYTES);

	must(k != NULL, "X25519");
	return k;
}

void
crypt_x25519_public(unsigned char to[CRYPT_X25519_BYTES],
    const unsigned char private[CRYPT_X25519_BYTES])
{
	EVP_PKEY *k = x25519_private(private);
	size_t n = CRYPT_X25519_BYTES;

	must(EVP_PKEY_get_raw_public_key(k, to, &n) == 1, "X25519");
	EVP_PKEY_free(k);
}

bool
crypt_x25519(unsigned char to[CRYPT_X25519_BYTES],
    const unsigned char private[CRYPT_X25519_BYTES],
    const unsigned char public[CRYPT_X25519_BYTES])
{
	EVP_PKEY *own = x25519_private(private);
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_X25519, NULL, public, CRYPT_X25519_BYTES);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	static const unsigned char zeros[CRYPT_X25519_BYTES];
	size_t n = CRYPT_X25519_BYTES;
	bool good;

	must(peer && c && EVP_PKEY_derive_init(c) == 1 &&
		 EVP_PKEY_derive_set_peer(c, peer) == 1,
	    "X25519");
	good = EVP_PKEY_derive(c, to, &n) == 1 && n == CRYPT_X25519_BYTES &&
	       !crypt_same(to, zeros, sizeof zeros);
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(own);
	return good;
}

static ssize_t
read_all(int fd, char *to, size_t room)
{
	size_t n = 0;
	ssize_t got;

	while (n < room) {
		got = read(fd, to + n, room - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (!got)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

bool
crypt_key_file(
    const char *path, unsigned char key[CRYPT_KEY_BYTES], struct err *e)
{
	char text[CRYPT_KEY_BYTES * 2 + 2];
	ssize_t n = -1;
	bool good;
	int fd;

	if (!conf_secret_file(path, e))
		return false;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0) {
		n = read_all(fd, text, sizeof text);
		close(fd);
	}
	if (n < 0)
		return err_set(e, ERR_CONF, "%s: cannot be read: %s.", path,
		    strerror(errno));
	good =
	    n == CRYPT_KEY_BYTES * 2 + 1 && text[n - 1] == '\n' &&
	    dec_hex(key, CRYPT_KEY_BYTES, (struct str){ text, (size_t)n - 1 });
	crypt_wipe(text, sizeof text);
	return good ||
	       err_set(e, ERR_CONF,
		   "%s: must hold %d hex digits and a line end; make it with "
		   "`wardgate key make`.",
		   path, CRYPT_KEY_BYTES * 2);
}
