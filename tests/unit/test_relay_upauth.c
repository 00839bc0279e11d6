/* test_relay_upauth.c - tokens are had once, kept, renewed, and never mixed
 * SPDX-License-Identifier: Apache-2.0
 *
 * The endpoint and the provider are one function here, and so is the clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "relay/upauth.h"

#define LONG_MS 20000

static struct upauth *room;
static struct arena *a;
static struct err e;
static struct upstream_seen seen;

/* What the double is told, and what it has seen; behind one lock, since some
 * stories have many threads. */
static struct {
	pthread_mutex_t lock;
	_Atomic int64_t now_ms;
	const char *says;    /* of the endpoint; NULL: a fresh token */
	enum err_kind fails; /* of the endpoint */
	unsigned takes_ms;   /* of the endpoint, on the fake clock */
	atomic_bool hold;    /* the endpoint waits until this is false */
	atomic_uint inside;  /* threads that it holds */
	unsigned refuses;    /* so many calls are answered 401 */
	unsigned life_s;
	unsigned tokens, calls; /* seen */
	char last[512];         /* what the provider was shown */
	char form[2048], line[512], where[256];
	int64_t deadline_ms;
} d = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int64_t
fake_now(void)
{
	return d.now_ms;
}

static const struct upstream_answer *
answered(struct arena *to, const char *text)
{
	struct upstream_answer *w = arena_get(to, sizeof *w);

	w->status = 200;
	w->body = str_of(arena_dup(to, text, strlen(text)));
	return w;
}

static void
copy(char *to, size_t room_n, struct str s)
{
	snprintf(to, room_n, "%.*s", STR_FMT(s));
}

static const struct upstream_answer *
endpoint(struct arena *to, const struct upstream_ask *ask, struct err *why)
{
	const char *says;
	unsigned n;

	pthread_mutex_lock(&d.lock);
	n = ++d.tokens;
	copy(d.form, sizeof d.form, ask->body);
	copy(d.line, sizeof d.line, str_of(ask->to->credential));
	snprintf(d.where, sizeof d.where, "%s %.*s ?%.*s", ask->to->base_url,
	    STR_FMT(ask->path), STR_FMT(ask->query));
	d.deadline_ms = ask->deadline_ms;
	says = d.says;
	d.now_ms += d.takes_ms;
	pthread_mutex_unlock(&d.lock);
	atomic_fetch_add(&d.inside, 1);
	while (atomic_load(&d.hold))
		usleep(1000);
	atomic_fetch_sub(&d.inside, 1);
	if (d.fails) {
		err_why(why, d.fails, "so it was told");
		return NULL;
	}
	return answered(to, says ? says
				 : arena_printf(to,
				       "{\"access_token\":\"t%u-%u\","
				       "\"token_type\":\"bearer\","
				       "\"expires_in\":%u}",
				       ask->to->provider.at[0], n, d.life_s));
}

static const struct upstream_answer *
door(struct engine *en, struct arena *to, const struct upstream_ask *ask,
    struct err *why)
{
	bool refused;

	(void)en;
	if (ask->method == UPSTREAM_POST_FORM)
		return endpoint(to, ask, why);
	pthread_mutex_lock(&d.lock);
	d.calls++;
	copy(d.last, sizeof d.last, str_of(ask->to->credential));
	refused = d.refuses > 0;
	d.refuses -= refused;
	pthread_mutex_unlock(&d.lock);
	*ask->seen = (struct upstream_seen){
		.status = refused ? 401 : 200, .tries = 1, .elapsed_ms = 5
	};
	if (refused) {
		err_why(why, ERR_UPSTREAM_AUTH, "the provider answered 401");
		return NULL;
	}
	return answered(to, arena_printf(to, "%s", ask->to->credential));
}

static const struct credential_token how = { .kind = CREDENTIAL_OAUTH,
	.url = "https://login.example/o/token/?p=x",
	.client = "wg&1",
	.scope = "system/*.read a",
	.resource = "https://fhir.example",
	.audience = "",
	.secret = "s+e:c%" };

static int
fresh(void **state)
{
	static const struct upauth_doors doors = { door, fake_now };

	(void)state;
	alarm(120);
	d.now_ms = 1000000;
	d.says = NULL;
	d.fails = ERR_NONE;
	d.takes_ms = d.refuses = d.tokens = d.calls = 0;
	d.hold = false;
	d.life_s = 3600;
	room = upauth_new(&doors);
	a = arena_new();
	err_clear(&e);
	return 0;
}

