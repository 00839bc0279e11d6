/* test_gate_meter.c - figures: exact over processes, bounded, named by slugs
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/metrics_text.h"
#include "base/arena.h"
#include "gate/meter_cells.h"

static char dir[] = "/tmp/wg-meter-XXXXXX";

static void
open_as(const char *program, int64_t tenants)
{
	const struct conf c = { .shared_dir = dir, .metric_tenants = tenants };
	struct err e = { .kind = ERR_NONE };

	assert_true(meter_open(&c, program, &e));
}

static int
fresh(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof path, "%s/metrics", dir);
	unlink(path);
	return 0;
}

static int
close_it(void **state)
{
	meter_close();
	return fresh(state);
}

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	return rmdir(dir);
}

static void
one_request(enum err_kind kind, unsigned status, const char *what, int64_t us,
    unsigned tenant)
{
	const struct meter_request r = { .kind = kind,
		.status = status,
		.interaction = str_of(what),
		.took_us = us,
		.tenant = tenant,
		.left_bare = 2 };

	meter_request(&r);
}

/* The text, and how often a line stands in it. */
static char *
text(struct arena *a)
{
	struct buf b = buf_new(a, 1 << 20);

	metrics_text_cells(&b, meter_cells());
	return buf_text(&b);
}

static void
assert_line(const char *line, unsigned times)
{
	struct arena *a = arena_new();
	char *whole = arena_printf(a, "\n%s\n", line), *at = text(a);
	unsigned n = 0;

	for (; (at = strstr(at, whole)); at++)
		n++;
	if (n != times)
		fail_msg("%u times, not %u: %s", n, times, line);
	arena_free(a);
}

static void
what_was_counted_stands_in_the_text(void **state)
{
	unsigned t;

	(void)state;
	open_as("facade", 5);
	t = meter_tenant("north-general");
	one_request(ERR_NONE, 200, "read", 700, t);
	one_request(ERR_NONE, 304, "read", 1, t);
	one_request(ERR_LIMIT_TENANT, 429, "search-type", 30000000, t);
	one_request(ERR_TOKEN_ABSENT, 401, NULL, -5, 0);
	one_request(ERR_BROKEN, 999, "made-up", 0, 0);
	meter_upstream(t, ERR_UPSTREAM_TIMEOUT, 2000000);
	meter_upstream(t, ERR_UPSTREAM_OPEN, -1); /* took no time */
	meter_upstream(0, ERR_NONE, 1);           /* nobody's */
	meter_breaker(t, 2);
	meter_breaker(1, 2); /* of others: no state together */
	meter_breaker(0, 2);
	meter_entry(ERR_ENTRY);
	meter_versions(2, 0);
	meter_versions(7, 0); /* no such versions */
	meter_losses(t, 3);
	meter_lookup(METER_ROUTE, true);
	meter_signin(METER_BY_CODE, ERR_SIGNIN);
	meter_signin(METER_BY_AGAIN, ERR_NONE);
	meter_unread();
#define W(s, n) assert_line("wardgate_" s, n)
#define RQ      "requests_total{program=\"facade\",interaction="
	W(RQ "\"read\",status=\"2xx\",reason=\"ok\"} 1", 1);
	W(RQ "\"read\",status=\"3xx\",reason=\"ok\"} 1", 1);
	W(RQ "\"search-type\",status=\"4xx\",reason=\"limit_tenant\"} 1", 1);
	W(RQ "\"none\",status=\"4xx\",reason=\"token_absent\"} 1", 1);
	W(RQ "\"other\",status=\"5xx\",reason=\"broken\"} 1", 1);
	W("limit_refusals_total{limit=\"tenant\"} 1", 1);
	W("facade_requests_total{tenant=\"north-general\",result=\"ok\"} 2", 1);
	W("upstream_calls_total{tenant=\"north-general\","
	  "result=\"provider_timeout\"} 1",
	    1);
	W("upstream_seconds_sum{tenant=\"north-general\"} 2.000000", 1);
	W("batch_entries_total{result=\"entry_malformed\"} 1", 1);
	W("versions_total{face=\"R4\",provider=\"DSTU2\"} 1", 1);
	W("upstream_seconds_count{tenant=\"north-general\"} 1", 1);
	W("upstream_calls_total{tenant=\"north-general\","
	  "result=\"provider_paused\"} 1",
	    1);
	W("breaker_state{tenant=\"north-general\"} 2", 1);
	W("breaker_state{tenant=\"other\"} 0", 1);
	W("displays_left_bare_total{tenant=\"north-general\"} 6", 1);
	W("conversion_losses_total{tenant=\"north-general\"} 3", 1);
	W("directory_lookups_total{program=\"facade\",kind=\"route\","
	  "result=\"hit\"} 1",
	    1);
	W("portal_signins_total{step=\"code\",result=\"signin_refused\"} 1", 1);
	W("portal_signins_total{step=\"again\",result=\"ok\"} 1", 1);
	W("unread_total{program=\"facade\"} 1", 1);
}

static void
buckets_hold_what_took_no_longer(void **state)
{
	(void)state;
	open_as("token", 5);
	one_request(ERR_NONE, 200, "token", 500, 0); /* on the bound */
	one_request(ERR_NONE, 200, "token", 501, 0);
	one_request(ERR_NONE, 200, "token", 25000000, 0);
	one_request(ERR_NONE, 200, "token", 25000001, 0);
#define LE "request_seconds_bucket{program=\"token\",interaction=\"token\",le="
	W(LE "\"0.0005\"} 1", 1);
	W(LE "\"0.001\"} 2", 1);
	W(LE "\"10\"} 2", 1);
	W(LE "\"25\"} 3", 1);
	W(LE "\"+Inf\"} 4", 1);
	W("request_seconds_count{program=\"token\",interaction=\"token\"} 4",
	    1);
	W("request_seconds_sum{program=\"token\",interaction=\"token\"} "
	  "50.001002",
	    1);
	W("tokens_total{result=\"ok\"} 4", 1);
}

