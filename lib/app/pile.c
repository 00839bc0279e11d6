/* pile.c - the answers of a batch, kept below one ceiling together
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/pile.h"

void
pile_open(struct pile *p, struct arena *a, size_t n, size_t max)
{
	*p = (struct pile){ .max = max, .n = n };
	p->slot = arena_get(a, n * sizeof *p->slot);
	pthread_mutex_init(&p->lock, NULL);
}

/* The lock is held. */
static void
drop(struct pile *p, struct pile_slot *s)
{
	p->held -= s->text.len;
	arena_free(s->a);
	*s = (struct pile_slot){ .gave_way = true };
}

/* The lock is held. */
static struct pile_slot *
largest(struct pile *p)
{
	struct pile_slot *most = NULL;
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->slot[i].text.at &&
		    (!most || p->slot[i].text.len >= most->text.len))
			most = &p->slot[i];
	return most;
}

void
pile_keep(struct pile *p, size_t i, struct str text)
{
	struct arena *a;
	char *copy;

	if (text.len > p->max) {
		p->slot[i].gave_way = true;
		return;
	}
	a = arena_new();
	copy = arena_dup(a, text.at, text.len);
	pthread_mutex_lock(&p->lock);
	p->slot[i].a = a;
	p->slot[i].text = (struct str){ copy, text.len };
	p->held += text.len;
	while (p->held > p->max)
		drop(p, largest(p));
	pthread_mutex_unlock(&p->lock);
}

void
pile_close(struct pile *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		arena_free(p->slot[i].a);
	pthread_mutex_destroy(&p->lock);
}
