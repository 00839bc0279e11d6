/* provider_jwks.c - the public keys that the gateway signs with for one hospital
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/provider_jwks.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "app/document.h"
#include "app/endpoints.h"
#include "app/truth.h"
#include "base/clock.h"
#include "base/enc.h"
#include "ext/db.h"

#define PLACES   256u
#define FRESH_MS 1000
#define EMPTY    "{\"keys\":[]}"
#define SET_MAX  ((size_t)16 * 1024)

/* Sets that hold keys, in places by tenant; the later one stays. */
static struct {
	pthread_mutex_t lock;
	struct {
		struct guid tenant;
		int64_t asked_ms;
		char *text; /* NULL: nobody's place */
	} at[PLACES];
} room = { .lock = PTHREAD_MUTEX_INITIALIZER };

static unsigned
place_of(const struct guid *g)
{
	return (g->at[0] ^ g->at[7] ^ g->at[15]) % PLACES;
}

/* NULL: nothing is remembered, or not since then. */
static const char *
remembered(struct arena *a, const struct guid *g, int64_t since_ms)
{
	unsigned i = place_of(g);
	const char *text = NULL;

	pthread_mutex_lock(&room.lock);
	if (room.at[i].text && guid_eq(&room.at[i].tenant, g) &&
	    room.at[i].asked_ms >= since_ms)
		text = arena_dup(a, room.at[i].text, strlen(room.at[i].text));
	pthread_mutex_unlock(&room.lock);
	return text;
}

/* A set without keys frees the place if it is that tenant's. */
static void
remember(const struct guid *g, const char *text, int64_t now_ms)
{
	unsigned i = place_of(g);
	bool keys = strcmp(text, EMPTY) != 0;
	char *copy = keys ? strdup(text) : NULL;

	pthread_mutex_lock(&room.lock);
	if (keys || guid_eq(&room.at[i].tenant, g)) {
		free(room.at[i].text);
		room.at[i].text = copy;
		room.at[i].tenant = *g;
		room.at[i].asked_ms = now_ms;
	}
	pthread_mutex_unlock(&room.lock);
}

/* NULL: the database does not answer. */
static const char *
asked(struct work *w, const struct guid *g)
{
	const struct db_arg arg = db_arg_guid(g);
	struct err e = { .kind = ERR_NONE };
	const struct db_rows *rows =
	    db_ask(truth_db(), w->a, "provider_jwks", &arg, 1, &e);

	return rows && db_count(rows) ? str_text(w->a, db_text(rows, 0, 0))
	                              : NULL;
}

static const char *
set_of(struct work *w, const struct guid *g)
{
	int64_t now = clock_mono_ms();
	const char *text = remembered(w->a, g, now - FRESH_MS);

	if (text)
		return text;
	if ((text = asked(w, g)))
		remember(g, text, now);
	else
		text = remembered(w->a, g, 0);
	return text;
}

bool
provider_jwks_get(struct work *w)
{
	struct document *d = arena_get(w->a, sizeof *d);
	struct buf b = buf_new(w->a, SET_MAX);
	struct str id = w->req->path;
	struct guid g;
	const char *text;

	id.at += sizeof ENDPOINT_JWKS; /* and its slash */
	id.len -= sizeof ENDPOINT_JWKS;
	if (!guid_read(&g, id))
		return err_set(&w->err, ERR_ADDRESS, NULL);
	if (!(text = set_of(w, &g)))
		return err_why(
		    &w->err, ERR_BUSY, "a provider's keys are not known");
	buf_str(&b, text);
	return document_make(
		   d, w->a, "application/jwk-set+json", &b, &w->err) &&
	       document_serve(w, d);
}

void
provider_jwks_stop(void)
{
	unsigned i;

	for (i = 0; i < PLACES; i++) {
		free(room.at[i].text);
		room.at[i].text = NULL;
	}
}
