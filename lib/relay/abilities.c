/* abilities.c - what each provider can, as far as this process has found out
 * SPDX-License-Identifier: Apache-2.0 */
#include "relay/abilities.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "relay/upauth.h"

#define ROWS 512 /* a power of two */
#define WAYS 4

struct entry {
	struct guid provider;
	int64_t revision;
	int64_t until_ms; /* 0: an empty place */
	int64_t again_ms; /* no statement before */
	struct ability can;
	struct ability said; /* what abilities_news handed out last */
};

struct abilities {
	pthread_mutex_t lock; /* guards the entries */
	struct entry entry[ROWS][WAYS];
};

struct abilities *
abilities_new(void)
{
	struct abilities *s = calloc(1, sizeof *s);

	if (!s)
		abort();
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
abilities_free(struct abilities *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* ---- the table; the lock is held ------------------------------------------- */

static struct entry *
row_of(struct abilities *s, const struct abilities_of *of)
{
	const unsigned char *id = of->to->provider.at;
	unsigned h = 0;

	for (size_t i = 0; i < sizeof of->to->provider.at; i++)
		h = h * 31 + id[i];
	return s->entry[(h ^ h >> 9) & (ROWS - 1)];
}

static bool
is_of(const struct entry *e, const struct abilities_of *of)
{
	return e->until_ms > of->now_ms && e->revision == of->to->revision &&
	       e->can.version == of->version &&
	       guid_eq(&e->provider, &of->to->provider);
}

static struct entry *
find(struct abilities *s, const struct abilities_of *of)
{
	struct entry *row = row_of(s, of);

	for (int i = 0; i < WAYS; i++)
		if (is_of(&row[i], of))
			return &row[i];
	return NULL;
}

/* A request that began before the provider was changed leaves no trace. */
static bool
outdated(const struct entry *row, const struct abilities_of *of)
{
	for (int i = 0; i < WAYS; i++)
		if (row[i].until_ms > of->now_ms &&
		    guid_eq(&row[i].provider, &of->to->provider) &&
		    row[i].revision > of->to->revision)
			return true;
	return false;
}

static struct entry *
make(struct abilities *s, const struct abilities_of *of)
{
	struct entry *row = row_of(s, of), *e = find(s, of);

	if (e || outdated(row, of))
		return e;
	e = row;
	for (int i = 0; i < WAYS; i++) {
		if (guid_eq(&row[i].provider, &of->to->provider)) {
			e = &row[i]; /* a former revision */
			break;
		}
		if (row[i].until_ms < e->until_ms)
			e = &row[i];
	}
	*e = (struct entry){ .provider = of->to->provider,
		.revision = of->to->revision,
		.until_ms = of->now_ms + ABILITIES_KEPT_MS };
	ability_start(&e->can, of->version);
	e->said = e->can;
	return e;
}

/* ---- asked and told --------------------------------------------------------- */

void
abilities_get(
    struct abilities *s, const struct abilities_of *of, struct ability *can)
{
	const struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = find(s, of);
	if (e)
		*can = e->can;
	pthread_mutex_unlock(&s->lock);
	if (!e)
		ability_start(can, of->version);
}

void
abilities_seen(struct abilities *s, const struct abilities_of *of,
    enum ability_fact f, bool works)
{
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = make(s, of);
	if (e)
		ability_seen(&e->can, f, works);
	pthread_mutex_unlock(&s->lock);
}

void
abilities_refused(
    struct abilities *s, const struct abilities_of *of, enum ability_person was)
{
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = make(s, of);
	if (e)
		ability_person_refused(&e->can, was);
	pthread_mutex_unlock(&s->lock);
}

void
abilities_passed(struct abilities *s, const struct abilities_of *of,
    enum iface_type t, const struct iface_param *p)
{
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = make(s, of);
	if (e)
		ability_param_passed(&e->can, t, p);
	pthread_mutex_unlock(&s->lock);
}

/* No news: there is nothing to tell others of. */
void
abilities_heeded(struct abilities *s, const struct abilities_of *of,
    enum iface_type t, const struct iface_param *p)
{
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = make(s, of);
	if (e) {
		ability_param_heeded(&e->can, t, p);
		ability_param_heeded(&e->said, t, p);
	}
	pthread_mutex_unlock(&s->lock);
}

bool
abilities_news(
    struct abilities *s, const struct abilities_of *of, struct ability *can)
{
	struct entry *e;
	bool news;

	pthread_mutex_lock(&s->lock);
	e = find(s, of);
	news = e && memcmp(&e->can, &e->said, sizeof e->can);
	if (news)
		*can = e->said = e->can;
	pthread_mutex_unlock(&s->lock);
	return news;
}

bool
abilities_new_to(struct abilities *s, const struct abilities_of *of)
{
	bool new;

	pthread_mutex_lock(&s->lock);
	new = !find(s, of);
	pthread_mutex_unlock(&s->lock);
	return new;
}

/* Nobody is told anew: they know it already. */
static void
take_seen(struct ability *to, const struct ability *from)
{
	for (int f = 0; f < ABILITY_FACT__MAX; f++)
		if (from->facts[f].voice == ABILITY_SEEN &&
		    to->facts[f].voice < ABILITY_SEEN)
			to->facts[f] = from->facts[f];
	if (from->person_voice == ABILITY_SEEN &&
	    to->person_voice < ABILITY_SEEN) {
		to->person = from->person;
		to->person_voice = from->person_voice;
	}
}

void
abilities_recall(struct abilities *s, const struct abilities_of *of,
    const struct ability *known)
{
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = make(s, of);
	for (int t = 0; e && t < IFACE__MAX; t++) {
		e->can.types[t].passed |= known->types[t].passed;
		e->said.types[t].passed |= known->types[t].passed;
	}
	if (e && known->probed) {
		take_seen(&e->can, known);
		take_seen(&e->said, known);
	}
	pthread_mutex_unlock(&s->lock);
}

bool
abilities_due(struct abilities *s, const struct abilities_of *of)
{
	const struct entry *e;
	bool due;

	pthread_mutex_lock(&s->lock);
	e = find(s, of);
	due = !e || (!e->can.told && e->again_ms <= of->now_ms);
	pthread_mutex_unlock(&s->lock);
	return due;
}

void
abilities_told(struct abilities *s, const struct abilities_of *of,
    const struct tree_node *statement)
{
	struct ability told;
	struct entry *e;

	ability_start(&told, of->version);
	if (statement)
		ability_read(&told, statement);
	pthread_mutex_lock(&s->lock);
	e = make(s, of);
	if (e && told.told)
		ability_take(&e->can, &told);
	else if (e)
		e->again_ms = of->now_ms + ABILITIES_AGAIN_MS;
	pthread_mutex_unlock(&s->lock);
}

void
abilities_learn(struct abilities *s, const struct abilities_of *of,
    struct engine *en, struct arena *a, struct upstream_ask ask,
    const struct tree_limits *lim)
{
	int64_t end_ms = of->now_ms + ABILITIES_WAIT_MS;
	struct err e = { .kind = ERR_NONE };
	const struct upstream_answer *answer;
	struct tree_node *root = NULL;

	ask.method = UPSTREAM_GET;
	ask.path = STR("metadata");
	ask.once = true;
	if (!ask.deadline_ms || ask.deadline_ms > end_ms)
		ask.deadline_ms = end_ms;
	answer = upauth_call(en, a, &ask, &e);
	if (answer)
		root = tree_read(a, answer->body, lim, &e);
	abilities_told(s, of, root);
}
