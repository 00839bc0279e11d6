/* test_relay_upstream.c - every way a provider can fail has its error kind
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "../rig/provider.h"
#include "base/clock.h"
#include "relay/upstream.h"

#define WATCHDOG_S 300 /* of the whole program: a deadline was not kept */

static struct provider plain, tls;
static struct engine *engine;
static struct arena *a;
static struct err e;
static struct upstream_seen seen;
static sem_t release;
static atomic_uint moves;

/* ---- the stage ---- */

static unsigned
one_address(struct fetch_addr *to, const char *text)
{
	memset(to, 0, sizeof *to);
	return (unsigned)inet_pton(AF_INET, text, to->at);
}

static unsigned
lookup(void *ctx, const char *name, struct fetch_addr *to)
{
	(void)ctx;
	if (!strcmp(name, "hang.test")) {
		sem_wait(&release);
		sem_post(&release);
	}
	if (!strcmp(name, "outside.test"))
		return one_address(to, "192.0.2.1");
	if (!strcmp(name, "mixed.test"))
		return one_address(to, "192.168.1.1") +
		       one_address(to + 1, "169.254.169.254") +
		       one_address(to + 2, "127.0.0.1");
	if (!strcmp(name, "inside.test"))
		return one_address(to, "10.1.2.3") +
		       one_address(to + 1, "169.254.169.254");
	if (!strcmp(name, "moves.test")) /* the first time only, it is fine */
		return one_address(
		    to, atomic_fetch_add(&moves, 1) ? "10.1.2.3" : "127.0.0.1");
	return strcmp(name, "none.test") ? one_address(to, "127.0.0.1") : 0;
}

static const struct conf limits = {
	.answer_bytes = 2 << 20,
	.answer_header_bytes = 32 << 10,
	.answer_headers = 100,
	.provider_connect_ms = 3000,
	.provider_wait_ms = 20000,
	.provider_slow_bytes_s = 1024,
	.provider_slow_s = 1,
};

static struct engine *
engine_with(const char *trust)
{
	struct engine_doors doors = { lookup, NULL, trust };

	return engine_start(&limits, &doors, &e);
}

static int
open_stage(void **state)
{
	static char trust[64];

	(void)state;
	alarm(WATCHDOG_S);
	sem_init(&release, 0, 0);
	if (!provider_start(&plain, false) || !provider_start(&tls, true))
		return 0;
	snprintf(trust, sizeof trust, "%s/trust", tls.folder);
	engine = engine_with(trust);
	return engine ? 0 : -1;
}

static int
close_stage(void **state)
{
	(void)state;
	sem_post(&release);
	engine_stop(engine);
	provider_stop(&plain);
	provider_stop(&tls);
	return 0;
}

static int
fresh(void **state)
{
	(void)state;
	a = arena_new();
	err_clear(&e);
	return 0;
}

