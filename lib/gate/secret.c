/* secret.c - client secrets: their text, what is stored, whether one fits
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/secret.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/enc.h"
#include "ext/crypt.h"

#define PREFIX       "wg1_"
#define RANDOM_BYTES 32
#define RANDOM_LEN   ENC_B64_LEN(RANDOM_BYTES)
#define CHECK_LEN    6 /* 36 bits */

/* Where the parts of the text begin. */
#define KEY_ID_AT (sizeof PREFIX - 1)
#define RANDOM_AT (KEY_ID_AT + SECRET_KEY_ID_LEN + 1)
#define CHECK_AT  (RANDOM_AT + RANDOM_LEN)

_Static_assert(CHECK_AT + CHECK_LEN == SECRET_LEN, "parts fill the text");

/* ---- peppers ---------------------------------------------------------------
 */

/* A slot is filled once and then stays, so a reader that sees it may use it
 * until the end. */
struct pepper_slot {
	_Atomic(struct crypt_hmac *) hmac;
};

struct secret_peppers {
	int newest;
	struct pepper_slot *at; /* by version; [0] is not used */
	char dir[];
};

static bool
load(const struct secret_peppers *p, int version, struct err *e)
{
	unsigned char key[CRYPT_KEY_BYTES];
	struct crypt_hmac *none = NULL, *h;
	char path[4096];

	if (snprintf(path, sizeof path, "%s/%d", p->dir, version) >=
	    (int)sizeof path)
		return err_set(e, ERR_CONF, "pepper_dir: path too long.");
	if (!crypt_key_file(path, key, e))
		return false;
	h = crypt_hmac_new(key, sizeof key);
	crypt_wipe(key, sizeof key);
	if (!atomic_compare_exchange_strong(&p->at[version].hmac, &none, h))
		crypt_hmac_free(h); /* another thread was faster */
	return true;
}

static bool
exists(const struct secret_peppers *p, int version)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof path, "%s/%d", p->dir, version);
	return !stat(path, &st) || errno != ENOENT;
}

struct secret_peppers *
secret_peppers_open(const char *dir, struct err *e)
{
	struct secret_peppers *p = calloc(1, sizeof *p + strlen(dir) + 1);
	int v;

	if (!p || !(p->at = calloc(SECRET_PEPPERS + 1, sizeof *p->at))) {
		free(p);
		err_why(e, ERR_BROKEN, "no memory for peppers");
		return NULL;
	}
	memcpy(p->dir, dir, strlen(dir));
	for (v = 1; v <= SECRET_PEPPERS; v++) {
		if (!exists(p, v))
			continue;
		if (!load(p, v, e))
			goto out;
		p->newest = v;
	}
	if (p->newest)
		return p;
	err_set(e, ERR_CONF,
	    "%s: holds no pepper; make one with `wardgate key make pepper`.",
	    dir);
out:
	secret_peppers_free(p);
	return NULL;
}

void
secret_peppers_free(void *peppers)
{
	struct secret_peppers *p = peppers;
	int v;

	if (!p)
		return;
	for (v = 1; v <= SECRET_PEPPERS; v++)
		crypt_hmac_free(atomic_load(&p->at[v].hmac));
	free(p->at);
	free(p);
}

int
secret_pepper_newest(const struct secret_peppers *p)
{
	return p->newest;
}

/* NULL: no such version, even now. */
static const struct crypt_hmac *
pepper(const struct secret_peppers *p, int version)
{
	const struct crypt_hmac *h;

	if (version < 1 || version > SECRET_PEPPERS)
		return NULL;
	h = atomic_load_explicit(&p->at[version].hmac, memory_order_acquire);
	if (!h && load(p, version, NULL))
		h = atomic_load(&p->at[version].hmac);
	return h;
}

/* ---- the text ---------------------------------------------------------------
 */

static void
checksum(char to[CHECK_LEN], const char *text)
{
	unsigned char digest[CRYPT_SHA256_BYTES];
	char all[ENC_B64_LEN(CRYPT_SHA256_BYTES)];

	crypt_sha256(digest, text, CHECK_AT);
	enc_b64url(all, digest, sizeof digest);
	memcpy(to, all, CHECK_LEN);
}

static void
make_key_id(char to[SECRET_KEY_ID_LEN])
{
	static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char bytes[SECRET_KEY_ID_LEN];
	size_t i;

	crypt_random(bytes, sizeof bytes);
	for (i = 0; i < sizeof bytes; i++)
		to[i] = base32[bytes[i] % 32];
}

