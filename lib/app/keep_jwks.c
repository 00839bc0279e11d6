/* keep_jwks.c - the keeper copies public keys from where apps publish them
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/keep_jwks.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "ext/jwk.h"
#include "relay/upstream.h"

#define REFRESH_S  300 /* a key that is taken away there is so here by then */
#define APART_S    10
#define AT_ONCE    4 /* so that slow ones do not keep the keeper too long */
#define CONNECT_MS 3000
#define TOTAL_MS   5000

struct keep_jwks {
	const struct conf *conf;
	struct engine *engine; /* NULL: nothing was due yet */
};

struct keep_jwks *
keep_jwks_new(const struct conf *conf)
{
	struct keep_jwks *k = calloc(1, sizeof *k);

	if (!k)
		abort();
	k->conf = conf;
	return k;
}

void
keep_jwks_free(struct keep_jwks *k)
{
	if (!k)
		return;
	engine_stop(k->engine);
	free(k);
}

/* NULL: why stands in e. */
static const struct upstream_answer *
fetched(struct keep_jwks *k, struct arena *a, const struct guid *client,
    struct str url, struct err *e)
{
	struct str query, base = str_cut(url, '?', &query);
	const struct upstream_target to = { .provider = *client,
		.base_url = str_text(a, base),
		.connect_ms = CONNECT_MS,
		.total_ms = TOTAL_MS,
		.loopback_http = k->conf->provider_http == CONF_HTTP_LOOPBACK };
	const struct upstream_ask ask = { .to = &to,
		.method = UPSTREAM_GET,
		.path = STR(""),
		.query = query,
		.accept = UPSTREAM_KEYS,
		.deadline_ms = clock_mono_ms() + TOTAL_MS,
		.once = true,
		.body_bytes_max = JWK_SET_BYTES_MAX };

	return upstream_call(k->engine, a, &ask, e);
}

static struct jwk_set *
set_of(struct keep_jwks *k, struct arena *a, const struct guid *client,
    struct str url, struct err *e)
{
	const struct upstream_answer *answer = fetched(k, a, client, url, e);
	struct jwk_set *set = answer ? jwk_set_read(answer->body, e) : NULL;

	return arena_adopt(a, set, jwk_set_free);
}

/* What failed is told in our own words: nothing of what came is in them. */
static bool
keep_one(struct keep_jwks *k, struct db *db, struct arena *a,
    const struct db_arg *client, struct str url, bool *kept, struct err *e)
{
	struct err bad = { .kind = ERR_NONE };
	const struct jwk_set *set = set_of(k, a, &client->guid, url, &bad);
	const char *why = bad.said[0] ? bad.said : bad.why;
	char id[GUID_LEN + 1];
	struct db_arg args[5] = { *client, db_arg_text(url), db_arg_null(),
		db_arg_null(), db_arg_text(str_of(why)) };

	*kept = set != NULL;
	if (set) {
		args[2] = db_arg_text(str_of(jwk_set_write(a, set)));
		args[3] = db_arg_text(str_of(jwk_set_creds(a, set)));
	} else {
		log_event(LOG_WARN, "jwks_not_fetched", LOG_CLIENT,
		    guid_write(id, &client->guid), LOG_WHY, why, LOG_END);
	}
	return db_ask(db, a, "client_jwks_fetched", args, COUNT(args), e) !=
	       NULL;
}

static bool
opened(struct keep_jwks *k, struct err *e)
{
	if (!k->engine)
		k->engine = engine_start(k->conf, NULL, e);
	return k->engine != NULL;
}

bool
keep_jwks_turn(struct keep_jwks *k, struct db *db, struct arena *a, int64_t *n,
    struct err *e)
{
	const struct db_arg args[] = { db_arg_int(REFRESH_S),
		db_arg_int(APART_S), db_arg_int(AT_ONCE) };
	const struct db_rows *due;
	size_t i;

	*n = 0;
	if (!k->conf)
		return true;
	due = db_ask(db, a, "client_jwks_due", args, COUNT(args), e);
	if (!due || (db_count(due) && !opened(k, e)))
		return false;
	for (i = 0; i < db_count(due); i++) {
		struct guid id = db_guid(due, i, 0);
		struct db_arg client = db_arg_guid(&id);
		bool kept;

		if (!keep_one(k, db, a, &client, db_text(due, i, 1), &kept, e))
			return false;
		*n += kept;
	}
	return true;
}
