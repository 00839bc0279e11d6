/* box.c - sealed boxes: the public key closes them, the private one opens
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/box_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY    CRYPT_X25519_BYTES
#define DIGEST CRYPT_SHA256_BYTES
#define PREFIX BOX_MARK "."

/* Names of the algorithms, as they are mixed into every step (RFC 9180 4.1,
 * 5.1; numbers of 7). */
#define KEM_ID 0x0020
#define KDF_ID 0x0001

/* ---- labeled HKDF (RFC 9180 4) --------------------------------------------------- */

/* What one HMAC is taken over: of bounded parts, put together. */
struct joined {
	unsigned char at[512];
	size_t n;
};

static void
join(struct joined *j, const void *bytes, size_t n)
{
	if (n > sizeof j->at - j->n)
		abort(); /* every part is bounded: our own fault */
	if (n)
		memcpy(j->at + j->n, bytes, n);
	j->n += n;
}

static void
join_number(struct joined *j, unsigned n)
{
	const unsigned char two[] = { (unsigned char)(n >> 8),
		(unsigned char)n };

	join(j, two, sizeof two);
}

/* suite: "KEM" and its number, or "HPKE" and all three. */
struct suite {
	unsigned char at[10];
	size_t n;
};

static struct suite
suite_of(const char *word, unsigned a, unsigned b, unsigned c, size_t numbers)
{
	const unsigned all[] = { a, b, c };
	struct suite s = { .n = strlen(word) };
	size_t i;

	memcpy(s.at, word, s.n);
	for (i = 0; i < numbers; i++) {
		s.at[s.n++] = (unsigned char)(all[i] >> 8);
		s.at[s.n++] = (unsigned char)all[i];
	}
	return s;
}

static void
join_label(struct joined *j, const struct suite *suite, const char *label)
{
	join(j, "HPKE-v1", 7);
	join(j, suite->at, suite->n);
	join(j, label, strlen(label));
}

static void
hmac(unsigned char to[DIGEST], const void *key, size_t n,
    const struct joined *over)
{
	struct crypt_hmac *h = crypt_hmac_new(key, n);

	crypt_hmac(h, over->at, over->n, to);
	crypt_hmac_free(h);
}

/* salt NULL: empty, which HMAC pads to the same zeros (RFC 5869 2.2). */
static void
extract(unsigned char to[DIGEST], const struct suite *suite,
    const unsigned char salt[DIGEST], const char *label, const void *ikm,
    size_t n)
{
	static const unsigned char zeros[DIGEST];
	struct joined j = { .n = 0 };

	join_label(&j, suite, label);
	join(&j, ikm, n);
	hmac(to, salt ? salt : zeros, DIGEST, &j);
	crypt_wipe(&j, sizeof j);
}

/* At most one block of output: T(1) of RFC 5869 2.3. */
static void
expand(void *to, size_t n, const struct suite *suite,
    const unsigned char prk[DIGEST], const char *label, const void *info,
    size_t info_n)
{
	struct joined j = { .n = 0 };
	unsigned char block[DIGEST];

	join_number(&j, (unsigned)n);
	join_label(&j, suite, label);
	join(&j, info, info_n);
	join(&j, "\x01", 1);
	hmac(block, prk, DIGEST, &j);
	memcpy(to, block, n);
	crypt_wipe(block, sizeof block);
	crypt_wipe(&j, sizeof j);
}

/* ---- the steps of HPKE ------------------------------------------------------------- */

bool
box_shared(unsigned char to[BOX_SHARED_BYTES], const unsigned char private[KEY],
    const unsigned char public[KEY], const unsigned char enc[KEY],
    const unsigned char recipient[KEY])
{
	const struct suite kem = suite_of("KEM", KEM_ID, 0, 0, 1);
	unsigned char dh[KEY], prk[DIGEST], context[2 * KEY];
	bool good = crypt_x25519(dh, private, public);

	if (good) {
		memcpy(context, enc, KEY);
		memcpy(context + KEY, recipient, KEY);
		extract(prk, &kem, NULL, "eae_prk", dh, sizeof dh);
		expand(to, BOX_SHARED_BYTES, &kem, prk, "shared_secret",
		    context, sizeof context);
		crypt_wipe(prk, sizeof prk);
	}
	crypt_wipe(dh, sizeof dh);
	return good;
}