void
secret_make(const struct secret_peppers *p, char text[SECRET_LEN + 1],
    struct secret *to)
{
	unsigned char bytes[RANDOM_BYTES];

	memcpy(text, PREFIX, KEY_ID_AT);
	make_key_id(text + KEY_ID_AT);
	text[RANDOM_AT - 1] = '_';
	crypt_random(bytes, sizeof bytes);
	enc_b64url(text + RANDOM_AT, bytes, sizeof bytes);
	crypt_wipe(bytes, sizeof bytes);
	checksum(text + CHECK_AT, text);
	text[SECRET_LEN] = '\0';

	memset(to, 0, sizeof *to);
	memcpy(to->key_id, text + KEY_ID_AT, SECRET_KEY_ID_LEN);
	to->pepper = p->newest;
	to->end_s = INT64_MAX;
	crypt_hmac(pepper(p, p->newest), text, SECRET_LEN, to->hash);
}

bool
secret_hash(const struct secret_peppers *p, int version, struct str text,
    unsigned char hash[SECRET_HASH_BYTES])
{
	const struct crypt_hmac *h = pepper(p, version);

	if (h)
		crypt_hmac(h, text.at, text.len, hash);
	return h != NULL;
}

bool
secret_key_id_fits(struct str id)
{
	size_t i;

	if (id.len != SECRET_KEY_ID_LEN)
		return false;
	for (i = 0; i < id.len; i++)
		if (!(id.at[i] >= 'a' && id.at[i] <= 'z') &&
		    !(id.at[i] >= '2' && id.at[i] <= '7'))
			return false;
	return true;
}

bool
secret_read(struct str text, char key_id[SECRET_KEY_ID_LEN + 1], struct err *e)
{
	unsigned char bytes[RANDOM_BYTES];
	size_t n = sizeof bytes;
	struct str id, random;
	char sum[CHECK_LEN];

	if (text.len != SECRET_LEN || !str_starts(text, PREFIX) ||
	    text.at[RANDOM_AT - 1] != '_')
		return err_why(e, ERR_SECRET_MALFORMED, "not of our form");
	id = (struct str){ text.at + KEY_ID_AT, SECRET_KEY_ID_LEN };
	random = (struct str){ text.at + RANDOM_AT, RANDOM_LEN };
	if (!secret_key_id_fits(id) || !dec_b64url(bytes, &n, random))
		return err_why(e, ERR_SECRET_MALFORMED, "foreign characters");
	crypt_wipe(bytes, sizeof bytes);
	checksum(sum, text.at);
	if (!crypt_same(sum, text.at + CHECK_AT, CHECK_LEN))
		return err_why(e, ERR_SECRET_MALFORMED, "checksum: a typo");
	memcpy(key_id, id.at, SECRET_KEY_ID_LEN);
	key_id[SECRET_KEY_ID_LEN] = '\0';
	return true;
}

/* ---- does it fit --------------------------------------------------------------- */

static bool
alive(const struct secret *s, int64_t now_s, struct err *e)
{
	if (s->dead)
		return err_why(e, ERR_SECRET_DEAD, "key id %s", s->key_id);
	if (now_s < s->start_s)
		return err_why(e, ERR_SECRET_EARLY, "key id %s", s->key_id);
	if (now_s >= s->end_s)
		return err_why(e, ERR_SECRET_EXPIRED, "key id %s", s->key_id);
	return true;
}

bool
secret_check(const struct secret_peppers *p, const struct secret *row,
    struct str text, int64_t now_s, bool *same, struct err *e)
{
	const struct secret nobody = { .pepper = p->newest };
	const struct secret *s = row ? row : &nobody;
	unsigned char hash[SECRET_HASH_BYTES];
	const struct crypt_hmac *h = pepper(p, s->pepper);
	bool fits;

	/* The pepper of what ended may be gone; then it is nobody's. */
	if (!h && row && !alive(row, now_s, NULL)) {
		row = NULL;
		s = &nobody;
		h = pepper(p, s->pepper);
	}
	if (same)
		*same = false;
	if (!h)
		return err_why(e, ERR_BROKEN, "pepper version %d is not in %s",
		    s->pepper, p->dir);
	crypt_hmac(h, text.at, text.len, hash);
	fits = crypt_same(hash, s->hash, sizeof hash) && row;
	crypt_wipe(hash, sizeof hash);
	if (!fits)
		return err_why(e, ERR_SECRET_WRONG, "%s",
		    row ? "known key id, another secret"
			: "no such key id with this client");
	if (same)
		*same = true;
	return alive(row, now_s, e);
}