static int
spent(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static struct upstream_target
target(const char *base)
{
	struct upstream_target t = { .base_url = base, .loopback_http = true };

	t.provider.at[3] = 7;
	return t;
}

static struct upstream_ask
ask_for(const struct upstream_target *t, const char *path)
{
	return (struct upstream_ask){
		.to = t, .path = str_of(path), .seen = &seen
	};
}

static const struct upstream_answer *
call(const struct upstream_ask *k)
{
	err_clear(&e);
	return upstream_call(engine, a, k, &e);
}

static const struct upstream_answer *
get(const struct upstream_target *t, const char *path)
{
	struct upstream_ask k = ask_for(t, path);

	return call(&k);
}

static bool
holds(const struct upstream_answer *w, const char *part)
{
	return memmem(w->body.at, w->body.len, part, strlen(part)) != NULL;
}

/* "connection": which of the provider's connections the answer came over. */
static unsigned
connection_of(const struct upstream_answer *w)
{
	const char *at =
	    memmem(w->body.at, w->body.len, "\"connection\": ", 14);

	return at ? (unsigned)strtoul(at + 14, NULL, 10) : 0;
}

#define NEEDS_PROVIDER()                                                       \
	do {                                                                   \
		if (!engine)                                                   \
			skip();                                                \
	} while (0)

/* ---- the matrix ---- */

static const struct fault {
	const char *path;
	enum err_kind kind;
	int status; /* as seen, whatever became of it */
	unsigned total_ms;
	unsigned tries;
} faults[] = {
	/* clang-format off */
	{ "echo",                   ERR_NONE,               200, 0,    1 },
	{ "~delay-300/echo",        ERR_NONE,               200, 0,    1 },
	{ "~chunked/echo",          ERR_NONE,               200, 0,    1 },
	{ "~gzip/echo",             ERR_NONE,               200, 0,    1 },
	{ "~last/echo",             ERR_NONE,               200, 0,    1 },
	{ "~interim-3/echo",        ERR_NONE,               200, 0,    1 },
	{ "~heads-60/echo",         ERR_NONE,               200, 0,    1 },
	{ "~bighead-20000/echo",    ERR_NONE,               200, 0,    1 },
	{ "~trailers-5/echo",       ERR_NONE,               200, 0,    1 },
	{ "~slowbody-500/echo",     ERR_NONE,               200, 0,    1 },
	{ "~huge-2000000/echo",     ERR_NONE,               200, 0,    1 },
	{ "~flaky-1/echo",          ERR_NONE,               200, 0,    2 },
	/* what the provider says of itself */
	{ "~status-400/x",          ERR_UPSTREAM_REFUSED,   400, 0,    1 },
	{ "~status-401/x",          ERR_UPSTREAM_AUTH,      401, 0,    1 },
	{ "~status-403/x",          ERR_UPSTREAM_AUTH,      403, 0,    1 },
	{ "~status-404/x",          ERR_UPSTREAM_NOT_FOUND, 404, 0,    1 },
	{ "~status-405/x",          ERR_UPSTREAM_REFUSED,   405, 0,    1 },
	{ "~status-407/x",          ERR_UPSTREAM_AUTH,      407, 0,    1 },
	{ "~status-410/x",          ERR_UPSTREAM_GONE,      410, 0,    1 },
	{ "~status-422/x",          ERR_UPSTREAM_REFUSED,   422, 0,    1 },
	{ "~status-429/x",          ERR_UPSTREAM_LIMIT,     429, 0,    1 },
	{ "~status-500/x",          ERR_UPSTREAM_FAILED,    500, 0,    1 },
	{ "~status-501/x",          ERR_UPSTREAM_FAILED,    501, 0,    1 },
	{ "~status-502/x",          ERR_UPSTREAM_FAILED,    502, 0,    2 },
	{ "~status-503/x",          ERR_UPSTREAM_BUSY,      503, 0,    2 },
	{ "~status-504/x",          ERR_UPSTREAM_FAILED,    504, 0,    2 },
	{ "~status-503-5/x",        ERR_UPSTREAM_BUSY,      503, 0,    1 },
	{ "~flaky-2/x",             ERR_UPSTREAM_BUSY,      503, 0,    2 },
	{ "~status-599/x",          ERR_UPSTREAM_FAILED,    599, 0,    1 },
	{ "~status-601/x",          ERR_UPSTREAM_BAD,       601, 0,    1 },
	{ "~status-201/x",          ERR_UPSTREAM_BAD,       201, 0,    1 },
	{ "~status-202/x",          ERR_UPSTREAM_BAD,       202, 0,    1 },
	{ "~status-204/x",          ERR_UPSTREAM_BAD,       204, 0,    1 },
	{ "~status-206/x",          ERR_UPSTREAM_BAD,       206, 0,    1 },
	{ "~status-304/x",          ERR_UPSTREAM_BAD,       304, 0,    1 },
	/* U3: nowhere else */
	{ "~redirect-300/x",        ERR_UPSTREAM_REDIRECT,  300, 0,    1 },
	{ "~redirect-301/x",        ERR_UPSTREAM_REDIRECT,  301, 0,    1 },
	{ "~redirect-302-self/x",   ERR_UPSTREAM_REDIRECT,  302, 0,    1 },
	{ "~redirect-303/x",        ERR_UPSTREAM_REDIRECT,  303, 0,    1 },
	{ "~redirect-307-meta/x",   ERR_UPSTREAM_REDIRECT,  307, 0,    1 },
	{ "~redirect-308/x",        ERR_UPSTREAM_REDIRECT,  308, 0,    1 },
	{ "~refresh/x",             ERR_UPSTREAM_BAD,       200, 0,    1 },
	/* U6: broken on the way */
	{ "~cut/x",                 ERR_UPSTREAM_BAD,       200, 0,    1 },
	{ "~chunkjunk/x",           ERR_UPSTREAM_BAD,       200, 0,    1 },
	{ "~chunkcut/x",            ERR_UPSTREAM_BAD,       200, 0,    1 },
	{ "~http09/x",              ERR_UPSTREAM_BAD,       0,   0,    1 },
	{ "~nothttp/x",             ERR_UPSTREAM_BAD,       0,   0,    1 },
	{ "~gzipjunk/x",            ERR_UPSTREAM_BAD,       200, 0,    1 },
	{ "~coding-br/x",           ERR_UPSTREAM_BAD,       200, 0,    1 },
	{ "~coding-deflate/x",      ERR_UPSTREAM_BAD,       200, 0,    1 },
	{ "~coding-none/x",         ERR_UPSTREAM_BAD,       200, 0,    1 },
	{ "~twice/x",               ERR_UPSTREAM_BAD,       200, 0,    1 },
	{ "~close/x",               ERR_UPSTREAM_BAD,       0,   0,    1 },
	{ "~reset/x",               ERR_UPSTREAM_BAD,       0,   0,    1 },
	{ "~interim/x",             ERR_UPSTREAM_LARGE,     0,   0,    1 },
	{ "~heads-200/x",           ERR_UPSTREAM_LARGE,     200, 0,    1 },
	{ "~bighead-40000/x",       ERR_UPSTREAM_LARGE,     200, 0,    1 },
	{ "~bighead-100000/x",      ERR_UPSTREAM_LARGE,     200, 0,    1 },
	{ "~bighead-200000/x",      ERR_UPSTREAM_LARGE,     200, 0,    1 },
	{ "~trailers-200/x",        ERR_UPSTREAM_LARGE,     200, 0,    1 },
	{ "~endless/x",             ERR_UPSTREAM_LARGE,     200, 0,    1 },
	{ "~huge-3000000/x",        ERR_UPSTREAM_LARGE,     200, 0,    1 },
	{ "~bomb-64/x",             ERR_UPSTREAM_LARGE,     200, 0,    1 },
	/* U8: not what was asked for */
	{ "~html/x",                ERR_UPSTREAM_BAD,       200, 0,    1 },
	{ "~xml/x",                 ERR_UPSTREAM_BAD,       200, 0,    1 },
	{ "~text/x",                ERR_UPSTREAM_BAD,       200, 0,    1 },
	{ "~notype/x",              ERR_UPSTREAM_BAD,       200, 0,    1 },
	{ "~latin/x",               ERR_UPSTREAM_BAD,       200, 0,    1 },
	/* U14: too slow */
	{ "~hang/x",                ERR_UPSTREAM_TIMEOUT,   0,   500,  1 },
	{ "~halfhead/x",            ERR_UPSTREAM_TIMEOUT,   200, 500,  1 },
	{ "~stalled/x",             ERR_UPSTREAM_TIMEOUT,   200, 500,  1 },
	{ "~slowbody-9000/x",       ERR_UPSTREAM_TIMEOUT,   200, 500,  1 },
	{ "~drip-100/x",            ERR_UPSTREAM_TIMEOUT,   200, 0,    1 },
	{ "~driphead-100/x",        ERR_UPSTREAM_TIMEOUT,   200, 0,    1 },
	/* clang-format on */
};

static void
each_fault_has_its_kind(void **state)
{
	struct upstream_target t = target(plain.base);
	size_t i;

	(void)state;
	NEEDS_PROVIDER();
	for (i = 0; i < COUNT(faults); i++) {
		const struct fault *f = &faults[i];
		const struct upstream_answer *w;

		t.total_ms = f->total_ms;
		w = get(&t, f->path);
		if (e.kind != f->kind || seen.status != f->status ||
		    seen.tries != f->tries || (w != NULL) != !f->kind)
			fail_msg("%s: kind %d status %d tries %u, %s", f->path,
			    e.kind, seen.status, seen.tries, e.why);
		if (strstr(e.why, "127.0.0.1:") || strchr(e.why, '?'))
			fail_msg("%s: tells too much: %s", f->path, e.why);
	}
}

static void
a_good_call_follows_every_fault(void **state)
{
	struct upstream_target t = target(plain.base);
	size_t i;

	(void)state;
	NEEDS_PROVIDER();
	for (i = 0; i < COUNT(faults); i++) {
		const struct upstream_answer *w;

		if (faults[i].kind == ERR_UPSTREAM_TIMEOUT)
			continue;
		get(&t, faults[i].path);
		w = get(&t, "echo");
		assert_non_null(w);
		assert_true(holds(w, "\"path\": \"/echo\""));
	}
}

static void
a_body_cut_short_by_its_length_is_not_the_whole_body(void **state)
{
	struct upstream_target t = target(plain.base);
	const struct upstream_answer *w;

	(void)state;
	NEEDS_PROVIDER();
	w = get(&t, "~short/echo");
	assert_non_null(w);
	assert_true(w->body.at[w->body.len - 1] != '}');
	w = get(&t, "echo");
	assert_non_null(w);
	assert_true(holds(w, "\"path\": \"/echo\""));
}

static void
ask_behind_smuggled_bytes(const char *base)
{
	struct upstream_target t = target(base);
	struct timespec wait = { 0, 150 * 1000 * 1000 };
	const struct upstream_answer *w;
	int i;

	for (i = 0; i < 5; i++) {
		assert_non_null(get(&t, "~smuggled/echo"));
		nanosleep(&wait, NULL);
		w = get(&t, "echo");
		assert_non_null(w);
		assert_false(holds(w, "smuggled"));
		assert_int_equal(seen.tries, 1);
	}
}

static void
bytes_that_nobody_asked_for_never_answer_a_later_call(void **state)
{
	(void)state;
	NEEDS_PROVIDER();
	ask_behind_smuggled_bytes(plain.base);
	ask_behind_smuggled_bytes(tls.base);
}

/* ---- what travels ---- */

static void
the_answer_carries_its_headers(void **state)
{
	struct upstream_target t = target(plain.base);
	const struct upstream_answer *w;

	(void)state;
	NEEDS_PROVIDER();
	w = get(&t, "echo");
	assert_non_null(w);
	assert_int_equal(w->status, 200);
	assert_true(str_is(w->etag, "W/\"echo\""));
	assert_true(
	    str_is(w->content_type, "application/fhir+json;charset=utf-8"));
	assert_null(w->location.at);
	assert_null(w->last_modified.at);
}

static void
a_credential_is_sent_to_its_own_target_alone(void **state)
{
	struct upstream_target t = target(plain.base), none = t;
	struct upstream_ask k = ask_for(&t, "echo");
	const struct upstream_answer *w;

	(void)state;
	NEEDS_PROVIDER();
	t.credential = "Authorization: Basic dTpw";
	assert_non_null(w = call(&k));
	assert_true(holds(w, "\"authorization\": \"Basic dTpw\""));
	t.credential = "X-Api-Key: k 1";
	k.method = UPSTREAM_POST_FORM;
	k.body = STR("family=a");
	assert_non_null(w = call(&k));
	assert_true(holds(w, "\"x-api-key\": \"k 1\""));
	assert_false(holds(w, "authorization"));
	k.to = &none; /* the same connections, and nothing of it stays */
	assert_non_null(w = call(&k));
	assert_false(holds(w, "x-api-key"));
	assert_false(holds(w, "authorization"));
}

static void
only_listed_headers_are_sent(void **state)
{
	static const char *const parts[] = {
		"\"accept\": \"application/fhir+json;fhirVersion=4.0\"",
		"\"x-request-id\": \"r-1\"",
		"\"traceparent\": \"00-aa-bb-01\"",
		"\"content-type\": \"application/x-www-form-urlencoded\"",
		"\"user-agent\": \"wardgate/" WG_VERSION "\"",
		"\"accept-encoding\": \"gzip\"",
		"\"method\": \"POST\"",
		"\"body\": \"family=a%26b\"",
		"\"path\": \"/echo\"",
		"\"query\": \"\"",
	};
	struct upstream_target t = target(plain.base);
	struct upstream_ask k = ask_for(&t, "echo");
	const struct upstream_answer *w;
	size_t i, heads = 0;
	const char *at;

	(void)state;
	NEEDS_PROVIDER();
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
	k.method = UPSTREAM_POST_FORM;
	k.body = STR("family=a%26b");
	k.accept = "application/fhir+json;fhirVersion=4.0";
	k.request_id = STR("r-1");
	k.traceparent = STR("00-aa-bb-01");
	w = call(&k);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	assert_non_null(w);
	for (i = 0; i < COUNT(parts); i++)
		if (!holds(w, parts[i]))
			fail_msg("%s not in %.*s", parts[i], STR_FMT(w->body));
	assert_false(holds(w, "\"expect\""));
	at = memmem(w->body.at, w->body.len, "\"headers\": {", 12);
	for (; at < w->body.at + w->body.len && *at != '}'; at++)
		heads += *at == ':' && at[-1] == '"';
	assert_int_equal(heads, 9); /* with "headers", host and length */
}

static void
a_get_after_a_post_is_a_get(void **state)
{
	struct upstream_target t = target(plain.base);
	struct upstream_ask k = ask_for(&t, "echo");
	const struct upstream_answer *w;

	(void)state;
	NEEDS_PROVIDER();
	k.method = UPSTREAM_POST_FORM;
	k.body = STR("");
	w = call(&k);
	assert_true(w && holds(w, "\"method\": \"POST\""));
	k = ask_for(&t, "echo");
	k.query = STR("a=b%20c&d=%2F");
	w = call(&k);
	assert_true(w && holds(w, "\"method\": \"GET\""));
	assert_true(holds(w, "\"body\": \"\""));
	assert_true(holds(w, "\"query\": \"a=b%20c&d=%2F\""));
	assert_false(holds(w, "form-urlencoded"));
}

static void
a_batch_is_posted_as_what_is_accepted(void **state)
{
	static const char *const parts[] = {
		"\"accept\": \"application/json+fhir\"",
		"\"content-type\": \"application/json+fhir\"",
		"\"method\": \"POST\"",
		"\"path\": \"/echo\"",
		"\"body\": \"{\\\"a\\\":1}\"",
	};
	struct upstream_target t =
	    target(arena_printf(a, "%s/echo", plain.base));
	struct upstream_ask k = ask_for(&t, "");
	const struct upstream_answer *w;
	size_t i;

	(void)state;
	NEEDS_PROVIDER();
	k.method = UPSTREAM_POST_JSON;
	k.body = STR("{\"a\":1}");
	k.accept = "application/json+fhir";
	w = call(&k);
	assert_non_null(w);
	for (i = 0; i < COUNT(parts); i++)
		if (!holds(w, parts[i]))
			fail_msg("%s not in %.*s", parts[i], STR_FMT(w->body));
	k.body = STR_NONE;
	assert_null(call(&k));
}

static void
not_modified_is_an_answer_to_who_asked(void **state)
{
	struct upstream_target t = target(plain.base);
	struct upstream_ask k = ask_for(&t, "~status-304/x");
	const struct upstream_answer *w;

	(void)state;
	NEEDS_PROVIDER();
	k.if_none_match = STR("W/\"1\"");
	w = call(&k);
	assert_non_null(w);
	assert_int_equal(w->status, 304);
	assert_int_equal(w->body.len, 0);
}

static const struct after {
	const char *path;
	unsigned least, most;
} afters[] = {
	{ "~status-429-7/x", 7, 7 },
	{ "~status-429-0/x", 0, 0 },
	{ "~status-429/x", 0, 0 },
	{ "~status-429-soon/x", 0, 0 },
	{ "~status-429-99999/x", 3600, 3600 },
	{ "~status-429-99999999999999999999/x", 0, 0 },
	{ "~status-503-12/x", 12, 12 },
	{ "~status-500-12/x", 0, 0 },
	{ "~afterdate-60/x", 1, 60 },
	{ "~afterdate--60/x", 0, 0 },
};

static void
patience_is_passed_on_within_bounds(void **state)
{
	struct upstream_target t = target(plain.base);
	size_t i;

	(void)state;
	NEEDS_PROVIDER();
	for (i = 0; i < COUNT(afters); i++) {
		assert_null(get(&t, afters[i].path));
		if (e.retry_after_s < afters[i].least ||
		    e.retry_after_s > afters[i].most)
			fail_msg("%s: %u", afters[i].path, e.retry_after_s);
	}
}

static void
what_must_not_be_repeated_is_not(void **state)
{
	struct upstream_target t = target(plain.base);
	struct upstream_ask k = ask_for(&t, "~status-503/once");

	(void)state;
	NEEDS_PROVIDER();
	k.once = true;
	assert_null(call(&k));
	assert_int_equal(e.kind, ERR_UPSTREAM_BUSY);
	assert_int_equal(seen.tries, 1);
}

/* ---- getting there ---- */

static const struct way {
	const char *base; /* PORT and TLSPORT are replaced */
	bool http;
	enum err_kind kind;
	unsigned tries;
} ways[] = {
	{ "http://127.0.0.1:PORT", true, ERR_NONE, 1 },
	/* U1, U2 */
	{ "http://2130706433:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "http://0x7f000001:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "http://0177.0.0.1:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "http://127.1:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "http://[::ffff:127.0.0.1]:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "http://ward.test:PORT/", true, ERR_NONE, 1 },
	{ "http://ward.test:PORT", false, ERR_UPSTREAM_ADDRESS, 0 },
	{ "http://outside.test:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "http://mixed.test:PORT", true, ERR_NONE, 1 },
	{ "http://mixed.test:PORT", false, ERR_UPSTREAM_ADDRESS, 0 },
	{ "https://mixed.test:PORT", false, ERR_UPSTREAM_ADDRESS, 0 },
	{ "https://inside.test:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "https://10.1.2.3:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "https://169.254.169.254", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "https://[fd00:ec2::254]", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "https://[64:ff9b::7f00:1]", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "https://0", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "http://0.0.0.0:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "http://[::]:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "http://192.0.2.1:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "http://none.test:PORT", true, ERR_UPSTREAM_CONNECT, 0 },
	{ "http://127.0.0.1:1", true, ERR_UPSTREAM_CONNECT, 2 },
	{ "http://[::1]:1", true, ERR_UPSTREAM_CONNECT, 2 },
	{ "https://127.0.0.1:PORT", true, ERR_UPSTREAM_CONNECT, 2 },
	{ "https://127.0.0.1:TLSPORT", true, ERR_NONE, 1 },
	{ "https://127.0.0.1:TLSPORT", false, ERR_UPSTREAM_ADDRESS, 0 },
	{ "https://ward.test:TLSPORT", true, ERR_NONE, 1 },
	{ "https://ward.test:TLSPORT", false, ERR_UPSTREAM_ADDRESS, 0 },
	{ "https://other.test:TLSPORT", true, ERR_UPSTREAM_CONNECT, 2 },
	{ "http://127.0.0.1:TLSPORT", true, ERR_UPSTREAM_BAD, 1 },
	{ "ftp://ward.test:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "scp://ward.test:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "gopher://ward.test:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "ldap://ward.test:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "rtmp://ward.test:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "file:///etc/passwd", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "http://user:word@ward.test:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "http://x.test\\@ward.test:PORT", true, ERR_UPSTREAM_ADDRESS, 0 },
	{ "http://ward.test:PORT?x=1", true, ERR_UPSTREAM_ADDRESS, 0 },
};

static char *
with_port(const char *text)
{
	struct buf b = buf_new(a, 256);

	while (*text)
		if (!strncmp(text, "TLSPORT", 7)) {
			buf_fmt(&b, "%u", tls.port);
			text += 7;
		} else if (!strncmp(text, "PORT", 4)) {
			buf_fmt(&b, "%u", plain.port);
			text += 4;
		} else {
			buf_char(&b, *text++);
		}
	return buf_text(&b);
}

static void
only_the_right_place_is_reached(void **state)
{
	size_t i;

	(void)state;
	NEEDS_PROVIDER();
	for (i = 0; i < COUNT(ways); i++) {
		struct upstream_target t = target(with_port(ways[i].base));

		t.loopback_http = ways[i].http;
		get(&t, "echo");
		if (e.kind != ways[i].kind || seen.tries != ways[i].tries)
			fail_msg("%s: kind %d tries %u %s", ways[i].base,
			    e.kind, seen.tries, e.why);
	}
}

/* U2. The name is looked up again once its connection is doubted. */
static void
U2_a_name_that_moves_inside_is_not_followed(void **state)
{
	struct upstream_target t = target(with_port("http://moves.test:PORT"));

	(void)state;
	NEEDS_PROVIDER();
	assert_non_null(get(&t, "echo"));
	while (atomic_load(&moves) < 2) {
		resolve_doubt(engine_resolver(engine), "moves.test");
		get(&t, "echo"); /* sees to it that it is looked up */
	}
	while (get(&t, "echo"))
		; /* until the new answer is there */
	assert_int_equal(e.kind, ERR_UPSTREAM_ADDRESS);
	assert_int_equal(seen.tries, 0);
}

/* What is listed opens what is private, and no more than that. */
static void
U1_a_listed_network_may_be_reached(void **state)
{
	struct fetch_net net;
	struct upstream_target t = target("https://inside.test:1");

	(void)state;
	NEEDS_PROVIDER();
	t.total_ms = 20000;
	t.connect_ms = 100;
	assert_true(fetch_net_read(&net, STR("10.1.0.0/16")));
	t.nets = &net;
	t.nets_n = 1;
	assert_null(get(&t, "echo"));
	assert_int_not_equal(e.kind, ERR_UPSTREAM_ADDRESS);
	assert_true(seen.tries > 0);
	t.base_url = "https://192.168.1.1";
	assert_null(get(&t, "echo"));
	assert_int_equal(e.kind, ERR_UPSTREAM_ADDRESS);
}

static void
a_certificate_nobody_signed_is_refused(void **state)
{
	struct upstream_target t = target(tls.base);
	struct engine *own, *kept = engine;

	(void)state;
	NEEDS_PROVIDER();
	engine = own = engine_with(NULL);
	assert_non_null(own);
	assert_null(get(&t, "echo"));
	engine = kept;
	engine_stop(own);
	assert_int_equal(e.kind, ERR_UPSTREAM_CONNECT);
	assert_int_equal(seen.status, 0);
}

static void
the_certificate_is_shown_to_who_wants_to_see_it(void **state)
{
	struct upstream_target t = target(tls.base);
	const struct upstream_answer *w;
	struct upstream_ask ask = { .to = &t, .path = STR("echo") };

	(void)state;
	NEEDS_PROVIDER();
	t.revision = 4711; /* a connection of its own */
	ask.look = true;
	err_clear(&e);
	w = upstream_call(engine, a, &ask, &e);
	assert_non_null(w);
	assert_true(w->certificate.starts_s <= clock_now_s());
	assert_true(w->certificate.starts_s > clock_now_s() - 86400);
	assert_true(w->certificate.ends_s > clock_now_s());
	assert_true(w->certificate.ends_s < clock_now_s() + 3 * 86400);
	assert_non_null(strstr(w->certificate.names.at, "ward.test"));
	assert_non_null(strstr(w->certificate.subject.at, "provider"));
	ask.look = false;
	w = upstream_call(engine, a, &ask, &e);
	assert_non_null(w);
	assert_int_equal(w->certificate.ends_s, 0);
}

/* A listener whose queue is full: SYNs go unanswered. */
static unsigned
deaf_port(int fds[8])
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	int i;

	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fds[0], (void *)&at, sizeof at), 0);
	assert_int_equal(listen(fds[0], 0), 0);
	assert_int_equal(getsockname(fds[0], (void *)&at, &n), 0);
	for (i = 1; i < 8; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fds[i], (void *)&at, sizeof at);
	}
	return ntohs(at.sin_port);
}

static void
a_connection_that_is_not_answered_times_out(void **state)
{
	struct upstream_target t;
	int fds[8], i;

	(void)state;
	NEEDS_PROVIDER();
	t = target(arena_printf(a, "http://127.0.0.1:%u", deaf_port(fds)));
	t.connect_ms = 300;
	t.total_ms = 10000;
	assert_null(get(&t, "echo"));
	assert_int_equal(e.kind, ERR_UPSTREAM_TIMEOUT);
	assert_int_equal(seen.tries, 2);
	for (i = 0; i < 8; i++)
		close(fds[i]);
}

static void
a_deadline_that_has_passed_costs_nothing(void **state)
{
	struct upstream_target t = target(plain.base);
	struct upstream_ask k = ask_for(&t, "echo");

	(void)state;
	NEEDS_PROVIDER();
	k.deadline_ms = clock_mono_ms() - 1;
	assert_null(call(&k));
	assert_int_equal(e.kind, ERR_DEADLINE);
	assert_int_equal(seen.tries, 0);
}

static void
asks_of_ours_that_are_not_well_formed_go_nowhere(void **state)
{
	static const char *const paths[] = { "/echo", "a//b", "../echo",
		"a/%2E%2e/echo", "a b", "a?b", "a#b", "a%", "a%zz", "a\\b",
		"\xc3\xa9" };
	struct upstream_target t = target(plain.base);
	struct upstream_ask k;
	size_t i;

	(void)state;
	NEEDS_PROVIDER();
	for (i = 0; i < COUNT(paths); i++) {
		assert_null(get(&t, paths[i]));
		assert_int_equal(e.kind, ERR_BROKEN);
	}
	k = ask_for(&t, "echo");
	k.request_id = STR("a\r\nX: y");
	assert_null(call(&k));
	assert_int_equal(e.kind, ERR_BROKEN);
	k = ask_for(&t, "echo");
	k.query = STR("a b");
	assert_null(call(&k));
	assert_int_equal(e.kind, ERR_BROKEN);
	assert_int_equal(seen.tries, 0);
}

/* ---- pools ---- */

static unsigned
connection_for(const struct upstream_target *t)
{
	const struct upstream_answer *w = get(t, "echo");

	assert_non_null(w);
	return connection_of(w);
}

static void
http2_is_offered_and_need_not_be_taken(void **state)
{
	struct upstream_target t = target(tls.base);
	unsigned first;

	(void)state;
	NEEDS_PROVIDER();
	t.provider.at[0] = 0x24;
	t.http2 = true;
	first = connection_for(&t);
	assert_int_equal(connection_for(&t), first);
}

static void
one_provider_keeps_its_connection(void **state)
{
	struct upstream_target t = target(plain.base);
	unsigned first, i;

	(void)state;
	NEEDS_PROVIDER();
	t.provider.at[0] = 0x21;
	first = connection_for(&t);
	for (i = 0; i < 20; i++)
		assert_int_equal(connection_for(&t), first);
	get(&t, "~status-404/x");
	get(&t, "~chunked/echo");
	assert_int_equal(connection_for(&t), first);
}

static void
two_providers_never_share_a_connection(void **state)
{
	struct upstream_target one = target(plain.base), two = one, later = one;
	unsigned c1, c2, i;

	(void)state;
	NEEDS_PROVIDER();
	one.provider.at[0] = 0x22;
	two.provider.at[0] = 0x23;
	later.provider = one.provider;
	later.revision = 1;
	c1 = connection_for(&one);
	c2 = connection_for(&two);
	assert_int_not_equal(c1, c2);
	assert_int_not_equal(connection_for(&later), c1);
	for (i = 0; i < 5; i++) {
		assert_int_equal(connection_for(&one), c1);
		assert_int_equal(connection_for(&two), c2);
	}
}

/* ---- many at once ---- */

struct asker {
	pthread_t thread;
	struct upstream_target to;
	const char *path;
	enum err_kind kind;
	unsigned good;
};

static atomic_uint calling; /* askers that are about to */

static void *
asks(void *ctx)
{
	struct asker *k = ctx;
	struct upstream_ask ask = { .to = &k->to, .path = str_of(k->path) };
	struct arena *mine = arena_new();
	struct err why = { 0 };

	atomic_fetch_add(&calling, 1);
	if (upstream_call(engine, mine, &ask, &why))
		k->good++;
	k->kind = why.kind;
	arena_free(mine);
	return NULL;
}

static void
providers_that_hang_hold_up_nobody_else(void **state)
{
	static const char *const hanging[][2] = {
		{ "http://hang.test:1", "x" },
		{ NULL, "~hang/x" },
		{ NULL, "~stalled/x" },
	};
	struct upstream_target t = target(plain.base);
	struct asker k[30];
	int fds[8];
	size_t i;

	(void)state;
	NEEDS_PROVIDER();
	for (i = 0; i < COUNT(k); i++) {
		k[i].to =
		    target(hanging[i % 3][0] ? hanging[i % 3][0] : plain.base);
		k[i].to.provider.at[0] = 0x30;
		k[i].to.provider.at[1] = (unsigned char)i;
		k[i].to.total_ms = 4000;
		k[i].path = hanging[i % 3][1];
		if (i == 1)
			k[i].to.base_url = arena_printf(
			    a, "http://127.0.0.1:%u", deaf_port(fds));
		pthread_create(&k[i].thread, NULL, asks, &k[i]);
	}
	for (i = 0; i < 200; i++)
		assert_non_null(get(&t, "echo"));
	for (i = 0; i < COUNT(k); i++) {
		pthread_join(k[i].thread, NULL);
		assert_int_equal(k[i].kind, ERR_UPSTREAM_TIMEOUT);
	}
	for (i = 0; i < 8; i++)
		close(fds[i]);
}

/* ---- left alone ---- */

static struct breakers *
heeded(struct conf *c, char *dir, int64_t pause_ms)
{
	struct breakers *b;

	*c = limits;
	c->shared_dir = mkdtemp(dir);
	c->provider_patience_s = 300;
	c->breaker_calls = 20;
	c->breaker_percent = 50;
	c->breaker_time_outs = 3;
	c->breaker_pause_ms = pause_ms;
	b = breakers_open(c, &e);
	assert_non_null(b);
	engine_heed(engine, b);
	return b;
}

static void
unheeded(struct breakers *b, const char *dir)
{
	char *path = arena_printf(a, "%s/providers", dir);

	engine_heed(engine, NULL);
	breakers_close(b);
	unlink(path);
	rmdir(dir);
}

static void
U15_a_provider_that_hangs_is_left_alone(void **state)
{
	char dir[] = "/tmp/wg-up-XXXXXX";
	struct upstream_target ill = target(plain.base), well = ill;
	struct breakers *b;
	struct conf c;
	int i;

	(void)state;
	NEEDS_PROVIDER();
	b = heeded(&c, dir, 200);
	well.provider.at[4] = 9;
	ill.provider.at[4] = 8;
	ill.total_ms = 150;
	for (i = 0; i < 3; i++) {
		assert_null(get(&ill, "~hang/x"));
		assert_int_equal(e.kind, ERR_UPSTREAM_TIMEOUT);
	}
	for (i = 0; i < 5; i++) {
		assert_null(get(&ill, "~hang/x"));
		if (e.kind == ERR_UPSTREAM_TIMEOUT)
			continue; /* a trial: this machine was slow */
		assert_int_equal(e.kind, ERR_UPSTREAM_OPEN);
		assert_int_equal(seen.tries, 0);
		assert_int_equal(e.retry_after_s, 1);
	}
	assert_non_null(get(&well, "echo"));
	ill.total_ms = 20000;
	while (!get(&ill, "echo")) /* until the trial */
		assert_int_equal(e.kind, ERR_UPSTREAM_OPEN);
	assert_non_null(get(&ill, "echo"));
	unheeded(b, dir);
}

static void
what_says_nothing_of_the_server_leaves_it_open(void **state)
{
	static const char *const paths[] = { "~status-500/x", "~status-404/x",
		"~status-401/x", "~redirect-302/x", "~status-429/x",
		"~html/x" };
	char dir[] = "/tmp/wg-up-XXXXXX";
	struct upstream_target t = target(plain.base);
	struct upstream_ask k = ask_for(&t, "~hang/x");
	struct breakers *b;
	struct conf c;
	size_t i;

	(void)state;
	NEEDS_PROVIDER();
	b = heeded(&c, dir, 60000);
	t.provider.at[4] = 10;
	for (i = 0; i < 60; i++)
		assert_null(get(&t, paths[i % COUNT(paths)]));
	for (i = 0; i < 6; i++) { /* the request had little time left */
		k.deadline_ms = clock_mono_ms() + 60;
		assert_null(call(&k));
	}
	if (!get(&t, "echo"))
		fail_msg("%s", e.why);
	t.revision++;
	for (i = 0; i < 60 && e.kind != ERR_UPSTREAM_OPEN; i++)
		assert_null(get(&t, "~status-502/x"));
	assert_in_range(i, 21, 59);
	unheeded(b, dir);
}

static void
patience_and_a_rate_are_kept(void **state)
{
	char dir[] = "/tmp/wg-up-XXXXXX";
	struct upstream_target t = target(plain.base);
	struct breakers *b;
	struct conf c;
	int i, n = 0;

	(void)state;
	NEEDS_PROVIDER();
	b = heeded(&c, dir, 60000);
	t.provider.at[4] = 11;
	assert_null(get(&t, "~status-429-60/x"));
	assert_int_equal(e.retry_after_s, 60);
	assert_null(get(&t, "echo"));
	assert_int_equal(e.kind, ERR_UPSTREAM_LIMIT);
	assert_int_equal(seen.tries, 0);
	assert_in_range(e.retry_after_s, 1, 60);
	t.revision++; /* somebody has seen to it */
	assert_non_null(get(&t, "echo"));
	t.revision++;
	t.calls_per_s = 1;
	for (i = 0; i < 20; i++)
		n += get(&t, "echo") != NULL;
	assert_in_range(n, 1, 15);
	assert_int_equal(e.kind, ERR_UPSTREAM_QUOTA);
	unheeded(b, dir);
}

static void
a_stop_ends_calls_under_way(void **state)
{
	struct engine *kept = engine;
	struct asker k[8];
	struct timespec wait = { 0, 100 * 1000 * 1000 };
	size_t i;

	(void)state;
	NEEDS_PROVIDER();
	atomic_store(&calling, 0);
	engine = engine_with(NULL);
	assert_non_null(engine);
	for (i = 0; i < COUNT(k); i++) {
		k[i] = (struct asker){ .to = target(plain.base),
			.path = "~hang/x" };
		if (i % 2)
			k[i].to.base_url = "http://hang.test:1";
		pthread_create(&k[i].thread, NULL, asks, &k[i]);
	}
	while (atomic_load(&calling) < COUNT(k))
		nanosleep(&wait, NULL);
	nanosleep(&wait, NULL); /* and they are inside */
	engine_stop(engine);
	for (i = 0; i < COUNT(k); i++) {
		pthread_join(k[i].thread, NULL);
		assert_int_equal(k[i].kind, ERR_BUSY);
	}
	engine = kept;
}

static void
a_spent_byte_budget_refuses_and_lives_on(void **state)
{
	struct upstream_target t = target(plain.base);

	(void)state;
	NEEDS_PROVIDER();
	arena_budget(arena_total() + 600 * 1024);
	assert_null(get(&t, "~huge-2000000/x"));
	arena_budget(0);
	assert_int_equal(e.kind, ERR_BUSY);
	assert_non_null(get(&t, "echo"));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fresh, spent)
	const struct CMUnitTest tests[] = {
		T(each_fault_has_its_kind),
		T(a_good_call_follows_every_fault),
		T(a_body_cut_short_by_its_length_is_not_the_whole_body),
		T(bytes_that_nobody_asked_for_never_answer_a_later_call),
		T(the_answer_carries_its_headers),
		T(a_credential_is_sent_to_its_own_target_alone),
		T(only_listed_headers_are_sent),
		T(a_get_after_a_post_is_a_get),
		T(a_batch_is_posted_as_what_is_accepted),
		T(not_modified_is_an_answer_to_who_asked),
		T(patience_is_passed_on_within_bounds),
		T(what_must_not_be_repeated_is_not),
		T(only_the_right_place_is_reached),
		T(U2_a_name_that_moves_inside_is_not_followed),
		T(U1_a_listed_network_may_be_reached),
		T(the_certificate_is_shown_to_who_wants_to_see_it),
		T(a_certificate_nobody_signed_is_refused),
		T(a_connection_that_is_not_answered_times_out),
		T(a_deadline_that_has_passed_costs_nothing),
		T(asks_of_ours_that_are_not_well_formed_go_nowhere),
		T(http2_is_offered_and_need_not_be_taken),
		T(one_provider_keeps_its_connection),
		T(two_providers_never_share_a_connection),
		T(providers_that_hang_hold_up_nobody_else),
		T(U15_a_provider_that_hangs_is_left_alone),
		T(what_says_nothing_of_the_server_leaves_it_open),
		T(patience_and_a_rate_are_kept),
		T(a_stop_ends_calls_under_way),
		T(a_spent_byte_budget_refuses_and_lives_on),
	};

	return cmocka_run_group_tests(tests, open_stage, close_stage);
}
