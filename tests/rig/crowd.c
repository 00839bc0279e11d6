/* crowd.c - many clients at once, a fresh token for every request
 * SPDX-License-Identifier: Apache-2.0
 *
 * crowd [-c clients] [-r units-a-second] [-s seconds] [-n units]
 *       [-k file] [-e every] PORT PLAN RESULTS
 *
 * PLAN holds units of work, one per line (crowd_unit.h): a unit asks for a
 * token, and then for records with it. The plan starts again at its end.
 *
 * RESULTS gets one line per answer as it comes, seven fields:
 *
 *     label  kind  status  trace  began  ended  says
 *
 * kind is token, first or page; status 0: no answer, or half of one, and
 * `says` why. Times are microseconds since 1970. says: of a token
 * tenant/jti/expires, of records their marks (crowd_look.h); `half` if a body
 * is not whole JSON.
 *
 * -k, -e: every e-th token goes to a file: label, began, token. SIGTERM, the
 * last unit or the time is the end: what was begun is waited for. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "crowd_client.h"

#define PATIENCE_S 40 /* for one answer */
#define FLUSH_US   20000

static struct crowd crowd = { .every = 50 };
static struct text plan, plan_left;
static int client_count = 32;
static double rate;
static int64_t started_us, until_us = INT64_MAX;
static long units_max = -1, units;
static volatile sig_atomic_t ending;

/* ---- the run -------------------------------------------------------------- */

static struct unit
next_unit(void)
{
	struct unit u;

	if (unit_read(&u, &plan_left))
		return u;
	plan_left = plan;
	if (unit_read(&u, &plan_left))
		return u;
	errno = EINVAL;
	crowd_die("plan");
}

static bool
over(void)
{
	return ending || crowd_now_us() >= until_us ||
	       (units_max >= 0 && units >= units_max);
}

/* Units are due one after the other; whoever is free takes the next. */
static void
begin_due(struct client *all)
{
	int64_t now = crowd_now_us();
	struct unit u;
	int i;

	for (i = 0; i < client_count && !over(); i++) {
		if (all[i].asking || all[i].rests_until_us > now)
			continue;
		if (rate > 0 &&
		    (double)units * 1e6 / rate > (double)(now - started_us))
			return;
		u = next_unit();
		units++;
		client_begin(&all[i], &u);
	}
}

static void
end_late(struct client *all)
{
	int64_t now = crowd_now_us();
	int i;

	for (i = 0; i < client_count; i++)
		if (all[i].asking &&
		    now - all[i].began_us > PATIENCE_S * 1000000LL)
			client_give_up(&all[i]);
}

static void
run(struct client *all)
{
	struct epoll_event ev[64];
	int64_t flushed_us = 0;
	int i, n;

	while (!over() || crowd.busy > 0) {
		begin_due(all);
		n = epoll_wait(crowd.poller, ev, 64, 2);
		for (i = 0; i < n; i++)
			client_event(ev[i].data.ptr, ev[i].events);
		if (crowd_now_us() - flushed_us > FLUSH_US) {
			end_late(all);
			fflush(crowd.results);
			flushed_us = crowd_now_us();
		}
	}
}

static FILE *
open_new(const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		crowd_die(path);
	return f;
}

static void
option(int c, const char *arg)
{
	switch (c) {
	case 'c':
		client_count = (int)strtol(arg, NULL, 10);
		break;
	case 'r':
		rate = strtod(arg, NULL);
		break;
	case 's':
		until_us = started_us + (int64_t)(strtod(arg, NULL) * 1e6);
		break;
	case 'n':
		units_max = strtol(arg, NULL, 10);
		break;
	case 'k':
		crowd.kept = open_new(arg);
		break;
	case 'e':
		crowd.every = strtol(arg, NULL, 10);
		break;
	default:
		exit(2);
	}
}

static void
stop(int which)
{
	(void)which;
	ending = 1;
}

int
main(int argc, char **argv)
{
	int c;

	started_us = crowd_now_us();
	while ((c = getopt(argc, argv, "c:r:s:n:k:e:")) != -1)
		option(c, optarg);
	if (argc - optind != 3 || client_count < 1 || crowd.every < 1) {
		fprintf(stderr, "crowd: PORT PLAN RESULTS\n");
		return 2;
	}
	crowd.server.sin_family = AF_INET;
	crowd.server.sin_port =
	    htons((uint16_t)strtoul(argv[optind], NULL, 10));
	crowd.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	plan = plan_left = text_map(argv[optind + 1]);
	crowd.results = open_new(argv[optind + 2]);
	crowd.poller = epoll_create1(EPOLL_CLOEXEC);
	if (crowd.poller < 0)
		crowd_die("epoll_create1");
	signal(SIGTERM, stop);
	run(clients_new(&crowd, client_count));
	if (fclose(crowd.results) || (crowd.kept && fclose(crowd.kept)))
		crowd_die("results");
	return 0;
}