static int
spent(void **state)
{
	(void)state;
	arena_free(a);
	upauth_free(room);
	return 0;
}

static struct upstream_target
target(unsigned char id, int64_t revision)
{
	return (struct upstream_target){ .provider.at[0] = id,
		.revision = revision,
		.base_url = "https://fhir.example/r4",
		.total_ms = LONG_MS,
		.token = &how,
		.tokens = room };
}

static const struct upstream_answer *
call_in(struct arena *to, const struct upstream_target *t, bool once,
    struct upstream_seen *was, struct err *why)
{
	const struct upstream_ask ask = {
		.to = t, .path = STR("Patient/1"), .once = once, .seen = was
	};

	return upauth_call(NULL, to, &ask, why);
}

static const struct upstream_answer *
call(const struct upstream_target *t)
{
	err_clear(&e);
	return call_in(a, t, false, &seen, &e);
}

static void
assert_shown(const struct upstream_target *t, const char *token)
{
	const struct upstream_answer *w = call(t);

	if (!w)
		fail_msg("%s: %s", e.said, e.why);
	assert_string_equal(
	    w->body.at, arena_printf(a, "Authorization: Bearer %s", token));
}

/* ---- stories ---- */

static void
the_secret_goes_to_the_endpoint_as_the_standard_has_it(void **state)
{
	struct upstream_target t = target(1, 1);
	struct credential_token basic = how;

	(void)state;
	assert_shown(&t, "t1-1");
	assert_string_equal(d.where, "https://login.example/ o/token/ ?p=x");
	assert_string_equal(d.form,
	    "grant_type=client_credentials&scope=system%2F%2A.read%20a"
	    "&resource=https%3A%2F%2Ffhir.example&client_id=wg%261"
	    "&client_secret=s%2Be%3Ac%25");
	assert_string_equal(d.line, "");
	basic.basic = true;
	t.token = &basic;
	t.revision = 2;
	assert_shown(&t, "t1-2");
	assert_null(strstr(d.form, "client_id"));
	assert_null(strstr(d.form, "client_secret"));
	/* wg%261:s%2Be%3Ac%25 */
	assert_string_equal(
	    d.line, "Authorization: Basic d2clMjYxOnMlMkJlJTNBYyUyNQ==");
}

static void
a_token_is_had_once_and_renewed_before_its_end(void **state)
{
	struct upstream_target t = target(1, 1);
	int i;

	(void)state;
	for (i = 0; i < 20; i++)
		assert_shown(&t, "t1-1");
	assert_int_equal(d.tokens, 1);
	d.now_ms += 3600000 - 120000; /* none is renewed earlier */
	assert_shown(&t, "t1-1");
	d.now_ms += 60000; /* and none later */
	assert_shown(&t, "t1-2");
	assert_int_equal(d.tokens, 2);
}

static void
a_renewal_that_fails_leaves_the_old_one_in_use(void **state)
{
	struct upstream_target t = target(1, 1);

	(void)state;
	assert_shown(&t, "t1-1");
	d.now_ms += 3600000 - 60000;
	d.fails = ERR_UPSTREAM_TIMEOUT;
	assert_shown(&t, "t1-1");
	assert_int_equal(d.tokens, 2);
	assert_true(d.deadline_ms <= d.now_ms + UPAUTH_EARLY_MS);
	assert_shown(&t, "t1-1"); /* and nobody asks for a moment */
	assert_int_equal(d.tokens, 2);
	d.now_ms += UPAUTH_PAUSE_MS;
	assert_shown(&t, "t1-1");
	assert_int_equal(d.tokens, 3);
	d.now_ms += 60000; /* over */
	assert_null(call(&t));
	assert_int_equal(e.kind, ERR_UPSTREAM_TOKEN_AWAY);
	d.fails = ERR_NONE;
	assert_null(call(&t)); /* still in the pause */
	d.now_ms += UPAUTH_PAUSE_MS;
	assert_shown(&t, "t1-5");
}

static void
a_token_of_a_second_is_no_trouble(void **state)
{
	struct upstream_target t = target(1, 1);

	(void)state;
	d.life_s = 1;
	assert_shown(&t, "t1-1");
	d.now_ms += 1000;
	assert_shown(&t, "t1-2");
}

