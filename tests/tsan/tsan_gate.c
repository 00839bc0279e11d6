/* tsan_gate.c - token and facade in one process, while everything changes
 * SPDX-License-Identifier: Apache-2.0
 *
 * Threads issue tokens, believe them, look their route up and keep audit rows,
 * while others move tenants, end and make secrets, change keys and break
 * database sessions. What must hold: nothing is believed a second after its
 * change was committed, every row that was kept is there, and no data race.
 * Meant for -fsanitize=thread; without WG_TEST_DB it says so and passes. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "../rig/world.h"
#include "app/gateway.h"
#include "base/clock.h"
#include "base/log.h"
#include "ext/prepare.h"
#include "gate/bearer.h"

#define THREADS  12
#define RUN_MS   12000
#define BITES_MS 1000
#define SLACK_MS 1500 /* of a slow machine under a sanitizer */

static struct world world;
static struct gateway *token, *facade;
static atomic_bool over;
static atomic_uint asked, believed, refused, kept, lost, wrong;

/* What each tenant's provider is called since when, as a number in its URL:
 * the changer writes, everyone compares. */
static struct {
	pthread_mutex_t lock;
	unsigned long now[WORLD_TENANTS], before[WORLD_TENANTS];
	int64_t since_ms[WORLD_TENANTS];
} truth = { .lock = PTHREAD_MUTEX_INITIALIZER };

static unsigned long
oldest_allowed(size_t tenant, int64_t asked_ms)
{
	unsigned long n;

	pthread_mutex_lock(&truth.lock);
	n = asked_ms - truth.since_ms[tenant] > BITES_MS + SLACK_MS
	        ? truth.now[tenant]
	        : truth.before[tenant];
	pthread_mutex_unlock(&truth.lock);
	return n;
}

static void
complain(const char *what, unsigned long a, unsigned long b)
{
	if (atomic_fetch_add(&wrong, 1) < 5)
		fprintf(stderr, "wrong: %s (%lu, %lu)\n", what, a, b);
}

static const struct directory_route *
route_of(struct arena *a, size_t tenant, struct err *e)
{
	const struct directory_route *r = directory_route(facade->directory, a,
	    &world.client, &world.tenant[tenant], DIRECTORY_CACHED, e);

	if (r->grant == GRANT_LIVE && r->tenant == TENANT_ACTIVE)
		return r;
	return directory_route(facade->directory, a, &world.client,
	    &world.tenant[tenant], DIRECTORY_FRESH, e);
}

static void
look_up(struct arena *a, size_t tenant)
{
	struct err e = { .kind = ERR_NONE };
	int64_t asked_ms = clock_mono_ms();
	unsigned long least = oldest_allowed(tenant, asked_ms);
	const struct directory_route *r = route_of(a, tenant, &e);
	const char *slash;

	if (!r || !r->base_url[0])
		return;
	slash = strrchr(r->base_url, '/');
	if (strtoul(slash + 1, NULL, 10) < least)
		complain("an old route", strtoul(slash + 1, NULL, 10), least);
	if (strcmp(r->fhir_version, "R4") != 0)
		complain("a torn route", 0, 0);
}

/* Every tenant is suspended and comes back all the time, so of the tokens that
 * stand on what was known a moment ago some are dead; nothing else is said. */
static void
count_token(struct arena *a, const struct claims *c)
{
	struct err e = { .kind = ERR_NONE };

	if (gateway_token_counts(facade, a, c, &e))
		atomic_fetch_add(&believed, 1);
	else if (e.kind == ERR_TOKEN_REVOKED || e.kind == ERR_DB)
		atomic_fetch_add(&refused, 1);
	else
		complain("a token refused for another cause", e.kind, 0);
}

static void
issue_and_believe(struct arena *a, size_t tenant)
{
	struct claims c = { .client = world.client,
		.tenant = world.tenant[tenant],
		.cred = "abcdefgh",
		.change = directory_number(token->directory) };
	struct err e = { .kind = ERR_NONE };
	const struct claims *back;
	struct str text, field;

	c.iat_s = clock_now_s();
	c.exp_s = c.iat_s + 300;
	text = token_make(a, token->keyring, &token->rules, &c, &e);
	if (!text.at) {
		atomic_fetch_add(&refused, 1);
		return;
	}
	field = str_of(arena_printf(a, "Bearer %.*s", STR_FMT(text)));
	back =
	    bearer_read(a, facade->keyring, &facade->rules, field, c.iat_s, &e);
	if (!back)
		atomic_fetch_add(&refused, 1);
	else if (!guid_eq(&back->tenant, &c.tenant))
		complain("another tenant's token", tenant, 0);
	else
		count_token(a, back);
}

static void
authenticate(struct arena *a)
{
	struct err e = { .kind = ERR_NONE };

	if (!directory_client(token->directory, a, &world.client, "abcdefgh",
		DIRECTORY_CACHED, &e) ||
	    !directory_client(token->directory, a, &world.client, "abcdefgh",
		DIRECTORY_FRESH, &e))
		err_clear(&e);
}

static void
keep_row(struct arena *a, size_t tenant)
{
	struct audit_row row;
	struct err e = { .kind = ERR_NONE };
	unsigned char id[16];
	char trace[33] = { 0 };
	int64_t change;

	crypt_random(id, sizeof id);
	enc_hex(trace, id, sizeof id);
	audit_row_init(&row);
	row.at_us = clock_now_us();
	row.trace = trace;
	row.has_tenant = true;
	row.tenant = world.tenant[tenant];
	row.status = 200;
	row.request_id = STR("kept");
	if (audit_keep(facade->audit, a, &row, &change, &e))
		atomic_fetch_add(&kept, 1);
	else
		atomic_fetch_add(&lost, 1);
}

