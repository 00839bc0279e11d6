/* db_choice.c - which of several servers is to be believed
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/db_choice.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

struct db_choice
choice_new(const struct db_servers *to)
{
	return (struct db_choice){ .to = to, .look = to->count > 1 };
}

bool
choice_old(const struct db_choice *c, unsigned timeline)
{
	return timeline && timeline < atomic_load(&c->newest);
}

bool
choice_believes(
    struct db_choice *c, const struct link_lineage *is, struct err *e)
{
	if (!is->timeline)
		return true;
	if (!c->system[0])
		snprintf(c->system, sizeof c->system, "%s", is->system);
	if (strcmp(c->system, is->system) != 0)
		return err_why(e, ERR_DB,
		    "connect: this server belongs to another cluster than the "
		    "one before; start the programs again if that is meant");
	if (choice_old(c, is->timeline))
		return err_why(e, ERR_DB,
		    "connect: this server is on timeline %u and another one "
		    "on %u: it led before; stop it, and make it a standby",
		    is->timeline, atomic_load(&c->newest));
	atomic_store(&c->newest, is->timeline);
	return true;
}

/* A session with server i, and what that says of itself. */
static struct link *
call(struct db_choice *c, size_t i, int64_t deadline, struct link_lineage *is,
    struct err *e)
{
	struct link *l = link_dial(c->to->keys, c->to->values[i], deadline, e);

	*is = (struct link_lineage){ 0 };
	if (l && c->to->count > 1 && !link_asks_lineage(l, is, deadline, e)) {
		link_close(l);
		return NULL;
	}
	return l;
}

/* The share of one of n in what is left until the deadline. */
static int64_t
share(int64_t deadline, size_t n)
{
	int64_t now = clock_mono_ms();

	return now + (deadline - now) / (int64_t)n;
}

/* The newest of them leads; the others are told of, for the operator. */
static void
weigh(struct db_choice *c, const struct link_lineage *is)
{
	size_t i;

	for (i = 0; i < c->to->count; i++)
		if (is[i].timeline && choice_believes(c, &is[i], NULL))
			c->host = i;
	for (i = 0; i < c->to->count; i++) {
		struct err e = { 0 };

		if (!choice_believes(c, &is[i], &e))
			log_event(LOG_ERROR, "database_left_behind", LOG_WHY,
			    e.why, LOG_END);
	}
}

/* Until somebody leads, every dial looks. *lead, if asked for, receives the
 * session with the one that leads; the rest are closed. */
static void
look(struct db_choice *c, int64_t until, struct link **lead)
{
	struct link_lineage is[DB_SERVERS_MAX];
	struct link *l[DB_SERVERS_MAX];
	size_t i, n = c->to->count;

	c->look = true;
	for (i = 0; i < n; i++) {
		struct err e = { 0 };

		l[i] = call(c, i, share(until, n - i), &is[i], &e);
		if (is[i].timeline)
			c->look = false;
	}
	weigh(c, is);
	for (i = 0; i < n; i++)
		if (lead && i == c->host && is[i].timeline)
			*lead = l[i];
		else
			link_close(l[i]);
	atomic_store(&c->again_ms, clock_mono_ms() + CHOICE_AGAIN_MS);
}

void
choice_look(struct db_choice *c, int64_t deadline)
{
	look(c, share(deadline, 2), NULL);
}

bool
choice_due(const struct db_choice *c)
{
	int64_t again = atomic_load(&c->again_ms);

	return again && clock_mono_ms() >= again;
}

struct link *
choice_dial(struct db_choice *c, bool broke, choice_fit *fit, void *ctx,
    int64_t deadline, unsigned *timeline, struct err *e)
{
	size_t i, n = c->to->count;
	struct link_lineage is;
	struct link *l = NULL;

	if (n > 1 && (broke || c->look))
		look(c, share(deadline, 2), &l);
	if (l && fit(ctx, l, deadline, e)) {
		*timeline = atomic_load(&c->newest);
		return l;
	}
	link_close(l);
	for (i = 0; i < n; i++) {
		size_t host = (c->host + i) % n;
		int64_t until = share(deadline, n - i);

		err_clear(e);
		l = call(c, host, until, &is, e);
		if (l && choice_believes(c, &is, e) && fit(ctx, l, until, e)) {
			c->host = host;
			*timeline = is.timeline;
			return l;
		}
		link_close(l);
	}
	return NULL;
}