static void
a_refused_token_is_renewed_once_and_the_call_made_again(void **state)
{
	struct upstream_target t = target(1, 1);

	(void)state;
	assert_shown(&t, "t1-1");
	d.refuses = 1;
	assert_shown(&t, "t1-2");
	assert_int_equal(seen.tries, 2);
	assert_int_equal(seen.elapsed_ms, 10);
	/* the new one is refused too: it is not the token */
	d.now_ms += UPAUTH_REFUSED_MS;
	d.refuses = 2;
	d.calls = 0;
	assert_null(call(&t));
	assert_int_equal(e.kind, ERR_UPSTREAM_AUTH);
	assert_int_equal(d.calls, 2);
	assert_int_equal(d.tokens, 3);
	/* and for a while it is not asked for again */
	d.refuses = 1;
	assert_null(call(&t));
	assert_int_equal(e.kind, ERR_UPSTREAM_AUTH);
	assert_int_equal(d.tokens, 3);
	assert_shown(&t, "t1-3");
}

static void
what_may_be_asked_once_only_is_not_asked_again(void **state)
{
	struct upstream_target t = target(1, 1);

	(void)state;
	d.refuses = 1;
	assert_null(call_in(a, &t, true, &seen, &e));
	assert_int_equal(e.kind, ERR_UPSTREAM_AUTH);
	assert_int_equal(d.calls, 1);
}

static void
when_there_is_no_other_one_the_cause_is_told(void **state)
{
	struct upstream_target t = target(1, 1);

	(void)state;
	assert_shown(&t, "t1-1");
	d.refuses = 1;
	d.fails = ERR_UPSTREAM_REFUSED;
	assert_null(call(&t));
	assert_int_equal(e.kind, ERR_UPSTREAM_TOKEN);
	assert_int_equal(d.calls, 2);
}

static void
tenants_and_revisions_have_tokens_of_their_own(void **state)
{
	struct upstream_target one = target(1, 1), two = target(2, 1),
			       later = target(1, 2);

	(void)state;
	assert_shown(&one, "t1-1");
	assert_shown(&two, "t2-2");
	assert_shown(&one, "t1-1");
	assert_int_equal(upauth_count(room), 2);
	assert_shown(&later, "t1-3");
	assert_int_equal(upauth_count(room), 2); /* the former one is gone */
}

static void
no_more_are_kept_than_the_limit_and_the_longest_unused_goes(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < UPAUTH_KEPT_MAX + 50; i++) {
		struct upstream_target t = target(0, 1);

		t.provider.at[1] = (unsigned char)i;
		t.provider.at[2] = (unsigned char)(i >> 8);
		d.now_ms++;
		assert_non_null(call(&t));
	}
	assert_int_equal(upauth_count(room), UPAUTH_KEPT_MAX);
	d.tokens = 0;
	{
		struct upstream_target first = target(0, 1),
				       last = target(0, 1);

		last.provider.at[1] = (unsigned char)(i - 1);
		last.provider.at[2] = (unsigned char)((i - 1) >> 8);
		assert_non_null(call(&last));
		assert_int_equal(d.tokens, 0);
		assert_non_null(call(&first));
		assert_int_equal(d.tokens, 1);
	}
}