static void *
asks(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	struct arena *a = arena_new();

	while (!atomic_load(&over)) {
		size_t tenant = (size_t)rand_r(&seed) % WORLD_TENANTS;

		look_up(a, tenant);
		issue_and_believe(a, tenant);
		if (rand_r(&seed) % 8 == 0)
			authenticate(a);
		if (rand_r(&seed) % 4 == 0)
			keep_row(a, tenant);
		if (rand_r(&seed) % 64 == 0)
			log_event(LOG_INFO, "asked", LOG_COUNT,
			    (long)atomic_load(&asked), LOG_END);
		atomic_fetch_add(&asked, 1);
		arena_reset(a);
	}
	arena_free(a);
	return NULL;
}

static void
move_tenant(size_t i, unsigned long n)
{
	char url[64];

	snprintf(url, sizeof url, "http://127.0.0.1:9/%lu", n);
	world_tenant(&world, i, url, "R4");
	pthread_mutex_lock(&truth.lock);
	truth.before[i] = truth.now[i];
	truth.now[i] = n;
	truth.since_ms[i] = clock_mono_ms();
	pthread_mutex_unlock(&truth.lock);
}

static void
change_keys(void)
{
	char kid[JWS_KID_LEN + 1];

	world_key(&world, kid);
	world_sql(&world,
	    "update wardgate.signing_key set stage = 'retired',"
	    " retired_at = now() where stage = 'use';"
	    "select wardgate.signing_key_add('%s')",
	    kid);
}

/* As the cluster's superuser: nobody else may. */
static void
break_sessions(void)
{
	const struct db_opts o = { .conninfo = getenv("WG_TEST_DB"),
		.role = "postgres",
		.prepare_sql =
		    "prepare shut as select count(pg_terminate_backend(pid)) "
		    "from pg_stat_activity "
		    "where application_name like 'wardgate %'",
		.connections = 1,
		.wait_ms = 20000 };
	struct err e = { .kind = ERR_NONE };
	struct db *db = db_open(&o, &e);

	if (!db || !db_ask(db, world.a, "shut", NULL, 0, &e))
		world_die("shut", &e);
	db_close(db);
}

/* Seldom enough that what was changed last time is known by everyone: a moved
 * tenant is judged by its last two addresses. */
static void
changes(void)
{
	int64_t until = clock_mono_ms() + RUN_MS;
	unsigned long n;
	char text[SECRET_LEN + 1];

	for (n = 1; clock_mono_ms() < until; n++) {
		size_t i = n % WORLD_TENANTS;

		move_tenant(i, n);
		world_sql(&world,
		    "select * from wardgate.tenant_state_set('%s', "
		    "'suspended', '', '', '');"
		    "select * from wardgate.tenant_state_set('%s', "
		    "'active', '', '', '')",
		    world.tenant_text[(i + 1) % WORLD_TENANTS],
		    world.tenant_text[(i + 1) % WORLD_TENANTS]);
		if (n % 5 == 1 && n < 20)
			world_secret(&world, text);
		if (n % 6 == 2 && n < 50)
			change_keys();
		if (n % 7 == 3)
			world_sql(&world,
			    "select wardgate.revoke('everything', null, null, "
			    "null, '', false)");
		if (n % 10 == 9)
			break_sessions();
		nanosleep(&(struct timespec){ 0, 300000000 }, NULL);
	}
}

static bool
opened(void)
{
	struct err e = { .kind = ERR_NONE };

	token = gateway_open(
	    world.a, world.conf, "token", prepare_token, true, false, &e);
	if (token)
		facade = gateway_open(world.a, world.conf, "facade",
		    prepare_facade, false, false, &e);
	if (!facade)
		world_die("gateway", &e);
	return true;
}

static unsigned
rows_kept(void)
{
	const struct db_opts o = { .conninfo = getenv("WG_TEST_DB"),
		.prepare_sql = "prepare rows as select count(*) from "
			       "wardgate.audit where request_id = 'kept'",
		.connections = 1,
		.wait_ms = 20000 };
	struct err e = { .kind = ERR_NONE };
	struct db *db = db_open(&o, &e);
	const struct db_rows *rows =
	    db ? db_ask(db, world.a, "rows", NULL, 0, &e) : NULL;
	unsigned n;

	if (!rows)
		world_die("rows", &e);
	n = (unsigned)db_int(rows, 0, 0);
	db_close(db);
	return n;
}

int
main(void)
{
	pthread_t t[THREADS];
	unsigned n;
	size_t i;

	log_open("tsan_gate", LOG_ERROR);
	if (!world_open(&world, "log_level = error\n") || !opened())
		return 0;
	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, asks, (void *)(i + 1));
	changes();
	atomic_store(&over, true);
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	gateway_close(facade);
	gateway_close(token);
	n = rows_kept();
	printf("tsan_gate: %u rounds, %u tokens believed, %u refused, %u rows "
	       "kept of %u, %u there, %u wrong\n",
	    asked, believed, refused, kept, kept + lost, n, wrong);
	world_close(&world);
	return wrong || n < kept || !believed || !kept;
}
