/* names.c - the names that one answer asks its provider for, each once
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/names.h"

#include <errno.h>
#include <string.h>
#include <time.h>

void
names_open(struct names *s, struct arena *a, size_t max, unsigned at_once)
{
	pthread_condattr_t attr;

	*s = (struct names){ .max = max, .at_once = at_once };
	s->one = arena_raw(a, max * sizeof *s->one);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->known, &attr);
	pthread_condattr_destroy(&attr);
}

void
names_close(struct names *s)
{
	pthread_cond_destroy(&s->known);
	pthread_mutex_destroy(&s->lock);
}

static struct names_one *
find(struct names *s, struct str type, struct str id)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		struct names_one *n = &s->one[i];

		if (str_eq((struct str){ n->id, n->id_len }, id) &&
		    str_eq((struct str){ n->type, n->type_len }, type))
			return n;
	}
	return NULL;
}

static struct names_one *
add(struct names *s, struct str type, struct str id)
{
	struct names_one *n;

	if (s->n == s->max || type.len > NAMES_TYPE_MAX ||
	    id.len > NAMES_ID_MAX)
		return NULL;
	n = &s->one[s->n++];
	memcpy(n->type, type.at, type.len);
	memcpy(n->id, id.at, id.len);
	n->type_len = type.len;
	n->id_len = id.len;
	n->told = false;
	n->len = 0;
	return n;
}

struct names_one *
names_claim(struct names *s, struct str type, struct str id, bool *mine)
{
	struct names_one *n;

	pthread_mutex_lock(&s->lock);
	n = find(s, type, id);
	*mine = !n;
	if (!n)
		n = add(s, type, id);
	pthread_mutex_unlock(&s->lock);
	return n;
}

/* false: the time is up. The lock is held. */
static bool
sleep_until(struct names *s, int64_t deadline_ms)
{
	struct timespec until = { deadline_ms / 1000,
		deadline_ms % 1000 * 1000000 };

	return pthread_cond_timedwait(&s->known, &s->lock, &until) != ETIMEDOUT;
}

bool
names_begin(struct names *s, int64_t deadline_ms)
{
	bool free;

	pthread_mutex_lock(&s->lock);
	while (!(free = s->asking < s->at_once) && sleep_until(s, deadline_ms))
		;
	free = free && !atomic_load(&s->enough);
	s->asking += free;
	pthread_mutex_unlock(&s->lock);
	return free;
}

void
names_end(struct names *s)
{
	pthread_mutex_lock(&s->lock);
	s->asking--;
	pthread_cond_broadcast(&s->known);
	pthread_mutex_unlock(&s->lock);
}

void
names_tell(struct names *s, struct names_one *n, struct str text)
{
	pthread_mutex_lock(&s->lock);
	if (text.len && text.len <= sizeof n->text) {
		memcpy(n->text, text.at, text.len);
		n->len = text.len;
	}
	n->told = true;
	pthread_cond_broadcast(&s->known);
	pthread_mutex_unlock(&s->lock);
}

struct str
names_wait(struct names *s, struct names_one *n, int64_t deadline_ms)
{
	struct str text = STR_NONE;

	pthread_mutex_lock(&s->lock);
	while (!n->told && sleep_until(s, deadline_ms))
		;
	if (n->told && n->len)
		text = (struct str){ n->text, n->len };
	pthread_mutex_unlock(&s->lock);
	return text;
}
