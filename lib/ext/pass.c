/* pass.c - passphrases of people: what is stored of one, and whether one fits
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/pass.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <uninorm.h>

#include "base/clock.h"
#include "base/enc.h"
#include "ext/crypt.h"

#define SALT_BYTES 16
#define HASH_BYTES 32
#define LN         15u
#define R          8u
#define P          3u

/* What is read from a row may ask for so much and no more: 128 MiB. */
#define LN_MAX 17u
#define R_MAX  8u
#define P_MAX  8u

struct stored {
	unsigned ln, r, p;
	unsigned char salt[SALT_BYTES], hash[HASH_BYTES];
};

bool
pass_normal(struct arena *a, struct str text, struct str *normal, struct err *e)
{
	uint8_t *made;
	size_t n;

	if (text.len > PASS_BYTES_MAX)
		return err_set(e, ERR_MALFORMED,
		    "The passphrase is too long: %zu bytes are read.",
		    PASS_BYTES_MAX);
	if (!utf8_valid(text) || (text.len && memchr(text.at, 0, text.len)))
		return err_set(
		    e, ERR_MALFORMED, "The passphrase is not plain text.");
	*normal = STR("");
	if (!text.len)
		return true;
	made = u8_normalize(
	    UNINORM_NFC, (const uint8_t *)text.at, text.len, NULL, &n);
	if (!made)
		abort(); /* no memory: as arena_get */
	*normal = (struct str){ arena_dup(a, (char *)made, n), n };
	crypt_wipe(made, n);
	free(made);
	return true;
}

/* ---- turns --------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static unsigned running;

static bool
turn_take(struct err *e)
{
	struct timespec until;
	bool mine;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PASS_WAIT_MS / 1000;
	pthread_mutex_lock(&lock);
	while (running >= PASS_AT_ONCE &&
	       !pthread_cond_timedwait(&freed, &lock, &until))
		;
	if ((mine = running < PASS_AT_ONCE))
		running++;
	pthread_mutex_unlock(&lock);
	if (mine)
		return true;
	err_set(e, ERR_LIMIT_SIGNIN, NULL);
	e->retry_after_s = PASS_WAIT_MS / 1000;
	return false;
}

static void
turn_give(void)
{
	pthread_mutex_lock(&lock);
	running--;
	pthread_cond_signal(&freed);
	pthread_mutex_unlock(&lock);
}

/* ---- the work ------------------------------------------------------------------ */

/* false: no turn. */
static bool
work(struct stored *s, struct str text, unsigned char hash[HASH_BYTES],
    struct err *e)
{
	if (!turn_take(e))
		return false;
	crypt_scrypt(hash, HASH_BYTES, text,
	    (struct str){ (const char *)s->salt, SALT_BYTES }, s->ln, s->r,
	    s->p);
	turn_give();
	return true;
}

const char *
pass_make(struct arena *a, struct str normal, struct err *e)
{
	struct stored s = { .ln = LN, .r = R, .p = P };
	char salt[ENC_B64_LEN(SALT_BYTES) + 1] = "";
	char hash[ENC_B64_LEN(HASH_BYTES) + 1] = "";

	crypt_random(s.salt, sizeof s.salt);
	if (!work(&s, normal, s.hash, e))
		return NULL;
	enc_b64url(salt, s.salt, sizeof s.salt);
	enc_b64url(hash, s.hash, sizeof s.hash);
	return arena_printf(
	    a, "scrypt$%u$%u$%u$%s$%s", s.ln, s.r, s.p, salt, hash);
}

static bool
number(struct str *rest, unsigned most, unsigned *to)
{
	uint64_t n;

	if (!str_number(str_cut(*rest, '$', rest), 2, &n) || !n || n > most)
		return false;
	*to = (unsigned)n;
	return true;
}

static bool
bytes(struct str *rest, unsigned char *to, size_t n)
{
	unsigned char room[ENC_B64_ROOM(ENC_B64_LEN(HASH_BYTES))];
	size_t got = sizeof room;
	struct str part = str_cut(*rest, '$', rest);

	if (part.len != ENC_B64_LEN(n) || !dec_b64url(room, &got, part) ||
	    got != n)
		return false;
	memcpy(to, room, n);
	return true;
}

static bool
stored_read(struct stored *s, struct str text)
{
	struct str rest;

	return str_is(str_cut(text, '$', &rest), "scrypt") &&
	       number(&rest, LN_MAX, &s->ln) && number(&rest, R_MAX, &s->r) &&
	       number(&rest, P_MAX, &s->p) &&
	       bytes(&rest, s->salt, SALT_BYTES) &&
	       bytes(&rest, s->hash, HASH_BYTES) && !rest.at;
}

bool
pass_fits(struct str stored, struct str normal, bool *old, struct err *e)
{
	struct stored s = { .ln = LN, .r = R, .p = P };
	unsigned char hash[HASH_BYTES];

	if (stored.at && !stored_read(&s, stored))
		return err_why(e, ERR_BROKEN,
		    "a stored passphrase is not of "
		    "the form that we write");
	if (!work(&s, normal, hash, e))
		return false;
	if (old)
		*old = s.ln != LN || s.r != R || s.p != P;
	return stored.at && crypt_same(hash, s.hash, sizeof hash);
}