void
box_schedule(unsigned aead, const unsigned char shared[BOX_SHARED_BYTES],
    struct str info, unsigned char *key, size_t n,
    unsigned char nonce[CRYPT_NONCE_BYTES])
{
	const struct suite hpke = suite_of("HPKE", KEM_ID, KDF_ID, aead, 3);
	unsigned char context[1 + 2 * DIGEST] = { 0x00 }, secret[DIGEST];

	extract(context + 1, &hpke, NULL, "psk_id_hash", "", 0);
	extract(
	    context + 1 + DIGEST, &hpke, NULL, "info_hash", info.at, info.len);
	extract(secret, &hpke, shared, "secret", "", 0);
	expand(key, n, &hpke, secret, "key", context, sizeof context);
	expand(nonce, CRYPT_NONCE_BYTES, &hpke, secret, "base_nonce", context,
	    sizeof context);
	crypt_wipe(secret, sizeof secret);
}

/* The key and nonce of one box, from what both sides share. */
static void
of_box(const unsigned char shared[BOX_SHARED_BYTES], struct str about,
    unsigned char key[CRYPT_KEY_BYTES], unsigned char nonce[CRYPT_NONCE_BYTES])
{
	char info[sizeof BOX_MARK + BOX_ABOUT_MAX] = BOX_MARK;

	if (about.len)
		memcpy(info + sizeof BOX_MARK, about.at, about.len);
	box_schedule(BOX_AES_256_GCM, shared,
	    (struct str){ info, sizeof BOX_MARK + about.len }, key,
	    CRYPT_KEY_BYTES, nonce);
}

/* ---- text --------------------------------------------------------------------------- */

/* RFC 7638 3 over the required members of an OKP key (RFC 8037 2). */
void
box_kid(char kid[BOX_KID_LEN + 1], const unsigned char public[KEY])
{
	char x[ENC_B64_LEN(KEY) + 1] = "", jwk[128];
	unsigned char digest[DIGEST];
	int n;

	enc_b64url(x, public, KEY);
	n = snprintf(jwk, sizeof jwk,
	    "{\"crv\":\"X25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", x);
	crypt_sha256(digest, jwk, (size_t)n);
	enc_b64url(kid, digest, sizeof digest);
	kid[BOX_KID_LEN] = '\0';
}

static bool
kid_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* enc | ciphertext | tag, decoded. */
struct sealed {
	unsigned char at[ENC_B64_ROOM(BOX_TEXT_MAX)];
	size_t n;
};

static bool
read_text(struct str text, char kid[BOX_KID_LEN + 1], struct sealed *s)
{
	const size_t head = sizeof PREFIX - 1 + BOX_KID_LEN;
	size_t i;

	if (text.len > BOX_TEXT_MAX || text.len <= head + 1 ||
	    !str_starts(text, PREFIX) || text.at[head] != '.')
		return false;
	memcpy(kid, text.at + sizeof PREFIX - 1, BOX_KID_LEN);
	kid[BOX_KID_LEN] = '\0';
	for (i = 0; i < BOX_KID_LEN; i++)
		if (!kid_char(kid[i]))
			return false;
	s->n = sizeof s->at;
	return dec_b64url(s->at, &s->n,
		   (struct str){ text.at + head + 1, text.len - head - 1 }) &&
	       s->n >= BOX_MORE && s->n <= BOX_SECRET_MAX + BOX_MORE;
}