static void
whose_affair_a_failure_is(void **state)
{
	static const struct {
		enum err_kind was, is;
	} rows[] = {
		{ ERR_UPSTREAM_CONNECT, ERR_UPSTREAM_TOKEN_AWAY },
		{ ERR_UPSTREAM_TIMEOUT, ERR_UPSTREAM_TOKEN_AWAY },
		{ ERR_UPSTREAM_BUSY, ERR_UPSTREAM_TOKEN_AWAY },
		{ ERR_UPSTREAM_LIMIT, ERR_UPSTREAM_TOKEN_AWAY },
		{ ERR_UPSTREAM_FAILED, ERR_UPSTREAM_TOKEN_AWAY },
		{ ERR_UPSTREAM_AUTH, ERR_UPSTREAM_TOKEN },
		{ ERR_UPSTREAM_REFUSED, ERR_UPSTREAM_TOKEN },
		{ ERR_UPSTREAM_NOT_FOUND, ERR_UPSTREAM_TOKEN },
		{ ERR_UPSTREAM_REDIRECT, ERR_UPSTREAM_TOKEN },
		{ ERR_UPSTREAM_BAD, ERR_UPSTREAM_TOKEN },
		{ ERR_UPSTREAM_LARGE, ERR_UPSTREAM_TOKEN },
		{ ERR_BUSY, ERR_BUSY },
		{ ERR_DEADLINE, ERR_DEADLINE },
		{ ERR_BROKEN, ERR_BROKEN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct upstream_target t = target((unsigned char)(i + 1), 1);

		d.fails = rows[i].was;
		assert_null(call(&t));
		assert_int_equal(e.kind, rows[i].is);
		assert_int_equal(d.calls, 0);
	}
}

static void
U12_an_answer_is_a_token_or_nothing(void **state)
{
#define T "{\"access_token\":\"abc\",\"token_type\":\"Bearer\",\"expires_in\":"
	static const struct {
		const char *says;
		unsigned life_s; /* 0: refused */
	} rows[] = {
		{ T "3600}", 3600 },
		{ T "\"3600\"}", 3600 },
		{ T "1}", 1 },
		{ T "1000000000000}", UPAUTH_LIFE_MAX_S },
		{ T "\"1000000000000\"}", UPAUTH_LIFE_MAX_S },
		{ "{\"access_token\":\"abc\",\"token_type\":\"bEARER\"}",
		    UPAUTH_LIFE_UNSAID_S },
		{ "{\"access_token\":\"abc\"}", UPAUTH_LIFE_UNSAID_S },
		{ T "0}", 0 },
		{ T "-1}", 0 },
		{ T "\"0\"}", 0 },
		{ T "\"-1\"}", 0 },
		{ T "\"soon\"}", 0 },
		{ T "\"\"}", 0 },
		{ T "1e3}", 0 },
		{ T "null}", 0 },
		{ T "[3600]}", 0 },
		{ T "1000000000000000000000}", 0 },
		{ "{\"access_token\":\"abc\",\"token_type\":\"mac\"}", 0 },
		{ "{\"access_token\":\"abc\",\"token_type\":7}", 0 },
		{ "{\"access_token\":\"abc\",\"token_type\":\"\"}", 0 },
		{ "{\"access_token\":\"a\\r\\nX-Evil: 1\"}", 0 },
		{ "{\"access_token\":\"a\\nb\"}", 0 },
		{ "{\"access_token\":\"a b\"}", 0 },
		{ "{\"access_token\":\"a\\u00e9\"}", 0 },
		{ "{\"access_token\":\"a\\u0000b\"}", 0 },
		{ "{\"access_token\":\"\"}", 0 },
		{ "{\"access_token\":7}", 0 },
		{ "{\"access_token\":\"a\",\"access_token\":\"b\"}", 0 },
		{ "{\"error\":\"invalid_client\"}", 0 },
		{ "[]", 0 },
		{ "", 0 },
		{ "<html>abc</html>", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct upauth_token t = { 0 };
		struct err why = { .kind = ERR_NONE };
		bool good =
		    upauth_token_read(a, str_of(rows[i].says), &t, &why);

		if (good != (rows[i].life_s > 0) ||
		    t.life_s * good != rows[i].life_s)
			fail_msg("%s: %d, %u", rows[i].says, good, t.life_s);
		if (good)
			assert_string_equal(
			    t.line, "Authorization: Bearer abc");
		else
			assert_int_equal(why.kind, ERR_UPSTREAM_TOKEN);
		assert_null(strstr(why.why, "abc"));
		assert_null(strstr(why.why, "Evil"));
		credential_free(t.line);
	}
}

static void
U12_a_token_may_be_as_long_as_a_header_and_no_longer(void **state)
{
	char *text = arena_get(a, UPAUTH_TOKEN_MAX + 2);
	int more;

	(void)state;
	for (more = 0; more < 2; more++) {
		struct upauth_token t = { 0 };
		const char *says;

		memset(text, 'x', (size_t)(UPAUTH_TOKEN_MAX + more));
		says = arena_printf(a, "{\"access_token\":\"%s\"}", text);
		err_clear(&e);
		assert_int_equal(
		    upauth_token_read(a, str_of(says), &t, &e), !more);
		credential_free(t.line);
	}
}

/* ---- many threads ---- */

static atomic_uint good, busy, away;

static void *
one_caller(void *ctx)
{
	struct arena *mine = arena_new();
	struct upstream_seen was = { 0 };
	struct err why = { .kind = ERR_NONE };

	if (call_in(mine, ctx, false, &was, &why))
		atomic_fetch_add(&good, 1);
	else if (why.kind == ERR_UPSTREAM_BUSY)
		atomic_fetch_add(&busy, 1);
	else if (why.kind == ERR_UPSTREAM_TOKEN_AWAY)
		atomic_fetch_add(&away, 1);
	arena_free(mine);
	return NULL;
}

static void
crowd(struct upstream_target *t, unsigned n, pthread_t *threads)
{
	unsigned i;

	good = busy = away = 0;
	for (i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, one_caller, t);
}

static void
join(pthread_t *threads, unsigned n)
{
	while (n)
		pthread_join(threads[--n], NULL);
}

static void
until(atomic_uint *count, unsigned n)
{
	while (atomic_load(count) < n)
		usleep(1000);
}

static void
one_thread_asks_and_the_others_wait_for_it(void **state)
{
	struct upstream_target t = target(1, 1);
	pthread_t threads[UPAUTH_WAIT_MAX + 5];

	(void)state;
	d.hold = true;
	crowd(&t, COUNT(threads), threads);
	until(&busy, 4); /* one asks, sixteen wait, the rest is turned away */
	assert_int_equal(good, 0);
	d.hold = false;
	join(threads, COUNT(threads));
	assert_int_equal(good, UPAUTH_WAIT_MAX + 1);
	assert_int_equal(busy, 4);
	assert_int_equal(d.tokens, 1);
}

static void
the_others_fail_with_the_one_who_asked(void **state)
{
	struct upstream_target t = target(1, 1);
	pthread_t threads[UPAUTH_WAIT_MAX];

	(void)state;
	d.hold = true;
	d.fails = ERR_UPSTREAM_CONNECT;
	crowd(&t, COUNT(threads), threads);
	until(&d.inside, 1);
	d.hold = false;
	join(threads, COUNT(threads));
	assert_int_equal(away, COUNT(threads));
	assert_int_equal(d.tokens, 1);
}

static void
while_one_renews_the_others_go_on(void **state)
{
	struct upstream_target t = target(1, 1);
	pthread_t one;

	(void)state;
	assert_shown(&t, "t1-1");
	d.now_ms += 3600000 - 60000;
	d.hold = true;
	crowd(&t, 1, &one);
	until(&d.inside, 1);
	assert_shown(&t, "t1-1");
	d.hold = false;
	pthread_join(one, NULL);
	assert_shown(&t, "t1-2");
	assert_int_equal(d.tokens, 2);
}

static void
who_waits_waits_no_longer_than_its_own_deadline(void **state)
{
	struct upstream_target t = target(1, 1), hasty = target(1, 1);
	pthread_t one;

	(void)state;
	d.hold = true;
	crowd(&t, 1, &one);
	until(&d.inside, 1);
	/* its time is up on the fake clock while it waits on the real one */
	hasty.total_ms = 50;
	{
		pthread_t other;

		pthread_create(&other, NULL, one_caller, &hasty);
		while (!away) {
			usleep(1000);
			d.now_ms += 60;
		}
		pthread_join(other, NULL);
	}
	assert_int_equal(away, 1);
	d.hold = false;
	pthread_join(one, NULL);
	assert_int_equal(good, 1);
}

static void
a_request_without_time_spoils_nothing_for_the_next(void **state)
{
	struct upstream_target t = target(1, 1);

	(void)state;
	t.total_ms = 100;
	d.takes_ms = 200;
	d.fails = ERR_UPSTREAM_TIMEOUT;
	assert_null(call(&t));
	assert_int_equal(e.kind, ERR_UPSTREAM_TOKEN_AWAY);
	t.total_ms = LONG_MS;
	d.fails = ERR_NONE;
	assert_shown(&t, "t1-2");
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, fresh, spent)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(the_secret_goes_to_the_endpoint_as_the_standard_has_it),
		STORY(a_token_is_had_once_and_renewed_before_its_end),
		STORY(a_renewal_that_fails_leaves_the_old_one_in_use),
		STORY(a_token_of_a_second_is_no_trouble),
		STORY(a_refused_token_is_renewed_once_and_the_call_made_again),
		STORY(what_may_be_asked_once_only_is_not_asked_again),
		STORY(when_there_is_no_other_one_the_cause_is_told),
		STORY(tenants_and_revisions_have_tokens_of_their_own),
		STORY(
		    no_more_are_kept_than_the_limit_and_the_longest_unused_goes),
		STORY(whose_affair_a_failure_is),
		STORY(U12_an_answer_is_a_token_or_nothing),
		STORY(U12_a_token_may_be_as_long_as_a_header_and_no_longer),
		STORY(one_thread_asks_and_the_others_wait_for_it),
		STORY(the_others_fail_with_the_one_who_asked),
		STORY(while_one_renews_the_others_go_on),
		STORY(who_waits_waits_no_longer_than_its_own_deadline),
		STORY(a_request_without_time_spoils_nothing_for_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