static void
tenants_beyond_the_table_count_together(void **state)
{
	char slug[16];
	unsigned i, named = 0;

	(void)state;
	open_as("facade", 5);
	for (i = 0; i < 9; i++) {
		unsigned t;

		snprintf(slug, sizeof slug, "ward-%u", i);
		t = meter_tenant(slug);
		named += t > 1;
		assert_in_range(t, 1, 6);
		assert_int_equal(meter_tenant(slug), t);
		one_request(ERR_NONE, 200, "read", 1, t);
	}
	assert_int_equal(named, 5);
	W("facade_requests_total{tenant=\"other\",result=\"ok\"} 4", 1);
	assert_int_equal(meter_tenant(""), 0);
	assert_int_equal(meter_tenant(NULL), 0);
	one_request(ERR_NONE, 200, "read", 1, 4000); /* no such cells */
	W("facade_requests_total{tenant=\"other\",result=\"ok\"} 5", 1);
}

static void
a_table_of_none_counts_all_together(void **state)
{
	(void)state;
	open_as("facade", 0);
	assert_int_equal(meter_tenant("north-general"), 1);
	one_request(ERR_NONE, 200, "read", 1, 1);
	W("facade_requests_total{tenant=\"other\",result=\"ok\"} 1", 1);
}

static void
what_has_not_the_form_of_a_slug_is_not_told(void **state)
{
	unsigned t;

	(void)state;
	open_as("facade", 5);
	t = meter_tenant("a\"} 1\nforged{x=\"");
	one_request(ERR_NONE, 200, "read", 1, t);
	W("facade_requests_total{tenant=\"other\",result=\"ok\"} 1", 0);
	assert_line("forged{x=\"\",result=\"ok\"} 1", 0);
}

static void
without_it_nothing_is_counted_and_nothing_fails(void **state)
{
	(void)state;
	assert_null(meter_cells());
	assert_int_equal(meter_tenant("north-general"), 0);
	one_request(ERR_NONE, 200, "read", 1, 1);
	meter_upstream(1, ERR_NONE, 1);
	meter_entry(ERR_NONE);
	meter_versions(0, 0);
	meter_losses(1, 1);
	meter_lookup(METER_CLIENT, false);
	meter_signin(METER_BY_PASSPHRASE, ERR_NONE);
	meter_unread();
	meter_waiting(1);
	meter_polled(true);
}

/* Counts, tells each time, and is killed while it does. */
static void
count_and_tell(int to)
{
	open_as("token", 5);
	for (;;) {
		one_request(ERR_NONE, 200, "token", 1, 0);
		if (write(to, "+", 1) != 1)
			_exit(0);
	}
}

static unsigned
told_before_the_kill(void)
{
	char bytes[4096];
	unsigned told = 0;
	int ends[2];
	ssize_t n;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	if (!(child = fork()))
		count_and_tell(ends[1]);
	close(ends[1]);
	while (told < 500 && (n = read(ends[0], bytes, sizeof bytes)) > 0)
		told += (unsigned)n;
	kill(child, SIGKILL);
	while ((n = read(ends[0], bytes, sizeof bytes)) > 0)
		told += (unsigned)n;
	waitpid(child, NULL, 0);
	close(ends[0]);
	return told;
}

/* Of each that is killed one more may be counted than it came to tell; its
 * place is free at once, so there is room for more than there are places. */
static void
sums_survive_who_counted(void **state)
{
	struct meter_cells *c;
	unsigned told = 0, i;

	(void)state;
	for (i = 0; i < METER_PROCESSES + 10; i++)
		told += told_before_the_kill();
	open_as("token", 5);
	c = meter_cells();
	assert_in_range(
	    c->request[METER_TOKEN][METER_ISSUE][1][ERR_NONE], told, told + i);
	assert_true(meter_alive(&c->process[0]));
	assert_int_equal(c->process[0].pid, getpid());
	W("processes{program=\"token\"} 1", 1);
	meter_waiting(17);
	W("audit_rows_waiting{program=\"token\"} 17", 1);
}

static void
a_process_that_is_silent_or_none_does_not_count(void **state)
{
	struct meter_cells *c;

	(void)state;
	open_as("token", 5);
	c = meter_cells();
	meter_waiting(17);
	meter_polled(false);
	assert_true(meter_alive(&c->process[0]));
	/* its number may be another's by now */
	c->process[0].seen_at_us -= 121000000;
	assert_false(meter_alive(&c->process[0]));
	W("audit_rows_waiting{program=\"token\"} 0", 1);
	c->process[1].pid = UINT64_MAX;
	c->process[1].program = UINT64_MAX;
	c->process[1].seen_at_us = UINT64_MAX;
	assert_false(meter_alive(&c->process[1]));
	W("processes{program=\"token\"} 0", 1);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, fresh, close_it)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(what_was_counted_stands_in_the_text),
		STORY(buckets_hold_what_took_no_longer),
		STORY(tenants_beyond_the_table_count_together),
		STORY(a_table_of_none_counts_all_together),
		STORY(what_has_not_the_form_of_a_slug_is_not_told),
		STORY(without_it_nothing_is_counted_and_nothing_fails),
		STORY(sums_survive_who_counted),
		STORY(a_process_that_is_silent_or_none_does_not_count),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