bool
box_read(struct str text, char kid[BOX_KID_LEN + 1])
{
	struct sealed s;

	return read_text(text, kid, &s);
}

/* ---- closing and opening --------------------------------------------------------------- */

static char *
write_text(struct arena *a, const unsigned char public[KEY],
    const unsigned char *sealed, size_t n)
{
	char kid[BOX_KID_LEN + 1], *text = arena_raw(a, BOX_TEXT_MAX + 1);
	size_t at;

	box_kid(kid, public);
	at = (size_t)snprintf(text, BOX_TEXT_MAX, PREFIX "%s.", kid);
	at += enc_b64url(text + at, sealed, n);
	text[at] = '\0';
	return text;
}

char *
box_close_with(struct arena *a, const unsigned char ephemeral[KEY],
    const unsigned char public[KEY], struct str about, struct str secret)
{
	/* crypt_seal_once writes the nonce, which both sides derive, in front:
	 * it is written over the place of enc, which comes last. */
	unsigned char out[KEY + BOX_SECRET_MAX + CRYPT_TAG_BYTES];
	unsigned char shared[BOX_SHARED_BYTES], key[CRYPT_KEY_BYTES];
	unsigned char nonce[CRYPT_NONCE_BYTES], enc[KEY];

	if (secret.len > BOX_SECRET_MAX || about.len > BOX_ABOUT_MAX)
		return NULL;
	crypt_x25519_public(enc, ephemeral);
	if (!box_shared(shared, ephemeral, public, enc, public))
		return NULL;
	of_box(shared, about, key, nonce);
	crypt_seal_once(out + KEY - CRYPT_NONCE_BYTES, key, nonce,
	    secret.at ? secret.at : "", secret.len, STR_NONE);
	memcpy(out, enc, KEY);
	crypt_wipe(shared, sizeof shared);
	crypt_wipe(key, sizeof key);
	return write_text(a, public, out, secret.len + BOX_MORE);
}

char *
box_close(struct arena *a, const unsigned char public[KEY], struct str about,
    struct str secret)
{
	unsigned char ephemeral[KEY];
	char *text;

	crypt_random(ephemeral, sizeof ephemeral);
	text = box_close_with(a, ephemeral, public, about, secret);
	crypt_wipe(ephemeral, sizeof ephemeral);
	return text;
}

/* The nonce takes the last bytes of enc, which are used by then. */
static bool
unseal(struct sealed *s, const unsigned char key[CRYPT_KEY_BYTES],
    const unsigned char nonce[CRYPT_NONCE_BYTES],
    unsigned char to[BOX_SECRET_MAX], size_t *n)
{
	unsigned char *from = s->at + KEY - CRYPT_NONCE_BYTES;

	memcpy(from, nonce, CRYPT_NONCE_BYTES);
	if (!crypt_open(
		to, key, from, s->n - KEY + CRYPT_NONCE_BYTES, STR_NONE))
		return false;
	*n = s->n - BOX_MORE;
	return true;
}

bool
box_open(const unsigned char private[KEY], struct str about, struct str text,
    unsigned char to[BOX_SECRET_MAX], size_t *n)
{
	unsigned char public[KEY], shared[BOX_SHARED_BYTES];
	unsigned char key[CRYPT_KEY_BYTES], nonce[CRYPT_NONCE_BYTES];
	char named[BOX_KID_LEN + 1], kid[BOX_KID_LEN + 1];
	struct sealed s;
	bool good;

	if (about.len > BOX_ABOUT_MAX || !read_text(text, named, &s))
		return false;
	crypt_x25519_public(public, private);
	box_kid(kid, public);
	if (strcmp(kid, named) != 0 ||
	    !box_shared(shared, private, s.at, s.at, public))
		return false;
	of_box(shared, about, key, nonce);
	good = unseal(&s, key, nonce, to, n);
	crypt_wipe(shared, sizeof shared);
	crypt_wipe(key, sizeof key);
	return good;
}
